"""Secrets in a database: wrapped by a key that lies elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_service.vault import Vault, VaultError

OLD, NEW = b"o" * 32, b"n" * 32


@given(st.binary(max_size=100), st.text(max_size=20))
def test_what_was_wrapped_comes_back(secret, purpose):
    vault = Vault([OLD])

    assert vault.unwrap(vault.wrap(secret, purpose), purpose) == secret


def test_a_newer_master_key_takes_over_while_the_older_is_at_hand():
    kept = Vault([OLD]).wrap(b"secret", "test")

    assert Vault([NEW, OLD]).unwrap(kept, "test") == b"secret"
    with pytest.raises(VaultError):
        Vault([NEW]).unwrap(kept, "test")


def test_the_newest_master_key_wraps():
    kept = Vault([NEW, OLD]).wrap(b"secret", "test")

    assert Vault([NEW]).unwrap(kept, "test") == b"secret"


@given(st.integers(0, 38), st.integers(1, 255))
def test_a_changed_value_does_not_open(position, change):
    kept = bytearray(Vault([OLD]).wrap(b"secret", "test"))
    kept[position] ^= change

    with pytest.raises(VaultError):
        Vault([OLD]).unwrap(bytes(kept), "test")


def test_a_value_moved_to_another_purpose_does_not_open():
    vault = Vault([OLD])

    with pytest.raises(VaultError):
        vault.unwrap(vault.wrap(b"secret", "one"), "two")


def test_the_same_secret_is_never_wrapped_the_same_way():
    vault = Vault([OLD])

    assert vault.wrap_text("secret", "test") != vault.wrap_text("secret", "test")


def test_a_text_of_the_time_before_is_returned_as_it_is():
    assert Vault([OLD]).unwrap_text("plain", "test") == "plain"


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, b""]])
def test_a_master_key_has_32_bytes(keys):
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(keys)
