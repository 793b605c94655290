"""Where the bytes of app data are kept: the port, and a local folder behind it.

A folder holds two places: `incoming/` for uploads that are not complete, `stored/` for those that
are. What is visible is decided by the database alone; the move from one place to the other tidies
up after the commit, and a file that a crash left in the first place is found there.
"""

import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

PIECE_BYTES = 1 << 20
"""How much of a file is in memory at a time."""


_SYNC_AHEAD_BYTES = 32 << 20
_SYNCERS = ThreadPoolExecutor(4, thread_name_prefix="portway sync")


class BusyError(Exception):
    """Somebody else is writing this file at the moment."""


@dataclass(frozen=True)
class Place:
    """Names a file."""

    transfer_id: str
    key: str


@dataclass(frozen=True)
class Part:
    """A piece of a file that is kept under a name of its own."""

    offset_bytes: int
    size_bytes: int
    name: str


class Appending(Protocol):
    """Takes the bytes that follow what a file already holds."""

    def write(self, piece: bytes | memoryview) -> None:
        """Take bytes. They are not kept yet."""
        ...

    def keep(self) -> Part | None:
        """Bring everything taken onto the disk; return the part it makes, if parts are kept.

        Without this call, leaving the context drops what was taken.
        """
        ...


class Files(Protocol):
    """A store of files that grow by appending and are read in pieces."""

    def append(self, place: Place, offset_bytes: int) -> AbstractContextManager[Appending]:
        """Continue a file at `offset_bytes`; what it holds beyond was never acknowledged.

        Raises:
            BusyError: Somebody else is writing it.
        """
        ...

    def settle_in(self, place: Place) -> None:
        """Tidy up once the file is known to be complete. It may be repeated, or never be done."""
        ...

    def read(
        self,
        place: Place,
        parts: Sequence[Part],
        start: int,
        stop: int,
        *,
        piece_bytes: int = PIECE_BYTES,
    ) -> Iterator[bytes]:
        """Return the bytes from `start` up to `stop`, in pieces of at most `piece_bytes`.

        Raises:
            OSError: The store cannot give them.
        """
        ...

    def identity(self, place: Place, parts: Sequence[Part]) -> object:
        """Return a value that changes when the stored bytes may have changed; None when unknown."""
        ...

    def discard(self, place: Place) -> None:
        """Remove a file, complete or not. It may be absent."""
        ...

    def clear(
        self, transfer_id: str, *, keys: Collection[str], part_names: Collection[str]
    ) -> None:
        """Remove everything of a transfer but the files with these keys, made of these parts."""
        ...

    def remove(self, transfer_id: str) -> None:
        """Remove everything of a transfer."""
        ...


def open_files(url: str) -> Files:
    """Open the store that a URL or a folder's path names.

    `file:///folder` and plain paths are folders; `s3://`, `gs://`, `az://` and `memory://` are
    object stores.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalFiles(Path(unquote(parts.path)))
    if len(parts.scheme) > 1:
        # Loaded on demand: a folder needs no object store client.
        from portway_platform.app_data.object_files import open_object_files

        return open_object_files(url)
    return LocalFiles(Path(url))


class LocalFiles:
    """Files in a folder of this machine. What was kept survives the power going out."""

    def __init__(self, folder: Path) -> None:
        self._incoming = folder / "incoming"
        self._stored = folder / "stored"
        for place in (self._incoming, self._stored):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def append(self, place: Place, offset_bytes: int) -> Iterator[Appending]:
        """Continue a file of `incoming/`; one writer at a time, across processes."""
        path = self._incoming_path(place)
        if offset_bytes == 0:
            _make_folder(path.parent)
        descriptor, is_new = _open_to_write(path, may_create=offset_bytes == 0)
        try:
            _lock(descriptor, path)
            appending = LocalAppending(descriptor, offset_bytes, path.parent)
            try:
                yield appending
            finally:
                if not appending.is_kept:
                    appending.drop()
                    if is_new:
                        path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def settle_in(self, place: Place) -> None:
        """Move a complete file to `stored/`. The move needs no sync: both places are looked at."""
        target = self._stored_path(place)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            # A link never replaces what is there already.
            os.link(self._incoming_path(place), target)
        except FileExistsError:
            pass
        except OSError:
            # Where links cannot be made, the file stays.
            return
        self._incoming_path(place).unlink(missing_ok=True)

    def read(
        self,
        place: Place,
        parts: Sequence[Part],
        start: int,
        stop: int,
        *,
        piece_bytes: int = PIECE_BYTES,
    ) -> Iterator[bytes]:
        """Return a range of bytes; `OSError` when the file ends before."""
        with self._open(place) as file:
            file.seek(start)
            while start < stop:
                piece = file.read(min(piece_bytes, stop - start))
                if not piece:
                    raise OSError("the stored file is shorter than recorded")
                start += len(piece)
                yield piece

    def identity(self, place: Place, parts: Sequence[Part]) -> object:
        """Return what the file system says about the file's bytes."""
        for path in (self._stored_path(place), self._incoming_path(place)):
            with suppress(FileNotFoundError):
                found = path.stat()
                return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        return None

    def discard(self, place: Place) -> None:
        """Remove the file from wherever it is."""
        self._incoming_path(place).unlink(missing_ok=True)
        self._stored_path(place).unlink(missing_ok=True)

    def clear(
        self, transfer_id: str, *, keys: Collection[str], part_names: Collection[str]
    ) -> None:
        """Empty the transfer's part of `incoming/`; what is complete there goes to `stored/`."""
        folder = self._incoming / transfer_id
        if not folder.is_dir():
            return
        for path in folder.iterdir():
            if path.name in keys:
                self.settle_in(Place(transfer_id, path.name))
            else:
                path.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()

    def remove(self, transfer_id: str) -> None:
        """Remove both folders of the transfer."""
        for folder in (self._incoming / transfer_id, self._stored / transfer_id):
            if folder.is_dir():
                for path in folder.iterdir():
                    path.unlink(missing_ok=True)
                with suppress(OSError):
                    folder.rmdir()

    def _incoming_path(self, place: Place) -> Path:
        return self._incoming / place.transfer_id / place.key

    def _stored_path(self, place: Place) -> Path:
        return self._stored / place.transfer_id / place.key

    @contextmanager
    def _open(self, place: Place) -> Iterator[FileIO]:
        # Between two looks the file may be moved from the first place to the second.
        paths = (self._stored_path(place), self._incoming_path(place), self._stored_path(place))
        for path in paths:
            try:
                file = FileIO(path)
            except FileNotFoundError:
                continue
            with file:
                yield file
            return
        raise FileNotFoundError(place.key)


class LocalAppending:
    """Takes the bytes that follow what a file of a folder holds."""

    def __init__(self, descriptor: int, offset_bytes: int, folder: Path) -> None:
        self._descriptor = descriptor
        self._offset_bytes = offset_bytes
        self._folder = folder
        self._unsynced_bytes = 0
        self._syncing: Future[None] | None = None
        self._is_ready = False
        self.is_kept = False

    def write(self, piece: bytes | memoryview) -> None:
        """Write bytes behind those written before."""
        self._get_ready()
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._unsynced_bytes += len(piece)
        # Begun now, the disk writes while more arrives, and the last sync finds little to do.
        if self._unsynced_bytes >= _SYNC_AHEAD_BYTES and self._is_disk_idle():
            self._finish_syncing()
            self._unsynced_bytes = 0
            self._syncing = _SYNCERS.submit(os.fdatasync, self._descriptor)

    def keep(self) -> Part | None:
        """Sync everything written, and the file's name when it is new."""
        self._get_ready()
        self._finish_syncing()
        os.fsync(self._descriptor)
        if self._offset_bytes == 0:
            # The first bytes of a file: its name must last as well.
            _sync_folder(self._folder)
        self.is_kept = True
        return None

    def drop(self) -> None:
        """Cut off what was written and not kept."""
        with suppress(OSError):
            self._finish_syncing()
        if self._is_ready:
            os.ftruncate(self._descriptor, self._offset_bytes)

    def _is_disk_idle(self) -> bool:
        return self._syncing is None or self._syncing.done()

    def _finish_syncing(self) -> None:
        """Wait for a sync under way: the descriptor is about to be closed, or the file cut."""
        syncing, self._syncing = self._syncing, None
        if syncing is not None:
            syncing.result()

    def _get_ready(self) -> None:
        if self._is_ready:
            return
        if os.fstat(self._descriptor).st_size < self._offset_bytes:
            raise OSError("the file holds less than was acknowledged")
        # A writer that was interrupted may have left bytes nobody knows of.
        os.ftruncate(self._descriptor, self._offset_bytes)
        os.lseek(self._descriptor, self._offset_bytes, os.SEEK_SET)
        self._is_ready = True


def _make_folder(folder: Path) -> None:
    """Make a folder whose name lasts."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    _sync_folder(folder.parent)


def _open_to_write(path: Path, *, may_create: bool) -> tuple[int, bool]:
    """Return a descriptor, and whether the file is new."""
    flags = os.O_RDWR | os.O_CLOEXEC
    if may_create:
        with suppress(FileExistsError):
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600), True
    try:
        return os.open(path, flags), False
    except FileNotFoundError:
        # Somebody else has just completed or withdrawn it.
        raise BusyError(path.name) from None


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(path.name) from None
    # The file may have been moved or removed between opening and locking it.
    with suppress(FileNotFoundError):
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return
    raise BusyError(path.name)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
