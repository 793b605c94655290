"""The work store: one SQLite file an export, built once and then only read.

A store is built under another name and renamed when it is complete and on disk, so a half-built
one is never used. It is built anew when the export or the schema has changed.
"""

import contextlib
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from portway_assistant import error_codes
from portway_assistant.exports.building import Progress, fill
from portway_assistant.exports.content_queries import ContentQueries
from portway_assistant.exports.count_queries import CountQueries
from portway_assistant.exports.dates import DateReader
from portway_assistant.exports.descriptor import find_zone
from portway_assistant.exports.hanging_queries import HangingQueries
from portway_assistant.exports.left_out import LeftOutQueries
from portway_assistant.exports.notes import Note, NoteKind
from portway_assistant.exports.package import ExportPackage, PackageFile
from portway_assistant.exports.people_queries import PeopleQueries
from portway_assistant.exports.property_queries import PropertyQueries
from portway_assistant.exports.reference_queries import ReferenceQueries
from portway_assistant.exports.schema import SCHEMA_VERSION, create_tables
from portway_service.errors import Refusal

_BUILD_PRAGMAS = (
    "page_size = 32768",
    "journal_mode = OFF",
    "synchronous = OFF",
    "locking_mode = EXCLUSIVE",
    "cache_size = -8192",
)
_DISK_ERRORS = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


class WorkStore(
    ContentQueries,
    PropertyQueries,
    HangingQueries,
    PeopleQueries,
    CountQueries,
    LeftOutQueries,
    ReferenceQueries,
):
    """An export, read and resolved. Use it in one thread; open it again for another."""

    def __init__(self, package: ExportPackage, path: Path) -> None:
        self.package = package
        self.path = path
        zone = find_zone(package.descriptor.timezone_id)
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        super().__init__(database, DateReader(zone))

    def __enter__(self) -> Self:
        """Return the store; leaving the block closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the database; the file stays for the next run."""
        self._database.close()

    @property
    def export_digest(self) -> str:
        """The SHA-256 that identifies the export."""
        return str(self._meta("export_digest"))

    def open_file(self, file: PackageFile) -> BinaryIO:
        """Open the bytes of an attachment for streaming. See `ExportPackage.open_file`."""
        return self.package.open_file(file)

    def notes(self) -> list[Note]:
        """Return the oddities met while reading and resolving."""
        rows = self._rows("SELECT kind, detail, count FROM notes ORDER BY kind, detail")
        return [Note(NoteKind(kind), detail, count) for kind, detail, count in rows]

    def unresolved(self) -> dict[str, int]:
        """Return how many references lead nowhere, by reference, such as `Comment.parent`."""
        return dict(self._rows("SELECT reference, count FROM unresolved ORDER BY reference"))

    def _meta(self, name: str) -> str | None:
        row = self._database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]


def open_work_store(
    package: ExportPackage, folder: Path, *, on_progress: Progress | None = None
) -> WorkStore:
    """Open the work store of an export, building it first when there is none for it.

    Args:
        package: The export; it stays in use for the bytes of attachments.
        folder: Where work stores live. About the size of entities.xml is needed.
        on_progress: Told while the store is built.

    Raises:
        Refusal: What `ObjectReader` and `ExportPackage` refuse, or `work_store_unwritable`.
            No store is left behind.
    """
    digest = package.digest()
    path = folder / f"export-{digest}.sqlite"
    if not _is_usable(path, digest):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _build(package, path, digest, on_progress)
        except OSError as exc:
            raise _unwritable(folder, exc.strerror or type(exc).__name__) from exc
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF not in _DISK_ERRORS:
                raise
            raise _unwritable(folder, str(exc)) from exc
    return WorkStore(package, path)


def _unwritable(folder: Path, problem: str) -> Refusal:
    return Refusal(error_codes.WORK_STORE_UNWRITABLE, folder=folder, problem=problem)


def _is_usable(path: Path, digest: str) -> bool:
    """Tell whether a finished store of this export and this schema lies at `path`."""
    if not path.is_file():
        return False
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as found:
            meta = dict(found.execute("SELECT name, value FROM meta"))
    except sqlite3.Error:
        return False
    return meta.get("schema") == str(SCHEMA_VERSION) and meta.get("export_digest") == digest


def _build(package: ExportPackage, path: Path, digest: str, on_progress: Progress | None) -> None:
    _sweep(path)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        with (
            _locked(partial),
            contextlib.closing(sqlite3.connect(partial, isolation_level=None)) as database,
        ):
            for pragma in _BUILD_PRAGMAS:
                database.execute(f"PRAGMA {pragma}")
            database.execute("BEGIN")
            create_tables(database)
            fill(database, package, on_progress)
            database.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [("schema", str(SCHEMA_VERSION)), ("export_digest", digest)],
            )
            database.execute("COMMIT")
        _sync(partial)
        partial.replace(path)
        _sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove what builds of this store that were killed have left behind."""
    for partial in path.parent.glob(f".{path.name}.*.partial"):
        with contextlib.suppress(OSError), _locked(partial):
            partial.unlink()


@contextlib.contextmanager
def _locked(partial: Path) -> Iterator[None]:
    """Hold a half-built store for this process; the system lets go of it when the process ends.

    Raises:
        OSError: Another process is building it.
    """
    handle = os.open(partial, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
