"""Look over a resolved export for what a reader of the report should know."""

import sqlite3
from collections.abc import Mapping

from portway_assistant.exports.descriptor import find_zone
from portway_assistant.exports.notes import NoteKind, add_note
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.shapes import USUAL_PACKAGES

_DECLARED_SIZE = (
    "CAST(ifnull(c.file_size, (SELECT ifnull(p.number, p.text) FROM properties p"
    " WHERE p.owner_id = c.id AND p.owner_kind = c.kind AND p.name = 'FILESIZE' LIMIT 1))"
    " AS INTEGER)"
)
_COUNTED: dict[NoteKind, tuple[str, str]] = {
    NoteKind.TITLE_TWIN: (
        "pages whose title another page of the space has, but for case",
        (
            "SELECT sum(n) FROM (SELECT count(*) AS n FROM contents"
            " WHERE kind = 'Page' AND reason IS NULL AND folded_title IS NOT NULL"
            " GROUP BY space_id, folded_title HAVING count(*) > 1)"
        ),
    ),
    NoteKind.BODY_MISSING: (
        "current pages, blog posts and comments",
        (
            "SELECT count(*) FROM contents c WHERE kind IN ('Page', 'BlogPost', 'Comment')"
            " AND reason IS NULL AND NOT EXISTS (SELECT 1 FROM bodies b"
            " WHERE b.owner_id = c.id AND b.owner_kind = c.kind)"
        ),
    ),
    NoteKind.FILE_EMPTY: (
        "current attachments of 0 bytes",
        (
            "SELECT count(*) FROM contents c JOIN attachment_files f ON f.rowid = c.file_row"
            " WHERE c.reason IS NULL AND f.size = 0"
        ),
    ),
    NoteKind.FILE_SIZE_DIFFERS: (
        "current attachments whose file has another size than declared",
        (
            "SELECT count(*) FROM contents c JOIN attachment_files f ON f.rowid = c.file_row"  # noqa: S608
            f" WHERE c.reason IS NULL AND f.size <> {_DECLARED_SIZE}"
        ),
    ),
    NoteKind.EMPTY_RESTRICTION: (
        "restrictions that name nobody",
        (
            "SELECT count(*) FROM permission_sets s WHERE NOT EXISTS"
            " (SELECT 1 FROM content_permissions p WHERE p.set_id = s.id)"
        ),
    ),
    NoteKind.NESTED_GROUP: (
        "groups that are members of groups",
        (
            "SELECT count(*) FROM memberships"
            " WHERE member_kind IN ('InternalGroup', 'DefaultHibernateGroup')"
        ),
    ),
}


def note_package(
    database: sqlite3.Connection, package: ExportPackage, classes: Mapping[tuple[str, str], int]
) -> None:
    """Note what the package itself and the classes in it are unusual for; keep the classes."""
    for text in package.notes:
        add_note(database, NoteKind.PACKAGE, text)
    zone = package.descriptor.timezone_id
    if find_zone(zone) is None and not (zone is None and package.descriptor.from_cloud):
        add_note(database, NoteKind.ZONE_UNKNOWN, f"{zone or 'no zone named'}: dates read as UTC")
    for (name, java_package), count in sorted(classes.items()):
        database.execute("INSERT INTO classes VALUES (?, ?, ?)", (name, java_package, count))
        if name in USUAL_PACKAGES and java_package != USUAL_PACKAGES[name]:
            add_note(database, NoteKind.UNUSUAL_PACKAGE, f"{java_package}.{name}", count)


def note_people(database: sqlite3.Connection) -> None:
    """Note content without author or date."""
    kinds = (NoteKind.NO_CREATOR, NoteKind.NO_DATE, NoteKind.UNREADABLE_DATE)
    for kind in ("Page", "BlogPost", "Comment", "Attachment"):
        counts = database.execute(
            "SELECT sum(creator_key IS NULL), sum(created IS NULL),"
            " sum(created IS NOT NULL AND created NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-*')"
            " FROM contents WHERE kind = ? AND reason IS NULL",
            (kind,),
        ).fetchone()
        for note, count in zip(kinds, counts, strict=True):
            add_note(database, note, kind, count or 0)


def note_content(database: sqlite3.Connection) -> None:
    """Note what else one query each can count."""
    for kind, (detail, query) in _COUNTED.items():
        add_note(database, kind, detail, database.execute(query).fetchone()[0] or 0)
