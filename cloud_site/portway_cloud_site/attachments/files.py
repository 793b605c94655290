"""The bytes of attachments: plain files, each named after its attachment and its SHA-256.

A file is written under a temporary name, hashed on the way, synced, and only then given its name:
what has a name is whole, and stays after a power cut. A name never changes its bytes.
"""

import hashlib
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CHUNK_BYTES = 1 << 20
_IDS_PER_FOLDER = 4_096
_SYNCING_THREADS = 16
_LEFTOVER_SECONDS = 86_400


class Readable(Protocol):
    """Anything bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Received:
    """A file that arrived and has no name yet."""

    path: Path
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Placed:
    """A received file, and the attachment it belongs to."""

    received: Received
    attachment_id: int


@dataclass(frozen=True)
class Measured:
    """What a stored file holds now."""

    size_bytes: int
    sha256: str


class FileStore:
    """Keeps the files of all sites in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def receive(self, chunks: Iterable[bytes]) -> Received:
        """Write what arrives under a temporary name. Not synced yet: see `place`."""
        path = self._incoming / f"{uuid.uuid4().hex}.part"
        digest = hashlib.sha256()
        size_bytes = 0
        try:
            with path.open("xb", buffering=0) as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size_bytes += len(chunk)
                    _write_all(file.fileno(), chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Received(path, size_bytes, digest.hexdigest())

    def place(self, site_key: str, files: Sequence[Placed]) -> None:
        """Give received files their names; on return they are on disk, folders included."""
        if len(files) == 1:
            _sync(files[0].received.path)
        elif files:
            with ThreadPoolExecutor(_SYNCING_THREADS) as pool:
                list(pool.map(_sync, [file.received.path for file in files]))
        folders = set()
        for file in files:
            path = self.path(site_key, file.attachment_id, file.received.sha256)
            if path.parent not in folders:
                self._make_folder(path.parent)
                folders.add(path.parent)
            file.received.path.replace(path)
        for folder in folders:
            _sync(folder)

    def drop(self, received: Received) -> None:
        """Forget a received file."""
        received.path.unlink(missing_ok=True)

    def discard(self, site_key: str, attachment_id: int, sha256: str) -> None:
        """Delete a stored file nothing speaks of any more."""
        self.path(site_key, attachment_id, sha256).unlink(missing_ok=True)

    def path(self, site_key: str, attachment_id: int, sha256: str) -> Path:
        """Return where the bytes of an attachment lie."""
        part = str(attachment_id // _IDS_PER_FOLDER)
        return self._folder / site_key / part / f"{attachment_id}-{sha256}"

    def measure(self, site_key: str, attachment_id: int, sha256: str) -> Measured | None:
        """Read a stored file and say what it holds, or None when it is gone."""
        digest = hashlib.sha256()
        size_bytes = 0
        try:
            with self.path(site_key, attachment_id, sha256).open("rb", buffering=0) as file:
                for chunk in read_chunks(file):
                    digest.update(chunk)
                    size_bytes += len(chunk)
        except FileNotFoundError:
            return None
        return Measured(size_bytes, digest.hexdigest())

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True)
        _sync(folder.parent)
        _sync(self._folder)

    def _sweep(self) -> None:
        """Delete what uploads left that ended with their process, long ago."""
        oldest = time.time() - _LEFTOVER_SECONDS
        for path in self._incoming.glob("*.part"):
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:
                continue


def read_chunks(stream: Readable, limit_bytes: int | None = None) -> Iterator[bytes]:
    """Yield what a stream holds; with a limit, stop once it is passed."""
    taken = 0
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk
        taken += len(chunk)
        if limit_bytes is not None and taken > limit_bytes:
            return


def _write_all(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
