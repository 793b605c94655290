"""What the site holds of the chosen spaces and the source offers no longer.

Only what hangs on a chosen space, or on a group that this export holds too, is looked at: what
another export or another plan brought is none of this one's business.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portway_assistant.runs.settings import Content
from portway_service.edit_rules import without_beside

ORDER = ("page", "blogPost", "attachment", "comment")
"""Kinds others hang on come first; every other kind follows."""

_OF_ATTACHMENTS = frozenset({"attachment", "attachmentVersion"})
_ROOTS = ("space/", "group/")


@dataclass(frozen=True)
class GoneItem:
    """An item at the site that the source has no longer."""

    source_key: str
    kind: str
    destination_id: str


def find_gone(
    source_keys: Iterable[str],
    *,
    inventory: Iterable[Mapping[str, Any]],
    space_keys: Set[str],
    content: Content,
    scratch: Path,
) -> Iterator[GoneItem]:
    """Yield what is gone at the source, containers before what hangs on them.

    Args:
        source_keys: Of everything the source offers now, also of what cannot be sent.
        inventory: Rows of the site's inventory.
        space_keys: Source keys of the chosen spaces, such as `space/100`.
        content: How much the plan moves: what it does not move it does not delete.
        scratch: A file to work in; it is removed.
    """
    if content is Content.NONE:
        return
    scratch.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(scratch)) as database:
            _fill(database, source_keys, inventory)
            yield from _gone(database, space_keys, content)
    finally:
        scratch.unlink(missing_ok=True)


def _fill(
    database: sqlite3.Connection,
    source_keys: Iterable[str],
    inventory: Iterable[Mapping[str, Any]],
) -> None:
    database.executescript(
        """
        PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
        CREATE TABLE here (key TEXT PRIMARY KEY, kind TEXT, id TEXT, parent TEXT, place INTEGER)
            WITHOUT ROWID;
        CREATE TABLE offered (key TEXT PRIMARY KEY) WITHOUT ROWID;
        """
    )
    database.executemany(
        "INSERT INTO here VALUES (?, ?, ?, ?, ?)",
        (
            (row["sourceKey"], row["kind"], row["id"], row["on"], _place(row["kind"]))
            for row in inventory
        ),
    )
    database.executemany(
        "INSERT OR IGNORE INTO offered VALUES (?)", ((key,) for key in source_keys)
    )
    database.commit()


def _gone(
    database: sqlite3.Connection, space_keys: Set[str], content: Content
) -> Iterator[GoneItem]:
    query = (
        "SELECT key, kind, id FROM here WHERE key NOT IN (SELECT key FROM offered)"
        " ORDER BY place, key"
    )
    for key, kind, entity_id in database.execute(query):
        if content is Content.ATTACHMENTS and kind not in _OF_ATTACHMENTS:
            continue
        if _is_offered(database, without_beside(key)):
            continue  # a copy beside something that is still there
        root = _find_root(database, key)
        if root in space_keys or (
            root is not None and root.startswith("group/") and _is_offered(database, root)
        ):
            yield GoneItem(key, kind, entity_id)


def _place(kind: str) -> int:
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def _find_root(database: sqlite3.Connection, key: str) -> str | None:
    """Return the space or group something hangs on in the end; itself hangs on nothing."""
    seen = {key}
    while True:
        row = database.execute("SELECT parent FROM here WHERE key = ?", (key,)).fetchone()
        if row is None or row[0] is None or row[0] in seen:
            return None
        key = row[0]
        if key.startswith(_ROOTS):
            return key
        seen.add(key)


def _is_offered(database: sqlite3.Connection, key: str) -> bool:
    query = "SELECT 1 FROM offered WHERE key = ?"
    return database.execute(query, (key,)).fetchone() is not None
