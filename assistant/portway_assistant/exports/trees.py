"""Put pages and comments in order: parents first, every one exactly once, whatever is broken.

Source: docs/reference/export-format.md#trees
"""

import sqlite3

from portway_assistant.exports.notes import NoteKind, add_note

_LEVELS = """
    INSERT INTO levels
    WITH RECURSIVE reached(id, depth) AS (
        SELECT id, {start} FROM nodes WHERE {roots}
        UNION ALL
        SELECT n.id, reached.depth + 1 FROM reached CROSS JOIN nodes n ON n.parent_id = reached.id
    )
    SELECT id, depth FROM reached
"""


def build_page_tree(database: sqlite3.Connection) -> None:
    """Fill `tree` with the pages that are taken, siblings by position, then by title."""
    _start(
        database,
        "SELECT id, space_id, parent_id, position, folded_title, created, 0 AS orphan"
        " FROM contents WHERE kind = 'Page' AND scope = 1",
    )
    orphans = database.execute(
        "UPDATE nodes SET parent_id = NULL, orphan = 1 WHERE parent_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM nodes p"
        " WHERE p.id = nodes.parent_id AND p.space_id = nodes.space_id)"
    ).rowcount
    add_note(database, NoteKind.ORPHAN_PAGE, "moved below the home page", orphans)
    _choose_homes(database)
    database.execute(
        "UPDATE nodes SET parent_id = homes.id FROM homes"
        " WHERE nodes.orphan AND homes.space_id = nodes.space_id AND homes.id <> nodes.id"
    )
    _find_levels(database, NoteKind.CYCLE_BROKEN, "pages", reattach=True)
    database.execute(
        "INSERT INTO tree (space_id, id, parent_id, depth, home, scope)"
        " SELECT n.space_id, n.id, n.parent_id, l.depth,"
        " EXISTS (SELECT 1 FROM homes h WHERE h.id = n.id), 1"
        " FROM nodes n JOIN levels l ON l.id = n.id"
        " ORDER BY n.space_id, l.depth, n.parent_id,"
        " n.position IS NULL, n.position, n.folded_title, n.id"
    )
    database.execute("CREATE INDEX tree_by_space ON tree(space_id, scope)")
    database.execute("CREATE INDEX tree_by_id ON tree(id)")
    _stop(database)


def build_archive_tree(database: sqlite3.Connection) -> None:
    """Add the archived pages to `tree`: below one another, or below a current page."""
    _start(
        database,
        "SELECT id, space_id, parent_id, position, folded_title, created, NULL AS current_id"
        " FROM contents WHERE kind = 'Page' AND scope = 2",
    )
    database.execute(
        "UPDATE nodes SET parent_id = NULL, current_id = (SELECT t.id FROM tree t"
        " WHERE t.id = nodes.parent_id AND t.space_id = nodes.space_id AND t.scope = 1)"
        " WHERE parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM nodes p"
        " WHERE p.id = nodes.parent_id AND p.space_id = nodes.space_id)"
    )
    database.execute("CREATE TEMP TABLE homes (space_id INTEGER, id INTEGER)")
    _find_levels(database, NoteKind.CYCLE_BROKEN, "archived pages", reattach=False)
    database.execute(
        "INSERT INTO tree (space_id, id, parent_id, depth, home, scope)"
        " SELECT n.space_id, n.id, ifnull(n.parent_id, n.current_id), l.depth, 0, 2"
        " FROM nodes n JOIN levels l ON l.id = n.id"
        " ORDER BY n.space_id, l.depth, n.parent_id,"
        " n.position IS NULL, n.position, n.folded_title, n.id"
    )
    _stop(database)


def build_threads(database: sqlite3.Connection) -> None:
    """Fill `threads` with the comments that are taken, by container and age, replies after."""
    _start(
        database,
        "SELECT id, space_id, parent_id, container_kind, container_id, created, scope"
        " FROM contents WHERE kind = 'Comment' AND scope IS NOT NULL",
    )
    lost = database.execute(
        "UPDATE nodes SET parent_id = NULL WHERE parent_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM nodes p WHERE p.id = nodes.parent_id"
        " AND p.container_id = nodes.container_id AND p.container_kind = nodes.container_kind)"
    ).rowcount
    add_note(database, NoteKind.REPLY_WITHOUT_PARENT, "kept as a comment of its own", lost)
    database.execute("CREATE TEMP TABLE homes (space_id INTEGER, id INTEGER)")
    _find_levels(database, NoteKind.CYCLE_BROKEN, "comments", reattach=False)
    database.execute(
        "INSERT INTO threads (space_id, id, parent_id, depth, scope)"
        " SELECT n.space_id, n.id, n.parent_id, l.depth, n.scope"
        " FROM nodes n JOIN levels l ON l.id = n.id"
        " ORDER BY n.space_id, n.container_kind DESC, n.container_id, l.depth, n.created, n.id"
    )
    database.execute("CREATE INDEX threads_by_space ON threads(space_id, scope)")
    database.execute("CREATE INDEX threads_by_id ON threads(id)")
    _stop(database)


def _start(database: sqlite3.Connection, select: str) -> None:
    database.execute(f"CREATE TEMP TABLE nodes AS {select}")
    database.execute("CREATE INDEX temp.nodes_key ON nodes(id)")
    database.execute("CREATE TEMP TABLE levels (id INTEGER, depth INTEGER)")


def _stop(database: sqlite3.Connection) -> None:
    for table in ("nodes", "levels", "homes"):
        database.execute(f"DROP TABLE temp.{table}")


def _choose_homes(database: sqlite3.Connection) -> None:
    """Give every space with pages one home: the one it names, else its oldest root."""
    database.execute(
        "CREATE TEMP TABLE homes AS SELECT s.id AS space_id, n.id AS id, 1 AS named"
        " FROM spaces s JOIN nodes n ON n.id = s.home_id AND n.space_id = s.id"
    )
    had_parent = database.execute(
        "UPDATE nodes SET parent_id = NULL WHERE parent_id IS NOT NULL"
        " AND id IN (SELECT id FROM homes)"
    ).rowcount
    add_note(database, NoteKind.HOME_HAD_PARENT, "the home page is made a root", had_parent)
    chosen = database.execute(
        "INSERT INTO homes SELECT space_id, id, 0 FROM ("
        " SELECT space_id, id, row_number() OVER (PARTITION BY space_id"
        " ORDER BY parent_id IS NOT NULL, orphan, created IS NULL, created, id) AS place"
        " FROM nodes WHERE space_id NOT IN (SELECT space_id FROM homes)) WHERE place = 1"
    ).rowcount
    add_note(database, NoteKind.HOME_CHOSEN, "the oldest root page", chosen)
    database.execute("UPDATE nodes SET parent_id = NULL WHERE id IN (SELECT id FROM homes)")


def _find_levels(
    database: sqlite3.Connection, kind: NoteKind, detail: str, *, reattach: bool
) -> None:
    """Fill `levels` from the roots down; what no root reaches is a cycle and is cut once."""
    database.execute("CREATE INDEX temp.nodes_by_parent ON nodes(parent_id)")
    database.execute(_LEVELS.format(start=0, roots="parent_id IS NULL"))
    cut = 0
    unreached = dict(
        database.execute("SELECT id, parent_id FROM nodes WHERE id NOT IN (SELECT id FROM levels)")
    )
    children: dict[int, list[int]] = {}
    for node, parent in unreached.items():
        children.setdefault(parent, []).append(node)
    while unreached:
        node = _on_cycle(unreached)
        home = (
            "(SELECT h.id FROM homes h WHERE h.space_id = nodes.space_id)" if reattach else "NULL"
        )
        database.execute(f"UPDATE nodes SET parent_id = {home} WHERE id = ?", (node,))  # noqa: S608
        start = 1 if reattach else 0
        database.execute(_LEVELS.format(start=start, roots="id = ?"), (node,))
        cut += 1
        for reached in _below(children, node):
            del unreached[reached]
    database.execute("CREATE INDEX temp.levels_key ON levels(id)")
    add_note(database, kind, detail, cut)


def _on_cycle(parents: dict[int, int]) -> int:
    """Return the smallest node of one cycle, found by walking up from any node."""
    node = next(iter(parents))
    seen = set()
    while node not in seen:
        seen.add(node)
        node = parents[node]
    cycle = [node]
    while (above := parents[cycle[-1]]) != node:
        cycle.append(above)
    return min(cycle, key=lambda member: (isinstance(member, str), member))


def _below(children: dict[int, list[int]], top: int) -> set[int]:
    """Return `top` and every node below it."""
    found: set[int] = set()
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(children.get(node, ()))
    return found
