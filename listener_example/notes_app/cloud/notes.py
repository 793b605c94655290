"""The notes in the cloud: kept under the server's note id, read by the pages."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from notes_app.cloud.rules import CloudNote
from notes_app.exchange import Attachment


@dataclass(frozen=True)
class Pair:
    """A server and the site its notes move to."""

    id: str
    """The contract's `migrationScopeId`."""
    site_url: str


@dataclass(frozen=True)
class PageSummary:
    """A page that has notes."""

    site_url: str
    page_id: str
    notes: int


def put_notes(connection: sqlite3.Connection, pair: Pair, notes: Iterable[CloudNote]) -> None:
    """Keep notes; one that is there already is replaced, so the same call again changes nothing."""
    for note in notes:
        where = (pair.id, note.id)
        connection.execute(
            "INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*where, pair.site_url, note.page_id, note.account_id, note.pseudonym, note.text,
             note.created_at.isoformat()),
        )  # fmt: skip
        connection.execute("DELETE FROM attachments WHERE pair_id = ? AND note_id = ?", where)
        connection.executemany(
            "INSERT INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (*where, position, file.file_name, file.media_type, file.size_bytes, file.sha256)
                for position, file in enumerate(note.attachments)
            ],
        )


def list_pages(connection: sqlite3.Connection) -> list[PageSummary]:
    """Return every page that has notes."""
    rows = connection.execute(
        "SELECT site_url, page_id, count(*) FROM notes GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [PageSummary(*row) for row in rows]


def list_notes(
    connection: sqlite3.Connection, *, page_id: str | None = None, site_url: str | None = None
) -> list[tuple[str, CloudNote]]:
    """Return the notes of a page, of a site, or all, each with its site; the oldest first."""
    rows = connection.execute(
        "SELECT * FROM notes WHERE (:page IS NULL OR page_id = :page)"
        " AND (:site IS NULL OR site_url = :site) ORDER BY site_url, created_at, note_id",
        {"page": page_id, "site": site_url},
    )
    return [(row["site_url"], _note(connection, row)) for row in rows]


def has_attachment(connection: sqlite3.Connection, digest: str, file_name: str) -> bool:
    """Tell whether some note has this file under this name."""
    row = connection.execute(
        "SELECT 1 FROM attachments WHERE sha256 = ? AND file_name = ?", (digest, file_name)
    ).fetchone()
    return row is not None


def _note(connection: sqlite3.Connection, row: sqlite3.Row) -> CloudNote:
    attachments = connection.execute(
        "SELECT file_name, media_type, size_bytes, sha256 FROM attachments"
        " WHERE pair_id = ? AND note_id = ? ORDER BY position",
        (row["pair_id"], row["note_id"]),
    )
    return CloudNote(
        id=row["note_id"],
        page_id=row["page_id"],
        account_id=row["account_id"],
        pseudonym=row["pseudonym"],
        text=row["text"],
        created_at=datetime.fromisoformat(row["created_at"]),
        attachments=tuple(Attachment(*attachment) for attachment in attachments),
    )
