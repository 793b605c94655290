"""Where the server side keeps its notes: one SQLite file.

Source ids are Confluence's: the number of a page, the internal key of a user.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from notes_app.exchange import Attachment, Note

_SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    id TEXT PRIMARY KEY,
    page_id TEXT NOT NULL,
    author_key TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS attachments (
    note_id TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (note_id, position)
) STRICT;
CREATE INDEX IF NOT EXISTS attachments_by_digest ON attachments (sha256);
"""


def describe_file(file_name: str, media_type: str, content: bytes) -> Attachment:
    """Return what a note says about a file with these bytes."""
    return Attachment(file_name, media_type, len(content), sha256(content).hexdigest())


class NoteStore:
    """The notes of one server. Every call opens its own connection, so threads may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    def put(self, notes: Iterable[tuple[Note, Sequence[bytes]]]) -> int:
        """Keep notes with the bytes of their attachments, and return how many they were.

        A note that is already there is replaced, so the same call again changes nothing.
        """
        count = 0
        with self._connect() as connection, connection:
            for note, contents in notes:
                _put_note(connection, note, contents)
                count += 1
        return count

    @contextmanager
    def snapshot(self) -> Iterator["Snapshot"]:
        """Give the notes as they are now: what people write meanwhile is not seen."""
        with self._connect() as connection:
            connection.execute("BEGIN")
            yield Snapshot(connection)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection


class Snapshot:
    """All notes at one moment, so that an export and its end marker agree."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def page_ids(self) -> list[str]:
        """Return the pages that have notes, each once."""
        rows = self._connection.execute("SELECT DISTINCT page_id FROM notes ORDER BY page_id")
        return [row["page_id"] for row in rows]

    def notes(self) -> Iterator[Note]:
        """Yield every note, in the order of the ids."""
        for row in self._connection.execute("SELECT * FROM notes ORDER BY id"):
            yield Note(
                id=row["id"],
                page_id=row["page_id"],
                author_key=row["author_key"],
                text=row["text"],
                created_at=datetime.fromisoformat(row["created_at"]),
                attachments=self._attachments(row["id"]),
            )

    def read_file(self, digest: str, *, piece_bytes: int = 1024 * 1024) -> Iterator[bytes]:
        """Yield the bytes of the attachment with this SHA-256, piece by piece."""
        (row_id,) = self._connection.execute(
            "SELECT min(rowid) FROM attachments WHERE sha256 = ?", (digest,)
        ).fetchone()
        with self._connection.blobopen("attachments", "bytes", row_id, readonly=True) as blob:
            while piece := blob.read(piece_bytes):
                yield piece

    def _attachments(self, note_id: str) -> tuple[Attachment, ...]:
        rows = self._connection.execute(
            "SELECT file_name, media_type, size_bytes, sha256 FROM attachments"
            " WHERE note_id = ? ORDER BY position",
            (note_id,),
        )
        return tuple(Attachment(*row) for row in rows)


def _put_note(connection: sqlite3.Connection, note: Note, contents: Sequence[bytes]) -> None:
    connection.execute("DELETE FROM notes WHERE id = ?", (note.id,))
    connection.execute(
        "INSERT INTO notes VALUES (?, ?, ?, ?, ?)",
        (note.id, note.page_id, note.author_key, note.text, note.created_at.isoformat()),
    )
    files = enumerate(zip(note.attachments, contents, strict=True))
    connection.executemany(
        "INSERT INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (note.id, position, file.file_name, file.media_type, file.size_bytes, file.sha256, raw)
            for position, (file, raw) in files
        ],
    )
