"""The listener's key file: made whole, for its owner only, and never replaced."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from portway_sdk import ConfigurationError
from portway_sdk._key_store import KeyStore
from portway_sdk.tokens import public_key_of
from portway_sdk.wire import ListenerRegistration

REGISTRATION = ListenerRegistration(
    listener_id="listener-1", server_id="server-1", key_id="k", issuer="com.example.notes"
)


def test_the_key_is_made_once_and_found_again(tmp_path):
    store = KeyStore(tmp_path / "deep" / "listener.key")

    made, found = store.load_or_create(), store.load_or_create()

    assert public_key_of(made.private_key) == public_key_of(found.private_key)
    assert found.registration is None


def test_only_the_owner_can_read_it(tmp_path):
    path = tmp_path / "listener.key"
    KeyStore(path).load_or_create()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["listener.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620, 0o610])
def test_a_key_that_others_can_reach_is_not_used(tmp_path, mode):
    path = tmp_path / "listener.key"
    KeyStore(path).load_or_create()
    path.chmod(mode)

    with pytest.raises(ConfigurationError, match="chmod 600"):
        KeyStore(path).load_or_create()


def test_the_registration_survives_a_restart(tmp_path):
    path = tmp_path / "listener.key"
    key = KeyStore(path).load_or_create()

    KeyStore(path).save_registration(key, REGISTRATION)

    again = KeyStore(path).load_or_create()
    assert again.registration == REGISTRATION
    assert public_key_of(again.private_key) == public_key_of(key.private_key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_share_one_key(tmp_path):
    path = tmp_path / "listener.key"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: KeyStore(path).load_or_create(), range(16)))

    assert len({public_key_of(key.private_key).x for key in keys}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["listener.key"]


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"privateKey": "c2VjcmV0"}'])
def test_a_file_that_is_no_key_is_left_alone_and_not_quoted(tmp_path, content):
    path = tmp_path / "listener.key"
    path.write_text(content)
    path.chmod(0o600)

    with pytest.raises(ConfigurationError) as wrong:
        KeyStore(path).load_or_create()

    assert str(wrong.value) == f"{path}: is not a listener's key file"
    assert path.read_text() == content


def test_a_folder_that_cannot_be_made_is_a_setting_to_mend(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match=r"listener\.key"):
        KeyStore(tmp_path / "file" / "listener.key").load_or_create()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "listener.key"
    key = KeyStore(path).load_or_create()
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _descriptor: (_ for _ in ()).throw(OSError(28, "full")))

    with pytest.raises(ConfigurationError, match="full"):
        KeyStore(path).save_registration(key, REGISTRATION)

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["listener.key"]


def test_the_private_key_is_in_no_repr(tmp_path):
    path = tmp_path / "listener.key"
    key = KeyStore(path).load_or_create()
    secret = json.loads(path.read_text())["privateKey"]

    assert secret not in repr(key)
    assert secret not in repr(vars(key))
