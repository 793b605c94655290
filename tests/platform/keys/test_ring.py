"""Keys that take over from each other without a token that cannot be verified."""

from datetime import timedelta

import pytest

from portway_platform.keys.ring import PUBLISHED_AFTER, PUBLISHED_AHEAD, KeyRing
from support.consents import MONDAY


@pytest.fixture
def ring(tmp_path):
    return KeyRing(tmp_path / "forge")


def kids(ring, now):
    return [key.kid for key in ring.published(now)]


def test_the_first_key_signs_at_once(ring):
    key = ring.signing_key(MONDAY)

    assert kids(ring, MONDAY) == [key.kid]
    assert ring.find(key.kid, MONDAY).kid == key.kid


def test_a_new_key_is_published_before_it_signs_and_the_old_one_after_it_signed(ring):
    first = ring.signing_key(MONDAY).kid
    later = MONDAY + timedelta(days=30)

    second, signs_from = ring.rotate(later)

    assert signs_from == later + PUBLISHED_AHEAD
    assert kids(ring, later) == [first, second]
    assert ring.signing_key(signs_from - timedelta(seconds=1)).kid == first
    assert ring.signing_key(signs_from).kid == second
    end = signs_from + PUBLISHED_AFTER
    assert kids(ring, end - timedelta(seconds=1)) == [first, second]
    assert kids(ring, end) == [second]
    assert ring.find(first, end) is None


def test_rotating_again_while_a_key_waits_makes_no_other(ring):
    ring.signing_key(MONDAY)
    later = MONDAY + timedelta(days=1)

    assert ring.rotate(later) == ring.rotate(later + timedelta(minutes=59))


def test_every_process_sees_the_same_keys(ring):
    first = ring.signing_key(MONDAY).kid
    other = KeyRing(ring.folder)
    kid, _ = other.rotate(MONDAY + timedelta(days=1))

    assert kids(ring, MONDAY + timedelta(days=1)) == [first, kid]


def test_no_key_is_shown(ring):
    assert "RSAPrivateKey" not in repr(ring.signing_key(MONDAY))
    assert "RSAPrivateKey" not in repr(ring)
