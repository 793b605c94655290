"""Decide, over the merged rows, what belongs where and what current-content migration takes.

Source: docs/reference/export-format.md#resolving
"""

import sqlite3
from collections.abc import Collection

from portway_assistant.exports.notes import NoteKind, add_note
from portway_service.folding import fold

_MOST_ROUNDS = 50


def choose_spaces(database: sqlite3.Connection, space_keys: Collection[str]) -> None:
    """Mark the spaces a space export is about; anything else in it is a stray.

    Keys compare as `fold` says. Without keys, or when none of them is there, every space counts.
    """
    keys = sorted({fold(key.strip()) for key in space_keys})
    if not keys:
        return
    places = ", ".join("?" * len(keys))
    found = database.execute(
        f"SELECT count(*) FROM spaces WHERE folded_key IN ({places})",  # noqa: S608
        keys,
    ).fetchone()[0]
    if not found:
        add_note(database, NoteKind.SPACE_KEY_NOT_FOUND, ", ".join(keys))
        return
    database.execute(
        f"UPDATE spaces SET chosen = ifnull(folded_key IN ({places}), 0)",  # noqa: S608
        keys,
    )


def place_in_spaces(database: sqlite3.Connection) -> None:
    """Give contents without a space of their own the one they evidently belong to."""
    database.execute(
        "UPDATE contents SET space_id = s.id FROM spaces s"
        " WHERE contents.space_id IS NULL AND contents.kind = 'SpaceDescription'"
        " AND s.description_id = contents.id"
    )
    database.execute(
        "UPDATE contents SET space_id = (SELECT s.id FROM spaces s"
        " WHERE s.folded_key = lower(contents.module_key)) WHERE kind = 'Draft'"
    )
    _inherit_spaces(database)
    spaces = database.execute("SELECT id FROM spaces LIMIT 2").fetchall()
    if len(spaces) == 1:
        adopted = database.execute(
            "UPDATE contents SET space_id = ? WHERE space_id IS NULL AND state = 'current'"
            " AND original_id IS NULL AND kind IN ('Page', 'BlogPost')",
            spaces[0],
        ).rowcount
        add_note(database, NoteKind.SPACE_ADOPTED, "pages and blog posts", adopted)
        _inherit_spaces(database)


def _inherit_spaces(database: sqlite3.Connection) -> None:
    """Take the space from the newest version, the container or the parent, as far as it goes."""
    for _ in range(_MOST_ROUNDS):
        filled = 0
        for link, kind in (
            ("original_id", "contents.kind"),
            ("container_id", "contents.container_kind"),
            ("parent_id", "contents.kind"),
        ):
            filled += database.execute(
                f"UPDATE contents SET space_id = o.space_id FROM contents o"  # noqa: S608
                f" WHERE contents.space_id IS NULL AND contents.{link} IS NOT NULL"
                f" AND o.id = contents.{link} AND o.kind = {kind} AND o.space_id IS NOT NULL"
            ).rowcount
        if not filled:
            return


def choose_bodies(database: sqlite3.Connection) -> None:
    """Of several bodies of one content, keep a filled one in storage format, the newest first."""
    duplicates = database.execute(
        "UPDATE bodies SET chosen = 0 WHERE owner_id IS NOT NULL AND EXISTS ("
        " SELECT 1 FROM bodies b WHERE b.owner_id = bodies.owner_id"
        " AND b.owner_kind = bodies.owner_kind AND b.n <> bodies.n"
        " AND (b.size > 0, b.type = 2, ifnull(b.id, -1), b.n)"
        " > (bodies.size > 0, bodies.type = 2, ifnull(bodies.id, -1), bodies.n))"
    ).rowcount
    add_note(database, NoteKind.BODY_DUPLICATE, "the fuller, newer one counts", duplicates)


def find_files(database: sqlite3.Connection) -> None:
    """Find the bytes of every attachment version.

    A revision's bytes lie in the folder of the newest record, under the revision's own version.
    """
    newest = "f.attachment_id = ifnull(contents.original_id, contents.id)"
    version = "f.version = ifnull(contents.version, 1)"
    for match in (
        f"{newest} AND {version} AND f.container_id = contents.container_id",
        # Attachment ids are unique, so a page that was moved or renumbered does no harm.
        f"{newest} AND {version}",
        # Very old exports keep one version, in a file named like the attachment.
        "f.attachment_id = contents.id AND f.version IS NULL",
    ):
        database.execute(
            "UPDATE contents SET file_row ="  # noqa: S608
            f" (SELECT min(f.rowid) FROM attachment_files f WHERE {match})"
            " WHERE kind = 'Attachment' AND file_row IS NULL"
        )
    count = database.execute(
        "SELECT count(*) FROM attachment_files WHERE rowid NOT IN"
        " (SELECT file_row FROM contents WHERE file_row IS NOT NULL)"
    ).fetchone()[0]
    add_note(database, NoteKind.FILE_WITHOUT_RECORD, "files under attachments/", count)


def decide_reasons(database: sqlite3.Connection) -> None:
    """Write down for every content why current-content migration leaves it out, if it does."""
    database.execute(
        "UPDATE contents SET reason = CASE"
        " WHEN id IS NULL THEN 'no_id'"
        " WHEN kind = 'Draft' THEN 'draft'"
        " WHEN kind = 'PersonalInformation' THEN 'profile'"
        " WHEN kind = 'GlobalDescription' THEN 'server_only'"
        " WHEN state <> 'current' THEN state"
        " WHEN original_id IS NOT NULL THEN 'history'"
        " WHEN kind = 'CustomContentEntityObject' THEN 'app_content'"
        " WHEN kind IN ('Comment', 'Attachment') THEN 'undecided'"
        " WHEN space_id IS NULL THEN 'no_space'"
        " WHEN NOT EXISTS (SELECT 1 FROM spaces s WHERE s.id = contents.space_id)"
        " THEN 'no_space'"
        " WHEN NOT EXISTS (SELECT 1 FROM spaces s WHERE s.id = contents.space_id AND s.chosen)"
        " THEN 'other_space'"
        " WHEN kind = 'SpaceDescription' AND NOT EXISTS (SELECT 1 FROM spaces s"
        " WHERE s.description_id = contents.id) THEN 'history'"
        " END"
    )
    # Comments hang on attachments and attachments on comments: go on until nothing is added.
    for _ in range(_MOST_ROUNDS):
        taken = database.execute(
            "UPDATE contents SET reason = NULL, space_id = o.space_id FROM contents o"
            " WHERE contents.reason = 'undecided' AND o.id = contents.container_id"
            " AND o.kind = contents.container_kind AND o.reason IS NULL"
        ).rowcount
        if not taken:
            break
    database.execute(
        "UPDATE contents SET reason = CASE WHEN EXISTS (SELECT 1 FROM contents o"
        " WHERE o.id = contents.container_id AND o.kind = contents.container_kind)"
        " THEN 'container_left_out' ELSE 'container_missing' END WHERE reason = 'undecided'"
    )
    database.execute(
        "UPDATE contents SET reason = 'file_missing'"
        " WHERE kind = 'Attachment' AND reason IS NULL AND file_row IS NULL"
    )
    _decide_scopes(database)


def _decide_scopes(database: sqlite3.Connection) -> None:
    """Mark what is taken, and what could be taken with archived pages and blog posts."""
    database.execute(
        "UPDATE contents SET scope = 1 WHERE reason IS NULL OR reason = 'file_missing'"
    )
    marked = database.execute(
        "UPDATE contents SET scope = 2 WHERE kind IN ('Page', 'BlogPost') AND reason = 'archived'"
        " AND original_id IS NULL"
        " AND EXISTS (SELECT 1 FROM spaces s WHERE s.id = contents.space_id AND s.chosen)"
    ).rowcount
    for _ in range(_MOST_ROUNDS):
        if not marked:
            break
        marked = database.execute(
            "UPDATE contents SET scope = 2, space_id = o.space_id FROM contents o"
            " WHERE contents.scope IS NULL AND contents.reason = 'container_left_out'"
            " AND o.id = contents.container_id AND o.kind = contents.container_kind"
            " AND o.scope = 2"
        ).rowcount
