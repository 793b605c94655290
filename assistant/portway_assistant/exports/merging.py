"""Bring the loaded rows together: one row an object, both sides of every relation in one place.

Old exports name children in their parents' collections, new ones name the parent in the child,
many do both and damaged ones do either now and then.
Source: docs/reference/export-format.md#relations
"""

import sqlite3
from dataclasses import dataclass

from portway_assistant.exports.notes import NoteKind, add_note
from portway_assistant.exports.schema import INDEXES, UNIQUE_KEYS

_CONTENT_OWNED = (
    ("bodies", "owner_kind", "owner_id"),
    ("properties", "owner_kind", "owner_id"),
    ("labellings", "owner_kind", "owner_id"),
    ("permission_sets", "owner_kind", "owner_id"),
    ("likes", "owner_kind", "owner_id"),
    ("notifications", "owner_kind", "owner_id"),
    ("links", "owner_kind", "owner_id"),
    ("contents", "container_kind", "container_id"),
)


@dataclass(frozen=True)
class _Backwards:
    """A relation that the parent's collection may know when the child does not."""

    table: str
    column: str
    fields: tuple[str, ...]
    kind_column: str | None = None
    """Where the parent's class goes; without it the parent's class must be `parent_kind`."""
    parent_kind: str | None = None
    child_kinds: tuple[str, ...] = ()


_BACKWARDS = (
    _Backwards("bodies", "owner_id", ("bodyContents",), "owner_kind"),
    _Backwards("properties", "owner_id", ("contentProperties",), "owner_kind"),
    _Backwards("labellings", "owner_id", ("labellings",), "owner_kind"),
    _Backwards("permission_sets", "owner_id", ("contentPermissionSets",), "owner_kind"),
    _Backwards("links", "owner_id", ("outgoingLinks",), "owner_kind"),
    _Backwards(
        "contents",
        "container_id",
        ("attachments", "comments", "customContent"),
        "container_kind",
        child_kinds=("Attachment", "Comment", "CustomContentEntityObject"),
    ),
    _Backwards(
        "contents",
        "parent_id",
        ("children", "childrens"),
        parent_kind="Page",
        child_kinds=("Page",),
    ),
    _Backwards(
        "contents",
        "parent_id",
        ("children", "childrens"),
        parent_kind="Comment",
        child_kinds=("Comment",),
    ),
    _Backwards("templates", "space_id", ("pageTemplates",), parent_kind="Space"),
    _Backwards("space_permissions", "space_id", ("permissions",), parent_kind="Space"),
    _Backwards(
        "content_permissions",
        "set_id",
        ("contentPermissions",),
        parent_kind="ContentPermissionSet",
    ),
)


def merge(database: sqlite3.Connection) -> None:
    """Remove duplicates, correct classes of references, and fill in what only a parent knows."""
    for table, key in UNIQUE_KEYS.items():
        _make_unique(database, table, key)
    _correct_classes(database)
    has_lists = database.execute("SELECT EXISTS (SELECT 1 FROM listed)").fetchone()[0]
    if has_lists:
        _fill_from_collections(database)
    for index in INDEXES:
        name = index.partition("(")[0] + "_by_" + index.partition("(")[2].split(",")[0].strip(")")
        database.execute(f"CREATE INDEX {name} ON {index}")


def _make_unique(database: sqlite3.Connection, table: str, key: str) -> None:
    """Index a table by its identity, and of rows with one identity keep the last.

    The index is not declared unique: a statement that fails half-way cannot be undone while the
    store is built without a journal.
    """
    database.execute(f"CREATE INDEX {table}_key ON {table}({key})")
    first = key.split(",", 1)[0]
    repeated = f"FROM {table} WHERE {first} IS NOT NULL GROUP BY {key} HAVING count(*) > 1"
    if database.execute(f"SELECT EXISTS (SELECT 1 {repeated})").fetchone()[0]:
        removed = database.execute(
            f"DELETE FROM {table} WHERE {first} IS NOT NULL AND rowid NOT IN"  # noqa: S608
            f" (SELECT max(rowid) FROM {table} WHERE {first} IS NOT NULL GROUP BY {key})"
        ).rowcount
        add_note(database, NoteKind.DUPLICATE_OBJECT, table, removed)
        if table == "bodies":
            database.execute("DELETE FROM body_texts WHERE n NOT IN (SELECT n FROM bodies)")


def _correct_classes(database: sqlite3.Connection) -> None:
    """Correct references whose class is wrong or absent but whose id is that of one content."""
    for table, kind, key in _CONTENT_OWNED:
        corrected = database.execute(
            f"UPDATE {table} SET {kind} ="  # noqa: S608
            f" (SELECT c.kind FROM contents c WHERE c.id = {table}.{key})"
            f" WHERE {key} IS NOT NULL AND {kind} IS NOT 'PageTemplate'"
            f" AND NOT EXISTS (SELECT 1 FROM contents c"
            f" WHERE c.id = {table}.{key} AND c.kind = {table}.{kind})"
            f" AND EXISTS (SELECT 1 FROM contents c WHERE c.id = {table}.{key})"
        ).rowcount
        add_note(database, NoteKind.CLASS_CORRECTED, f"{table}.{key}", corrected)


def _fill_from_collections(database: sqlite3.Connection) -> None:
    database.execute("CREATE INDEX listed_by_member ON listed(member_id, field)")
    for relation in _BACKWARDS:
        _fill(database, relation)
    # A revision that only its newest version names stays a current page by its own account.
    revisions = database.execute(
        "UPDATE contents SET original_id = (SELECT l.owner_id FROM listed l"
        " WHERE l.member_id = contents.id AND l.field = 'historicalVersions'"
        " AND l.owner_kind = contents.kind AND l.owner_id <> contents.id)"
        " WHERE original_id IS NULL AND EXISTS (SELECT 1 FROM listed l"
        " WHERE l.member_id = contents.id AND l.field = 'historicalVersions'"
        " AND l.owner_kind = contents.kind AND l.owner_id <> contents.id)"
    ).rowcount
    add_note(database, NoteKind.COMPLETED_FROM_COLLECTION, "contents.original_id", revisions)


def _fill(database: sqlite3.Connection, relation: _Backwards) -> None:
    table, column = relation.table, relation.column
    of_child = f"{column} IS NULL"
    if relation.child_kinds:
        of_child += f" AND kind IN ({_quoted(relation.child_kinds)})"
    where = f"l.member_id = {table}.id AND l.field IN ({_quoted(relation.fields)})"
    if relation.parent_kind:
        where += f" AND l.owner_kind = '{relation.parent_kind}'"
    if table == "contents":
        where += " AND l.member_kind IN (contents.kind, '')"
    target = f"({relation.kind_column}, {column})" if relation.kind_column else column
    source = "l.owner_kind, l.owner_id" if relation.kind_column else "l.owner_id"
    filled = database.execute(
        f"UPDATE {table} SET {target} ="  # noqa: S608
        f" (SELECT {source} FROM listed l WHERE {where} ORDER BY l.rowid LIMIT 1)"
        f" WHERE {of_child} AND EXISTS (SELECT 1 FROM listed l WHERE {where})"
    ).rowcount
    add_note(database, NoteKind.COMPLETED_FROM_COLLECTION, f"{table}.{column}", filled)


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
