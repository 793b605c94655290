"""Who may do what, as pages show it."""

from sqlalchemy import Connection

from portway_cloud_site.pages.contexts import AccessLine
from portway_cloud_site.permissions.service import read_restrictions, read_space_permissions
from portway_cloud_site.permissions.tables import READ
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.sites.rules import Site

_SHOWN_NAMES = 50


def closed_to(connection: Connection, site: Site, content: AnyRow) -> tuple[AccessLine, ...]:
    """Return who alone may view, and edit, a page or blog post: a line for each restriction."""
    sets = read_restrictions(connection, site, [content.id]).get(content.id, [])
    lines = [
        AccessLine(
            "View" if operation == READ else "Edit",
            tuple(subject.name for subject in subjects[:_SHOWN_NAMES]),
        )
        for operation, subjects in sets
    ]
    if content.restricted and all(operation != READ for operation, _ in sets):
        lines.insert(0, AccessLine("View", ()))
    return tuple(lines)


def space_access(connection: Connection, site: Site, space_id: int) -> tuple[AccessLine, ...]:
    """Return who may do what in a space: a line for each permission."""
    names: dict[str, list[str]] = {}
    for row, subject in read_space_permissions(connection, site, space_id):
        names.setdefault(f"{row.operation.replace('_', ' ')} {row.target}", []).append(subject.name)
    return tuple(
        AccessLine(deed.capitalize(), tuple(sorted(who)[:_SHOWN_NAMES]))
        for deed, who in sorted(names.items())
    )
