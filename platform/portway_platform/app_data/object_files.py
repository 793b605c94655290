"""App data in an object store: S3, Google Cloud Storage, Azure, memory.

An object cannot grow, so each appending makes a part of its own; the database knows which parts a
file is made of, and reading strings them together.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from portway_platform.app_data.files import PIECE_BYTES, Appending, Part, Place

_BUFFER_BYTES = 8 << 20
"""Sent at a time; a smaller part is sent whole when it is kept."""

_AT_ONCE = 2
_ROOT = "app-data"


def open_object_files(url: str) -> "ObjectFiles":
    """Open the store a URL names; credentials come from the environment."""
    return ObjectFiles(from_url(url))


class ObjectFiles:
    """Files as objects. What was kept is as durable as the store makes it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @contextmanager
    def append(self, place: Place, offset_bytes: int) -> Iterator[Appending]:
        """Make a part. Two at the same offset do not meet: the database takes one of them."""
        name = f"{_prefix(place)}{offset_bytes:020d}-{uuid.uuid4().hex}"
        appending = _ObjectAppending(self._store, name, offset_bytes)
        try:
            yield appending
        finally:
            appending.drop_unkept()

    def settle_in(self, place: Place) -> None:
        """Nothing: parts lie where they stay."""

    def read(
        self,
        place: Place,
        parts: Sequence[Part],
        start: int,
        stop: int,
        *,
        piece_bytes: int = PIECE_BYTES,
    ) -> Iterator[bytes]:
        """Return a range of bytes across the parts."""
        reached = start
        for part in parts:
            end = part.offset_bytes + part.size_bytes
            if end <= reached or reached >= stop:
                continue
            if part.offset_bytes > reached:
                break
            taken = (reached - part.offset_bytes, min(end, stop) - part.offset_bytes)
            for piece in self._read_part(part.name, taken, piece_bytes):
                reached += len(piece)
                yield piece
        if reached < stop:
            raise OSError("the stored file is shorter than recorded")

    def identity(self, place: Place, parts: Sequence[Part]) -> object:
        """Return the names of the parts: an object never changes under its name."""
        return tuple(part.name for part in parts)

    def discard(self, place: Place) -> None:
        """Remove every part, also those that were never taken."""
        self._delete_all_but(_prefix(place), ())

    def clear(
        self, transfer_id: str, *, keys: Collection[str], part_names: Collection[str]
    ) -> None:
        """Remove every part of the transfer but those named."""
        self._delete_all_but(f"{_ROOT}/{transfer_id}/", part_names)

    def remove(self, transfer_id: str) -> None:
        """Remove every part of the transfer."""
        self._delete_all_but(f"{_ROOT}/{transfer_id}/", ())

    def _delete_all_but(self, prefix: str, kept: Collection[str]) -> None:
        with _translated_errors():
            for found in obstore.list(self._store, prefix=prefix):
                paths = [entry["path"] for entry in found if entry["path"] not in kept]
                if paths:
                    obstore.delete(self._store, paths)

    def _read_part(self, name: str, taken: tuple[int, int], piece_bytes: int) -> Iterator[bytes]:
        with _translated_errors():
            stream = obstore.get(self._store, name, options={"range": taken}).stream(
                min_chunk_size=piece_bytes
            )
            for chunk in stream:
                view = memoryview(chunk)
                for start in range(0, len(view), piece_bytes):
                    yield bytes(view[start : start + piece_bytes])


class _ObjectAppending:
    def __init__(self, store: ObjectStore, name: str, offset_bytes: int) -> None:
        self._store = store
        self._name = name
        self._offset_bytes = offset_bytes
        self._size_bytes = 0
        self._writer: obstore.WritableFile | None = None
        self._is_kept = False

    def write(self, piece: bytes | memoryview) -> None:
        with _translated_errors():
            if self._writer is None:
                self._writer = obstore.open_writer(
                    self._store, self._name, buffer_size=_BUFFER_BYTES, max_concurrency=_AT_ONCE
                )
            # The buffer behind the piece is used again; the writer may send it later.
            self._writer.write(bytes(piece))
        self._size_bytes += len(piece)

    def keep(self) -> Part | None:
        self._is_kept = True
        if self._writer is None:
            return None
        with _translated_errors():
            self._writer.close()
        return Part(self._offset_bytes, self._size_bytes, self._name)

    def drop_unkept(self) -> None:
        if self._is_kept or self._writer is None:
            return
        # A part under way can only be completed, not taken back.
        with _translated_errors():
            self._writer.close()
            obstore.delete(self._store, self._name)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except BaseError as error:
        raise OSError(f"the object store failed: {type(error).__name__}") from error


def _prefix(place: Place) -> str:
    return f"{_ROOT}/{place.transfer_id}/{place.key}/"
