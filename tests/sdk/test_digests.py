"""SHA-256 in headers: RFC 9530 and tus 1.0."""

import base64
import hashlib

import pytest

from portway_sdk._digests import find_sha256, repr_digest, upload_checksum

HELLO = hashlib.sha256(b"hello").digest()
ENCODED = base64.b64encode(HELLO).decode()


def test_digests_are_spelled_as_the_standards_say():
    assert repr_digest(HELLO) == f"sha-256=:{ENCODED}:"
    assert upload_checksum(HELLO) == f"sha256 {ENCODED}"


@pytest.mark.parametrize(
    "header",
    [
        f"sha-256=:{ENCODED}:",
        f"sha-512=:AAAA:, sha-256=:{ENCODED}:",
        f" sha-256 = :{ENCODED}: ,md5=:AAAA:",
    ],
)
def test_the_digest_is_found_among_others(header):
    assert find_sha256(header) == HELLO


@pytest.mark.parametrize(
    "header",
    [None, "", "sha-256", "sha-256=:AAAA:", f"sha-256={ENCODED}", "sha-256=:A===:", "md5=:AAAA:"],
)
def test_anything_else_is_no_digest(header):
    assert find_sha256(header) is None
