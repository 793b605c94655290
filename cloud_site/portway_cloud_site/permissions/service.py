"""Reading who holds what, and working out what one account may do with a page."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from portway_cloud_site.content.tables import PAGE, contents
from portway_cloud_site.groups.tables import groups
from portway_cloud_site.people.tables import people
from portway_cloud_site.permissions.rules import Decision, Gate, Reader, Subject, decide
from portway_cloud_site.permissions.tables import (
    ANONYMOUS,
    GROUP,
    READ,
    UPDATE,
    USER,
    restriction_subjects,
    restrictions,
    space_permissions,
)
from portway_cloud_site.permissions.viewing import get_viewer
from portway_cloud_site.queries import AnyRow, fetch_by
from portway_cloud_site.sites.rules import Site
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

EVERYBODY = "everybody"


def explain_access(
    connection: Connection, site: Site, account_id: str, content_id: int
) -> Decision:
    """Return what an account, or the public, may do with a page or blog post, and why."""
    viewer = get_viewer(connection, site, account_id)
    way = list(_way_to(connection, site, content_id))
    if not way:
        raise Refusal(NOT_FOUND)
    content = way[-1]
    sets = read_restrictions(connection, site, [row.id for row in way])
    return decide(
        Reader(viewer.may_enter, viewer.person_id, viewer.group_ids),
        may_read_space=_holders(connection, site, content.space_id, READ, "space"),
        view_gates=[gate for row in way for gate in _view_gates(row, sets)],
        may_edit_space=_holders(connection, site, content.space_id, "create", _target(content)),
        edit_gates=[
            Gate(content.id, content.title, subjects)
            for operation, subjects in sets.get(content.id, ())
            if operation == UPDATE
        ],
    )


def read_restrictions(
    connection: Connection, site: Site, content_ids: list[int]
) -> dict[int, list[tuple[str, tuple[Subject, ...]]]]:
    """Return the restrictions of contents: for each, operation and subjects of every set."""
    statement = select(
        restrictions.c.id, restrictions.c.container_id, restrictions.c.operation
    ).where(restrictions.c.site_id == site.id)
    found = list(fetch_by(connection, statement, restrictions.c.container_id, content_ids))
    columns = restriction_subjects.c
    members = (
        select(
            columns.restriction_id, columns.subject_kind, columns.subject_id, columns.subject_key
        )
        .where(columns.site_id == site.id)
        .order_by(columns.restriction_id, columns.place)
    )
    rows = list(fetch_by(connection, members, columns.restriction_id, [row.id for row in found]))
    names = _names(connection, site, rows)
    by_set: dict[int, list[Subject]] = {}
    for row in rows:
        name = names.get((row.subject_kind, row.subject_id), row.subject_key)
        subject = Subject(row.subject_kind, row.subject_id, name)
        by_set.setdefault(row.restriction_id, []).append(subject)
    by_content: dict[int, list[tuple[str, tuple[Subject, ...]]]] = {}
    for row in sorted(found, key=lambda row: row.id):
        one = (row.operation, tuple(by_set.get(row.id, ())))
        by_content.setdefault(row.container_id, []).append(one)
    return by_content


def read_space_permissions(
    connection: Connection, site: Site, space_id: int
) -> list[tuple[AnyRow, Subject]]:
    """Return every permission of a space, with who holds it."""
    columns = space_permissions.c
    rows = connection.execute(
        select(
            columns.id,
            columns.subject_kind,
            columns.subject_id,
            columns.operation,
            columns.target,
        )
        .where(columns.site_id == site.id, columns.space_id == space_id)
        .order_by(columns.id)
    ).all()
    names = _names(connection, site, list(rows))
    return [(row, _subject(row, names)) for row in rows]


def _holders(
    connection: Connection, site: Site, space_id: int, operation: str, target: str
) -> list[Subject]:
    columns = space_permissions.c
    rows = connection.execute(
        select(columns.subject_kind, columns.subject_id)
        .where(
            columns.site_id == site.id,
            columns.space_id == space_id,
            columns.operation == operation,
            columns.target == target,
        )
        .order_by(columns.id)
    ).all()
    names = _names(connection, site, list(rows))
    return [_subject(row, names) for row in rows]


def _subject(row: AnyRow, names: dict[tuple[str, int], str]) -> Subject:
    if row.subject_kind == ANONYMOUS:
        return Subject(ANONYMOUS, None, EVERYBODY)
    name = names.get((row.subject_kind, row.subject_id), "somebody who is gone")
    return Subject(row.subject_kind, row.subject_id, name)


def _names(connection: Connection, site: Site, rows: list[AnyRow]) -> dict[tuple[str, int], str]:
    names: dict[tuple[str, int], str] = {}
    sources: tuple[tuple[str, Any, Any], ...] = (
        (USER, people, people.c.display_name),
        (GROUP, groups, groups.c.name),
    )
    for kind, table, column in sources:
        ids = {row.subject_id for row in rows if row.subject_kind == kind and row.subject_id}
        statement = select(table.c.id, column.label("name")).where(table.c.site_id == site.id)
        for row in fetch_by(connection, statement, table.c.id, ids):
            names[kind, row.id] = row.name
    return names


def _way_to(connection: Connection, site: Site, content_id: int) -> Iterator[AnyRow]:
    """Yield the pages above a content from the top, and last the content itself."""
    found: list[AnyRow] = []
    seen: set[int] = set()
    place: int | None = content_id
    while place is not None and place not in seen:
        seen.add(place)
        row = connection.execute(
            select(
                contents.c.id,
                contents.c.kind,
                contents.c.title,
                contents.c.space_id,
                contents.c.parent_id,
                contents.c.restricted,
            ).where(contents.c.site_id == site.id, contents.c.id == place)
        ).first()
        if row is None:
            break
        found.append(row)
        place = row.parent_id
    yield from reversed(found)


def _view_gates(
    row: AnyRow, sets: dict[int, list[tuple[str, tuple[Subject, ...]]]]
) -> Iterator[Gate]:
    views = [subjects for operation, subjects in sets.get(row.id, ()) if operation == READ]
    if row.restricted and not views:
        yield Gate(row.id, row.title, None)
    for subjects in views:
        yield Gate(row.id, row.title, subjects)


def _target(content: AnyRow) -> str:
    return "page" if content.kind == PAGE else "blogpost"
