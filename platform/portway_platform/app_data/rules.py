"""What an upload may do next, and who may fetch a file by an address.

Source: docs/reference/gateway-api.md#app-data; tus 1.0; RFC 9110, 14 (Range).
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TUS_VERSION = "1.0.0"
TUS_EXTENSIONS = (
    "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration"
)

EXPIRY = "upload-expiry"
"""The kind of due work that forgets an upload nobody completed."""

CLEARING = "transfer-clearing"
"""The kind of due work that removes what a settled transfer left half uploaded."""

CLEARING_AFTER = timedelta(minutes=10)
"""Requests that were under way at the settlement have ended by then."""

_SHA_256_MEMBER = re.compile(r"sha-256 *= *:([A-Za-z0-9+/=]*):")
_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")


class UploadStatus(StrEnum):
    """Where one file stands."""

    INCOMING = "INCOMING"
    STORED = "STORED"
    DELETED = "DELETED"


class LengthFault(StrEnum):
    """What is wrong with the length of an upload."""

    NEGATIVE = "negative"
    TOO_LARGE = "too large"
    CHANGED = "changed"
    EXCEEDED = "exceeded"


def find_length_fault(
    *,
    declared_before: int | None,
    declared_now: int | None,
    reached_bytes: int,
    limit_bytes: int,
) -> LengthFault | None:
    """Return what is wrong with the declared length of an upload, or None.

    Args:
        declared_before: The length the upload was created with, or None when it was deferred.
        declared_now: The length this request declares, if it does.
        reached_bytes: How much there would be after this request.
        limit_bytes: The largest upload taken.
    """
    if declared_now is not None and declared_now < 0:
        return LengthFault.NEGATIVE
    if None not in (declared_before, declared_now) and declared_before != declared_now:
        return LengthFault.CHANGED
    total = declared_before if declared_before is not None else declared_now
    if max(total or 0, reached_bytes) > limit_bytes:
        return LengthFault.TOO_LARGE
    if total is not None and reached_bytes > total:
        return LengthFault.EXCEEDED
    return None


class MetadataError(ValueError):
    """The `Upload-Metadata` header cannot be read."""


def parse_upload_metadata(header: str) -> dict[str, str]:
    """Return the pairs of an `Upload-Metadata` header: names and texts.

    A name without a value stands for an empty text.

    Raises:
        MetadataError: It is malformed, or names something twice.
    """
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _, encoded = pair.partition(" ")
        try:
            value = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise MetadataError(f"{name} is not the base64 of a text in UTF-8") from None
        if name in found:
            raise MetadataError(f"{name} is there twice")
        found[name] = value
    return found


def repr_digest(sha256: bytes) -> str:
    """Return the value of a `Repr-Digest` header (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"


def find_repr_digest(header: str) -> bytes | None:
    """Return the SHA-256 that a `Repr-Digest` header names, or None without a sound one."""
    for member in header.split(","):
        match = _SHA_256_MEMBER.fullmatch(member.strip())
        if match is None:
            continue
        try:
            digest = base64.b64decode(match[1], validate=True)
        except binascii.Error:
            return None
        return digest if len(digest) == hashlib.sha256().digest_size else None
    return None


@dataclass(frozen=True)
class ByteRange:
    """Part of a file: from `start` up to, not including, `stop`."""

    start: int
    stop: int


def parse_range(header: str | None, size_bytes: int) -> ByteRange | None:
    """Return the part of a file that a `Range` header asks for, or None for all of it.

    A header that is malformed or asks for several parts is passed over, as RFC 9110 allows.

    Raises:
        ValueError: The part lies outside the file (answer 416).
    """
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        start, stop = max(size_bytes - int(last), 0), size_bytes
    else:
        start = int(first)
        stop = min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:
            return None
    if start >= stop:
        raise ValueError("the range lies outside the file")
    return ByteRange(start, stop)


def sign_address(secret: bytes, key: str, expires: int) -> str:
    """Return the signature of a download address that ends at `expires` (Unix seconds)."""
    text = f"portway file\n{key}\n{expires}".encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


class AddressFault(StrEnum):
    """Why an address opens nothing."""

    INVALID = "invalid"
    EXPIRED = "expired"


def find_address_fault(
    secret: bytes, *, key: str, expires: str, signature: str, now: datetime
) -> AddressFault | None:
    """Return why a download address opens nothing, or None when it is good."""
    if not re.fullmatch(r"[0-9]{1,15}", expires):
        return AddressFault.INVALID
    expected = sign_address(secret, key, int(expires))
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return AddressFault.INVALID
    return AddressFault.EXPIRED if now.timestamp() >= int(expires) else None
