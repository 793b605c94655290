"""SHA-256 as HTTP headers spell it. Source: RFC 9530 (`Repr-Digest`); tus 1.0, checksum."""

import base64
import binascii
import re

_SHA_256_MEMBER = re.compile(r"sha-256\s*=\s*:([A-Za-z0-9+/=]*):")


def repr_digest(sha256: bytes) -> str:
    """Return the value of a `Repr-Digest` header."""
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"


def upload_checksum(sha256: bytes) -> str:
    """Return the value of an `Upload-Checksum` header."""
    return f"sha256 {base64.b64encode(sha256).decode()}"


def find_sha256(repr_digest_header: str | None) -> bytes | None:
    """Return the SHA-256 a `Repr-Digest` header names, or None when it names none."""
    for member in (repr_digest_header or "").split(","):
        match = _SHA_256_MEMBER.fullmatch(member.strip())
        if match:
            try:
                digest = base64.b64decode(match[1], validate=True)
            except binascii.Error:
                return None
            return digest if len(digest) == 32 else None
    return None
