"""How far each transfer is: uploads dealt with, uploads expected, what became of the notes."""

import sqlite3
from dataclasses import dataclass

from notes_app.cloud.rules import RejectedNote, Rejection, Tally
from notes_app.exchange import EndMarker, LeftOut


@dataclass(frozen=True)
class TransferState:
    """How far a transfer is."""

    done: int = 0
    """Uploads dealt with; once the end marker is in, of those it names."""
    expected: int | None = None
    """Uploads the end marker names; None until it is in."""
    percent: int = 0
    """The highest figure reported, 0 before the first."""
    is_closed: bool = False
    """It has settled: nothing more is done for it."""


@dataclass(frozen=True)
class DoneUpload:
    """An upload that is dealt with, and what it brought."""

    key: str
    sha256: str
    """Of the bytes that arrived."""
    imported: int = 0
    unknown_authors: int = 0
    rejected: tuple[RejectedNote, ...] = ()


def get_state(connection: sqlite3.Connection, transfer_id: str) -> TransferState:
    """Return how far a transfer is; one never heard of is at the start."""
    row = connection.execute(
        "SELECT percent, has_end, is_closed,"
        " (SELECT count(*) FROM counted_uploads WHERE transfer_id = :id) AS done,"
        " (SELECT count(*) FROM expected_uploads WHERE transfer_id = :id) AS expected"
        " FROM transfers WHERE transfer_id = :id",
        {"id": transfer_id},
    ).fetchone()
    if row is None:
        return TransferState()
    return TransferState(
        done=row["done"],
        expected=row["expected"] if row["has_end"] else None,
        percent=row["percent"],
        is_closed=bool(row["is_closed"]),
    )


def is_done(connection: sqlite3.Connection, transfer_id: str, key: str) -> bool:
    """Tell whether an upload was dealt with before."""
    row = connection.execute(
        "SELECT 1 FROM done_uploads WHERE transfer_id = ? AND key = ?", (transfer_id, key)
    ).fetchone()
    return row is not None


def keep_upload(connection: sqlite3.Connection, transfer_id: str, upload: DoneUpload) -> None:
    """Remember that an upload is dealt with, and what it brought."""
    _open(connection, transfer_id)
    where = (transfer_id, upload.key)
    connection.execute(
        "INSERT OR REPLACE INTO done_uploads VALUES (?, ?, ?, ?, ?)",
        (*where, upload.sha256, upload.imported, upload.unknown_authors),
    )
    connection.execute("DELETE FROM rejections WHERE transfer_id = ? AND key = ?", where)
    connection.executemany(
        "INSERT INTO rejections VALUES (?, ?, ?, ?, ?)",
        [(*where, note.line, note.note_id, note.reason) for note in upload.rejected],
    )


def keep_end(connection: sqlite3.Connection, transfer_id: str, marker: EndMarker) -> None:
    """Remember what an end marker says.

    The first one counts. There is a second when the server side was interrupted and began anew;
    but all that the first one names was stored before it was, so the first is enough.
    """
    _open(connection, transfer_id)
    changed = connection.execute(
        "UPDATE transfers SET has_end = 1 WHERE transfer_id = ? AND NOT has_end", (transfer_id,)
    )
    if changed.rowcount == 0:
        return
    connection.executemany(
        "INSERT INTO expected_uploads VALUES (?, ?, ?)",
        [(transfer_id, upload.key, upload.sha256) for upload in marker.uploads],
    )
    connection.executemany(
        "INSERT INTO left_out VALUES (?, ?, ?)",
        [(transfer_id, reason, count) for reason, count in marker.left_out.items()],
    )


def keep_percent(connection: sqlite3.Connection, transfer_id: str, percent: int) -> None:
    """Remember the figure that was reported."""
    _open(connection, transfer_id)
    connection.execute(
        "UPDATE transfers SET percent = ? WHERE transfer_id = ?", (percent, transfer_id)
    )


def close(connection: sqlite3.Connection, transfer_id: str) -> None:
    """Remember that a transfer has settled."""
    _open(connection, transfer_id)
    connection.execute("UPDATE transfers SET is_closed = 1 WHERE transfer_id = ?", (transfer_id,))


def get_tally(connection: sqlite3.Connection, transfer_id: str) -> Tally:
    """Return what became of a transfer's notes."""
    imported, unknown_authors, differing = connection.execute(
        "SELECT coalesce(sum(imported), 0), coalesce(sum(unknown_authors), 0),"
        " count(*) FILTER (WHERE sha256 <> sent_sha256)"
        " FROM counted_uploads WHERE transfer_id = ?",
        (transfer_id,),
    ).fetchone()
    rejected = connection.execute(
        "SELECT reason, count(*) FROM rejections JOIN counted_uploads USING (transfer_id, key)"
        " WHERE transfer_id = ? GROUP BY reason",
        (transfer_id,),
    )
    left_out = connection.execute(
        "SELECT reason, notes FROM left_out WHERE transfer_id = ?", (transfer_id,)
    )
    return Tally(
        imported=imported,
        rejected={Rejection(reason): count for reason, count in rejected},
        left_out={LeftOut(reason): count for reason, count in left_out},
        unknown_authors=unknown_authors,
        differing_uploads=differing,
    )


def list_rejected(
    connection: sqlite3.Connection, transfer_id: str, *, limit: int
) -> list[RejectedNote]:
    """Return the notes that were not imported, at most `limit`."""
    rows = connection.execute(
        "SELECT line, note_id, reason FROM rejections JOIN counted_uploads USING (transfer_id, key)"
        " WHERE transfer_id = ? ORDER BY note_id, key, line LIMIT ?",
        (transfer_id, limit),
    )
    return [RejectedNote(line, note_id, Rejection(reason)) for line, note_id, reason in rows]


def _open(connection: sqlite3.Connection, transfer_id: str) -> None:
    connection.execute("INSERT OR IGNORE INTO transfers (transfer_id) VALUES (?)", (transfer_id,))
