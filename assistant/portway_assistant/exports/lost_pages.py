"""Pages the package lacks though it holds something of theirs: one record each, for the report.

Source: docs/reference/export-format.md#lost-pages
"""

import sqlite3

from portway_assistant.exports.notes import NoteKind, add_note

_CONTENTS = "SELECT {key}, space_id, {title}, id FROM contents WHERE kind = '{kind}' AND {where}"
_TRACES = {
    "children": _CONTENTS.format(key="parent_id", title="NULL", kind="Page", where="1"),
    "versions": _CONTENTS.format(
        key="original_id", title="title", kind="Page", where="state IN ('current', 'history')"
    ),
    "bodies": "SELECT owner_id, NULL, NULL, id FROM bodies WHERE owner_kind = 'Page'",
    **{
        f"{kind.lower()}s": _CONTENTS.format(
            key="container_id", title="NULL", kind=kind, where="container_kind = 'Page'"
        )
        for kind in ("Comment", "Attachment")
    },
}
"""What points at a page: the page's id, its space and title as far as told, and who points."""


def find_lost_pages(database: sqlite3.Connection) -> None:
    """Fill `lost_pages` with every page that is referred to and is nowhere."""
    for trace, select in _TRACES.items():
        database.execute(
            f"INSERT INTO lost_pages (id, space_id, title, {trace})"  # noqa: S608
            f" SELECT t.page_id, max(t.space_id), max(t.title), count(*)"
            f" FROM (SELECT NULL AS page_id, NULL AS space_id, NULL AS title, NULL AS id WHERE 0"
            f" UNION ALL {select}) t WHERE t.page_id IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM contents c WHERE c.id = t.page_id)"
            f" GROUP BY t.page_id ON CONFLICT (id) DO UPDATE SET {trace} = excluded.{trace},"
            " space_id = ifnull(space_id, excluded.space_id), title = ifnull(title, excluded.title)"
        )
    count = database.execute("SELECT count(*) FROM lost_pages").fetchone()[0]
    add_note(database, NoteKind.LOST_PAGE, "pages that other objects refer to", count)
