"""Checksums of one request's bytes, as the tus extension of that name has them."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import google_crc32c


class Digest(Protocol):
    """Takes bytes and says what they amount to."""

    def update(self, data: Any, /) -> None:
        """Take bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all bytes taken."""
        ...


class _Crc32c:
    """CRC-32C as four bytes, the highest first."""

    def __init__(self) -> None:
        self._sum = 0

    def update(self, data: Any, /) -> None:
        self._sum = google_crc32c.extend(self._sum, bytes(data))

    def digest(self) -> bytes:
        return self._sum.to_bytes(4, "big")


def _sha1() -> Digest:
    # It finds bytes lost on the way; nobody takes it for a signature.
    return hashlib.sha1(usedforsecurity=False)


ALGORITHMS: dict[str, tuple[Callable[[], Digest], int]] = {
    "sha256": (hashlib.sha256, 32),
    "sha1": (_sha1, 20),
    "crc32c": (_Crc32c, 4),
}
"""By the names that travel: what makes a digest, and how many bytes it has."""

NAMES = ",".join(ALGORITHMS)


@dataclass(frozen=True)
class Checksum:
    """What a sender says the bytes of its request amount to."""

    algorithm: str
    expected: bytes

    def begin(self) -> Digest:
        """Return a digest that has seen nothing."""
        return ALGORITHMS[self.algorithm][0]()


def parse_upload_checksum(header: str) -> Checksum | None:
    """Return what an `Upload-Checksum` header says; None for an algorithm we do not have.

    Raises:
        ValueError: It is malformed.
    """
    algorithm, _, encoded = header.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        return None
    try:
        expected = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        raise ValueError("it is not base64") from None
    if len(expected) != ALGORITHMS[algorithm][1]:
        raise ValueError(f"it is no {algorithm}")
    return Checksum(algorithm, expected)
