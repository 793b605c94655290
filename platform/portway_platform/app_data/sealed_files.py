"""Files of transfers as the rest of this feature sees them: plain bytes in, plain bytes out.

What lies in the store is encrypted with the transfer's key. Offsets here are those of the plain
file; the store only ever learns of its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from portway_platform.app_data.files import Appending, Files, Part, Place
from portway_platform.app_data.frames import FRAME_BYTES, FULL_BYTES, FileSeal, read_plain


@dataclass(frozen=True)
class Kept:
    """What an appending brought onto the disk."""

    stored_bytes: int
    """How long the stored file is now."""
    part: Part | None
    """The part it makes, where files are kept in parts."""


class SealedAppending:
    """Takes the plain bytes that follow what a file already holds."""

    def __init__(self, inner: Appending, seal: FileSeal, *, offset: int, stored: int) -> None:
        self._inner = inner
        self._seal = seal
        self.reached = offset
        """How long the plain file is, with what was taken and not kept."""
        self._place = offset
        self._stored = stored
        self._waiting = bytearray()

    def write(self, piece: bytes | memoryview) -> None:
        """Take bytes. They are not kept yet."""
        self.reached += len(piece)
        if not self._waiting and len(piece) == FRAME_BYTES:
            # The usual way: what arrives is a frame, and is copied nowhere.
            self._put(piece)
            return
        view = memoryview(piece)
        while view:
            room = FRAME_BYTES - len(self._waiting)
            self._waiting += view[:room]
            view = view[room:]
            if len(self._waiting) == FRAME_BYTES:
                self._put_waiting()

    def keep(self, *, is_end: bool) -> Kept:
        """Bring everything taken onto the disk; with `is_end` the file is complete."""
        if self._waiting:
            self._put_waiting()
        if is_end:
            end = self._seal.seal_end(self._place)
            self._inner.write(end)
            self._stored += len(end)
        return Kept(self._stored, self._inner.keep())

    def _put_waiting(self) -> None:
        self._put(self._waiting)
        self._waiting = bytearray()

    def _put(self, plain: bytes | bytearray | memoryview) -> None:
        head, sealed = self._seal.seal(self._place, plain)
        self._inner.write(head)
        self._inner.write(sealed)
        self._place += len(plain)
        self._stored += len(head) + len(sealed)


class PlainAppending:
    """The same for a file that was begun before files were encrypted: it stays as it began."""

    def __init__(self, inner: Appending, *, offset: int) -> None:
        self._inner = inner
        self.reached = offset

    def write(self, piece: bytes | memoryview) -> None:
        """Take bytes. They are not kept yet."""
        self._inner.write(piece)
        self.reached += len(piece)

    def keep(self, *, is_end: bool) -> Kept:
        """Bring everything taken onto the disk."""
        return Kept(self.reached, self._inner.keep())


@contextmanager
def open_appending(
    files: Files, place: Place, transfer_key: bytes | None, *, offset: int, stored: int
) -> Iterator[SealedAppending | PlainAppending]:
    """Continue a file of `offset` plain and `stored` stored bytes.

    Args:
        transfer_key: None for a file that is not encrypted.

    Raises:
        BusyError: Somebody else is writing it.
    """
    if transfer_key is None:
        with files.append(place, offset) as inner:
            yield PlainAppending(inner, offset=offset)
        return
    with files.append(place, stored) as inner:
        yield SealedAppending(
            inner, FileSeal(transfer_key, place.key), offset=offset, stored=stored
        )


def read_sealed(
    files: Files,
    place: Place,
    parts: Sequence[Part],
    transfer_key: bytes,
    *,
    start: int,
    stop: int,
    size: int | None,
    stored: int,
) -> Iterator[bytes]:
    """Return plain bytes of a file, each frame proved right before it is given out.

    Raises:
        OSError: The store cannot give them, or they are not what was sealed.
    """

    def read_stored(begin: int, end: int) -> Iterator[bytes]:
        return files.read(place, parts, begin, end, piece_bytes=FULL_BYTES)

    seal = FileSeal(transfer_key, place.key)
    return read_plain(seal, read_stored, start=start, stop=stop, size=size, stored=stored)
