"""How stored app data is encrypted: frames of up to 1 MiB, each sealed by itself (AES-256-GCM).

    frame = place (8 bytes) | length (4) | nonce (12) | ciphertext | tag (16)

`place` is where the frame's bytes begin in the plain file. The last frame of a complete file is
empty and marked as the end. Sealed into each are the file's key, its place and whether it is the
end: frames that were changed, moved, left out, taken from another file or cut off at the end do
not open. Any frame opens without those before it, so a part of a file is read by itself.

Source: docs/explanation/stored-data.md; NIST SP 800-38D.
"""

import os
import struct
from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CIPHER = "aes-256-gcm-1"
"""What a file's row says about its bytes."""

FRAME_BYTES = 1 << 20
"""Plain bytes of a full frame."""

KEY_BYTES = 32
_HEAD = struct.Struct(">QI")
_NONCE_BYTES, _TAG_BYTES = 12, 16
OVERHEAD_BYTES = _HEAD.size + _NONCE_BYTES + _TAG_BYTES
FULL_BYTES = FRAME_BYTES + OVERHEAD_BYTES
"""Stored bytes of a full frame."""

ReadStored = Callable[[int, int], Iterator[bytes]]
"""Returns the stored bytes from one offset up to another, at best a full frame at a time."""


class FrameError(OSError):
    """The stored bytes are not what was sealed."""


class FileSeal:
    """Seals and opens the frames of one file.

    Args:
        transfer_key: The key of the file's transfer.
        file_id: The file's own id. Each file has a key of its own, made of both.
    """

    def __init__(self, transfer_key: bytes, file_id: str) -> None:
        info = f"portway app data {file_id}".encode()
        key = HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(transfer_key)
        self._cipher = AESGCM(key)

    def seal(self, place: int, plain: bytes | bytearray | memoryview) -> tuple[bytes, bytes]:
        """Return a frame in two pieces: its head with the nonce, and the sealed bytes."""
        return self._seal(place, plain, is_end=False)

    def seal_end(self, place: int) -> bytes:
        """Return the frame that ends a file of `place` bytes."""
        return b"".join(self._seal(place, b"", is_end=True))

    def open(self, place: int, frame: memoryview, *, is_end: bool) -> bytes:
        """Return the plain bytes of a frame; raise `FrameError` unless it belongs at `place`."""
        body = frame[_HEAD.size :]
        try:
            return self._cipher.decrypt(
                body[:_NONCE_BYTES],
                body[_NONCE_BYTES:],
                _sealed_in(place, len(frame) - OVERHEAD_BYTES, is_end),
            )
        except (InvalidTag, ValueError):
            raise FrameError("a frame of the stored file does not open") from None

    def _seal(
        self, place: int, plain: bytes | bytearray | memoryview, *, is_end: bool
    ) -> tuple[bytes, bytes]:
        # A frame that was never acknowledged is sealed again with other bytes: a counter as nonce
        # would come twice then.
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, plain, _sealed_in(place, len(plain), is_end))
        return _HEAD.pack(place, len(plain)) + nonce, sealed


def stored_size(plain_bytes: int) -> int:
    """Return the stored size of a complete file whose frames are all full but the last."""
    full, rest = divmod(plain_bytes, FRAME_BYTES)
    return full * FULL_BYTES + (rest + OVERHEAD_BYTES if rest else 0) + OVERHEAD_BYTES


def read_plain(
    seal: FileSeal, read_stored: ReadStored, *, start: int, stop: int, size: int | None, stored: int
) -> Iterator[bytes]:
    """Return the plain bytes from `start` up to `stop`, a frame at a time, each proved right.

    Args:
        size: Plain bytes of a file that is complete; None for one that is still growing.
        stored: Stored bytes of it.

    Raises:
        FrameError: The stored file is not what was sealed. What was returned before is right.
    """
    offset = _find_frame(read_stored, start, stored)
    frames = _Frames(read_stored(offset, stored), seal)
    reached = None if size != 0 else 0
    while reached is None or reached < stop:
        place, plain = frames.next(expected=reached)
        if reached is None and not place <= start < place + max(len(plain), 1):
            raise FrameError("the stored file is not in order")
        reached = place + len(plain)
        if reached == size:
            # Whoever has the last byte has a file that ends there.
            frames.check_end(size)
        if place >= start and reached <= stop:
            yield plain
        else:
            yield plain[max(start - place, 0) : stop - place]
    if size == 0:
        frames.check_end(0)


class _Frames:
    """Frames one after the other, out of pieces that may be cut anywhere."""

    def __init__(self, pieces: Iterator[bytes], seal: FileSeal) -> None:
        self._pieces = pieces
        self._seal = seal
        self._rest = memoryview(b"")

    def next(self, *, expected: int | None) -> tuple[int, bytes]:
        """Return the place and the bytes of the next frame, which is not the end."""
        place, length = self._read_head()
        if expected not in (None, place) or length == 0:
            raise FrameError("the stored file is not in order")
        return place, self._seal.open(place, self._take(length + OVERHEAD_BYTES), is_end=False)

    def check_end(self, size: int) -> None:
        """Raise `FrameError` unless the file ends here."""
        place, length = self._read_head()
        if (place, length) != (size, 0):
            raise FrameError("the stored file has no end")
        self._seal.open(size, self._take(OVERHEAD_BYTES), is_end=True)

    def _read_head(self) -> tuple[int, int]:
        self._fill(_HEAD.size)
        place, length = _HEAD.unpack(self._rest[: _HEAD.size])
        if length > FRAME_BYTES:
            raise FrameError("the stored file is not in order")
        return place, length

    def _take(self, count: int) -> memoryview:
        self._fill(count)
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def _fill(self, count: int) -> None:
        if len(self._rest) >= count:
            return
        pieces = [self._rest]
        missing = count - len(self._rest)
        while missing > 0:
            piece = next(self._pieces, None)
            if piece is None:
                raise FrameError("the stored file is shorter than recorded")
            pieces.append(memoryview(piece))
            missing -= len(piece)
        if not len(self._rest) and len(pieces) == 2:
            self._rest = pieces[1]
        else:
            self._rest = memoryview(b"".join(pieces))


def _find_frame(read_stored: ReadStored, start: int, stored: int) -> int:
    """Return where the frame that holds the plain byte `start` lies.

    Frames are full as a rule, so its place is worked out and looked at; else each head is read.
    Nothing here is proved: a wrong answer opens no frame.
    """
    guess = start // FRAME_BYTES * FULL_BYTES
    if guess + OVERHEAD_BYTES <= stored:
        place, length = _head_at(read_stored, guess)
        if place == start // FRAME_BYTES * FRAME_BYTES and start < place + max(length, 1):
            return guess
    offset = 0
    while offset + OVERHEAD_BYTES <= stored:
        place, length = _head_at(read_stored, offset)
        if start < place + max(length, 1):
            return offset
        offset += length + OVERHEAD_BYTES
    raise FrameError("the stored file is shorter than recorded")


def _head_at(read_stored: ReadStored, offset: int) -> tuple[int, int]:
    head = b"".join(read_stored(offset, offset + _HEAD.size))
    if len(head) != _HEAD.size:
        raise FrameError("the stored file is shorter than recorded")
    place, length = _HEAD.unpack(head)
    return place, length


def _sealed_in(place: int, length: int, is_end: bool) -> bytes:
    return _HEAD.pack(place, length) + (b"end" if is_end else b"")
