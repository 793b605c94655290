"""The cloud side's SQLite file: the notes, and how far each transfer is.

A restart at any moment finds here what was done, because an upload and the notes it brought are
one transaction: an upload is either dealt with or has left no trace.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    pair_id TEXT NOT NULL,          -- server and site: note ids are unique within a pair
    note_id TEXT NOT NULL,          -- the server's
    site_url TEXT NOT NULL,
    page_id TEXT NOT NULL,          -- the cloud's
    account_id TEXT,                -- either this
    pseudonym TEXT,                 -- or this
    text TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (pair_id, note_id)
) STRICT;
CREATE INDEX IF NOT EXISTS notes_by_page ON notes (page_id);

CREATE TABLE IF NOT EXISTS attachments (
    pair_id TEXT NOT NULL,
    note_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (pair_id, note_id, position)
) STRICT;
CREATE INDEX IF NOT EXISTS attachments_by_digest ON attachments (sha256);

CREATE TABLE IF NOT EXISTS transfers (
    transfer_id TEXT PRIMARY KEY,
    percent INTEGER NOT NULL DEFAULT 0,     -- the highest reported
    has_end INTEGER NOT NULL DEFAULT 0,     -- the end marker is in
    is_closed INTEGER NOT NULL DEFAULT 0    -- settled: nothing more is done
) STRICT;

CREATE TABLE IF NOT EXISTS expected_uploads (   -- what the end marker names
    transfer_id TEXT NOT NULL,
    key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (transfer_id, key)
) STRICT;

CREATE TABLE IF NOT EXISTS left_out (           -- what it says stayed on the server
    transfer_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    notes INTEGER NOT NULL,
    PRIMARY KEY (transfer_id, reason)
) STRICT;

CREATE TABLE IF NOT EXISTS done_uploads (
    transfer_id TEXT NOT NULL,
    key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    imported INTEGER NOT NULL,
    unknown_authors INTEGER NOT NULL,
    PRIMARY KEY (transfer_id, key)
) STRICT;

CREATE TABLE IF NOT EXISTS rejections (
    transfer_id TEXT NOT NULL,
    key TEXT NOT NULL,
    line INTEGER NOT NULL,
    note_id TEXT,                   -- NULL where the line could not be read
    reason TEXT NOT NULL,
    PRIMARY KEY (transfer_id, key, line)
) STRICT;

-- An export that was interrupted leaves uploads no end marker names: imported, but not counted.
CREATE VIEW IF NOT EXISTS counted_uploads AS
    SELECT done.*, expected.sha256 AS sent_sha256
    FROM done_uploads AS done
    JOIN transfers USING (transfer_id)
    LEFT JOIN expected_uploads AS expected USING (transfer_id, key)
    WHERE NOT has_end OR expected.sha256 IS NOT NULL;
"""


class Database:
    """Opens a connection for each use, so that threads may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.reading() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection to read from."""
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose changes are kept together, or not at all after an exception."""
        with self.reading() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
