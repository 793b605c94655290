"""A cloud app's memory in one SQLite file: durable, for any number of threads and processes."""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from portway_sdk._app_store import Attempt, Claim, Installation
from portway_sdk._errors import ConfigurationError
from portway_sdk._timing import utc_now

REMEMBERED = timedelta(days=30)
"""How long a handled event is known as such: twice the life of a transfer (wire contract, 1.5)."""

_BUSY_SECONDS = 10.0


class SqliteAppStore:
    """A durable `AppStore` in one file, readable by its owner only: it holds shared secrets.

    Any number of threads and processes may use the same file. What a call has changed survives a
    power cut. Close it, or use it in a `with` block.
    """

    def __init__(self, path: Path | str, *, now: Callable[[], datetime] = utc_now) -> None:
        self._path = Path(path)
        self._now = now
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process_id = 0

    def __enter__(self) -> "SqliteAppStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None and self._process_id == os.getpid():
                self._connection.close()
            self._connection = None

    def save_installation(self, installation: Installation) -> None:
        """Keep an installation, in place of an earlier one with the same client key."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO installations VALUES"
                " (:client_key, :base_url, :product_type, :shared_secret)",
                asdict(installation),
            )

    def find_installation(self, client_key: str) -> Installation | None:
        """Return an installation, or None."""
        with self._transaction() as connection:
            row = connection.execute(f"{_SELECT} WHERE client_key = ?", (client_key,)).fetchone()
        return Installation(*row) if row else None

    def installations(self) -> tuple[Installation, ...]:
        """Return all installations, by client key."""
        with self._transaction() as connection:
            rows = connection.execute(f"{_SELECT} ORDER BY client_key").fetchall()
        return tuple(Installation(*row) for row in rows)

    def remove_installation(self, client_key: str) -> None:
        """Forget an installation and its secret, if it is known."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM installations WHERE client_key = ?", (client_key,))

    def claim(self, attempt: Attempt, *, lease_seconds: float) -> Claim:
        """Take an event for handling; at most one attempt holds it at a time."""
        now = self._now()
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT done, ends_at FROM messages WHERE client_key = ? AND message_id = ?",
                (attempt.client_key, attempt.message_id),
            ).fetchone()
            if row and row[0]:
                return Claim.DONE
            if row and row[1] > now.timestamp():
                return Claim.IN_PROGRESS
            if row is None:
                oldest = (now - REMEMBERED).timestamp()
                connection.execute("DELETE FROM messages WHERE ends_at < ?", (oldest,))
            connection.execute(
                "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, 0, ?)",
                (
                    attempt.client_key,
                    attempt.message_id,
                    attempt.attempt_id,
                    now.timestamp() + lease_seconds,
                ),
            )
            return Claim.CLAIMED

    def renew(self, attempt: Attempt, *, lease_seconds: float) -> None:
        """Make the lease of a claim end later; without effect on a lost claim."""
        ends_at = self._now().timestamp() + lease_seconds
        with self._transaction() as connection:
            connection.execute(
                "UPDATE messages SET ends_at = ? WHERE done = 0 AND client_key = ?"
                " AND message_id = ? AND attempt_id = ?",
                (ends_at, attempt.client_key, attempt.message_id, attempt.attempt_id),
            )

    def done(self, attempt: Attempt) -> None:
        """Remember that the event was handled."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, 1, ?)",
                (
                    attempt.client_key,
                    attempt.message_id,
                    attempt.attempt_id,
                    self._now().timestamp(),
                ),
            )

    def release(self, attempt: Attempt) -> None:
        """Give a claim back; without effect on a lost claim."""
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM messages WHERE done = 0 AND client_key = ? AND message_id = ?"
                " AND attempt_id = ?",
                (attempt.client_key, attempt.message_id, attempt.attempt_id),
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction that holds the file's only write lock."""
        with self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        # A connection must not be carried into a forked process.
        if self._connection is not None and self._process_id == os.getpid():
            return self._connection
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as exc:
            raise ConfigurationError(f"{self._path}: cannot be opened as a store") from exc
        try:
            _prepare(connection)
        except sqlite3.Error as exc:
            connection.close()
            raise ConfigurationError(f"{self._path}: is no store of a cloud app") from exc
        self._connection, self._process_id = connection, os.getpid()
        return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the file durable and give it its tables, unless it has them."""
    connection.execute("PRAGMA synchronous = FULL")
    # Two processes that both switch a new file to WAL meet; SQLite does not wait there by itself.
    given_up_at = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > given_up_at:
                raise
            time.sleep(0.02)
    connection.executescript(_TABLES)


_SELECT = "SELECT client_key, base_url, product_type, shared_secret FROM installations"

_TABLES = """
CREATE TABLE IF NOT EXISTS installations (
    client_key TEXT PRIMARY KEY, base_url TEXT NOT NULL, product_type TEXT NOT NULL,
    shared_secret TEXT NOT NULL
);
-- ends_at: of a claim, when its lease ends; of a handled message, when that was.
CREATE TABLE IF NOT EXISTS messages (
    client_key TEXT NOT NULL, message_id TEXT NOT NULL, attempt_id TEXT NOT NULL,
    done INTEGER NOT NULL, ends_at REAL NOT NULL, PRIMARY KEY (client_key, message_id)
);
CREATE INDEX IF NOT EXISTS messages_by_end ON messages (ends_at);
"""
