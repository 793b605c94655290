"""The tables of the work store. Raise SCHEMA_VERSION with any change here or in what fills them.

Ids are INTEGER by affinity: numbers are kept as numbers and sort by age, anything else is kept as
the text it is. `user_key` and its like hold a user key, or `name:` and the lower-cased username
where the export knows a person by name only. `scope` is 1 for what current-content migration takes,
2 for archived pages and blog posts and what hangs on them, NULL for the rest.
"""

import sqlite3

SCHEMA_VERSION = 3

_PEOPLE = (
    "creator_key TEXT, creator_name TEXT, created TEXT, "
    "modifier_key TEXT, modifier_name TEXT, modified TEXT"
)
_OWNER = "owner_kind TEXT, owner_id INTEGER"

LOADED: dict[str, str] = {
    "spaces": f"id INTEGER, key TEXT, folded_key TEXT, name TEXT, type TEXT, status TEXT, "
    f"description_id INTEGER, home_id INTEGER, {_PEOPLE}",
    "contents": f"id INTEGER, kind TEXT, title TEXT, folded_title TEXT, space_id INTEGER, "
    f"parent_id INTEGER, position INTEGER, version INTEGER, state TEXT, "
    f"original_id INTEGER, container_kind TEXT, container_id INTEGER, "
    f"version_comment TEXT, media_type TEXT, file_size INTEGER, module_key TEXT, {_PEOPLE}",
    "bodies": f"n INTEGER PRIMARY KEY, id INTEGER, {_OWNER}, type INTEGER, size INTEGER",
    "body_texts": "n INTEGER PRIMARY KEY, text TEXT",
    "properties": f"id INTEGER, {_OWNER}, name TEXT, text TEXT, number INTEGER, date TEXT",
    "labels": "id INTEGER, name TEXT, namespace TEXT, user_key TEXT, user_name TEXT",
    "labellings": f"id INTEGER, label_id INTEGER, {_OWNER}, user_key TEXT",
    "templates": f"id INTEGER, name TEXT, description TEXT, text TEXT, type INTEGER, "
    f"space_id INTEGER, version INTEGER, module_key TEXT, {_PEOPLE}",
    "space_permissions": "id INTEGER, space_id INTEGER, type TEXT, user_key TEXT, user_name TEXT, "
    "group_name TEXT, all_users TEXT",
    "permission_sets": f"id INTEGER, type TEXT, {_OWNER}",
    "content_permissions": "id INTEGER, type TEXT, set_id INTEGER, user_key TEXT, user_name TEXT, "
    "group_name TEXT",
    "likes": f"id INTEGER, {_OWNER}, user_key TEXT, user_name TEXT, created TEXT",
    "notifications": f"id INTEGER, {_OWNER}, space_id INTEGER, user_key TEXT, user_name TEXT, "
    "type TEXT, digest TEXT, created TEXT",
    "links": f"id INTEGER, {_OWNER}, space_key TEXT, title TEXT",
    "user_keys": "key TEXT, name TEXT, lower_name TEXT, email TEXT, account_id TEXT",
    "directory_users": "id INTEGER, kind TEXT, directory_id INTEGER, name TEXT, lower_name TEXT, "
    "active INTEGER, display_name TEXT, email TEXT",
    "directory_groups": "id INTEGER, kind TEXT, directory_id INTEGER, name TEXT, lower_name TEXT, "
    "active INTEGER, description TEXT",
    "memberships": "id INTEGER, group_kind TEXT, group_id INTEGER, member_kind TEXT, "
    "member_id INTEGER",
    "directories": "id INTEGER, name TEXT, type TEXT, active INTEGER",
    "directory_order": "mapping_id INTEGER, directory_id INTEGER, place INTEGER",
    "listed": f"{_OWNER}, field TEXT, member_kind TEXT, member_id INTEGER",
    "mentions": "attribute TEXT, value TEXT",
    "attachment_files": "container_id INTEGER, attachment_id INTEGER, version INTEGER, name TEXT, "
    "size INTEGER, packed_size INTEGER, crc INTEGER, method INTEGER, header_offset INTEGER",
    "inline_tasks": "content_id INTEGER, task_id TEXT, body TEXT, status TEXT, creator_key TEXT, "
    "assignee_key TEXT, completed_by_key TEXT, created TEXT, due TEXT, completed TEXT",
}
"""Filled while reading, one row an object; rows of `listed` say what collections name."""

ADDED: dict[str, str] = {
    "spaces": "chosen INTEGER DEFAULT 1",
    "contents": "reason TEXT, file_row INTEGER, scope INTEGER",
    "bodies": "chosen INTEGER DEFAULT 1",
}
"""Columns of loaded tables that are decided once everything has been read."""

DERIVED: dict[str, str] = {
    "meta": "name TEXT PRIMARY KEY, value TEXT",
    "classes": "class TEXT, package TEXT, count INTEGER",
    "repairs": "at INTEGER, length INTEGER, kind TEXT, found TEXT, became TEXT",
    "notes": "kind TEXT, detail TEXT, count INTEGER",
    "unresolved": "reference TEXT PRIMARY KEY, count INTEGER",
    "lost_pages": "id INTEGER UNIQUE, space_id INTEGER, title TEXT, children INTEGER DEFAULT 0, "
    "versions INTEGER DEFAULT 0, bodies INTEGER DEFAULT 0, comments INTEGER DEFAULT 0, "
    "attachments INTEGER DEFAULT 0",
    "people": "key TEXT PRIMARY KEY, user_key TEXT, name TEXT, lower_name TEXT, email TEXT, "
    "display_name TEXT, active INTEGER, known INTEGER, in_directory INTEGER, account_id TEXT",
    "tree": "place INTEGER PRIMARY KEY, space_id INTEGER, id INTEGER, parent_id INTEGER, "
    "depth INTEGER, home INTEGER, scope INTEGER",
    "threads": "place INTEGER PRIMARY KEY, space_id INTEGER, id INTEGER, parent_id INTEGER, "
    "depth INTEGER, scope INTEGER",
}
"""Filled once everything has been read."""

UNIQUE_KEYS: dict[str, str] = {
    "spaces": "id",
    "contents": "id, kind",
    "bodies": "id",
    "properties": "id",
    "labels": "id",
    "labellings": "id",
    "templates": "id",
    "space_permissions": "id",
    "permission_sets": "id",
    "content_permissions": "id",
    "likes": "id",
    "notifications": "id",
    "links": "id",
    "user_keys": "key",
    "directory_users": "id, kind",
    "directory_groups": "id, kind",
    "memberships": "id",
    "directories": "id",
}
"""What identifies a row: class and id. Of two rows with one identity the later one counts."""

INDEXES: tuple[str, ...] = (
    "bodies(owner_id, owner_kind)",
    "properties(owner_id, owner_kind, name)",
    "labellings(owner_id, owner_kind)",
    "permission_sets(owner_id, owner_kind)",
    "content_permissions(set_id)",
    "space_permissions(space_id)",
    "templates(space_id)",
    "likes(owner_id, owner_kind)",
    "notifications(owner_id, owner_kind)",
    "links(owner_id, owner_kind)",
    "attachment_files(attachment_id, version)",
    "user_keys(lower_name)",
    "directory_users(lower_name)",
    "inline_tasks(content_id)",
)

LATE_INDEXES: tuple[str, ...] = (
    "contents_by_title ON contents(folded_title, space_id)",
    "people_by_account ON people(account_id)",
)
"""Made last: of columns that are decided, and tables that are filled, once all has been read."""


def create_tables(database: sqlite3.Connection) -> None:
    """Create every table, empty and without indexes."""
    for table, columns in (LOADED | DERIVED).items():
        added = f", {ADDED[table]}" if table in ADDED else ""
        database.execute(f"CREATE TABLE {table} ({columns}{added})")


def insert_statement(table: str) -> str:
    """Return the statement that adds one row to a loaded table."""
    columns = [column.split()[0] for column in LOADED[table].split(", ")]
    # Bodies come as UTF-8, which is what SQLite keeps: no decoding and encoding on the way.
    places = ", ".join(
        "CAST(? AS TEXT)" if table == "body_texts" and c == "text" else "?" for c in columns
    )
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
