"""Looking over the groups of a site."""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, func, select

from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.groups.tables import groups, memberships
from portway_cloud_site.permissions.tables import GROUP, space_permissions
from portway_cloud_site.queries import AnyRow, same_entity
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.spaces.tables import spaces

_ROWS_PER_ROUND = 500
_SHOWN_PERMISSIONS = 20


def list_groups(connection: Connection, site: Site, source: str) -> Iterator[AnyRow]:
    """Yield every group by name: id, name, members, and its key at the source if it has one."""
    members = (
        select(func.count())
        .select_from(memberships)
        .where(memberships.c.site_id == groups.c.site_id, memberships.c.group_id == groups.c.id)
        .scalar_subquery()
    )
    key = (
        select(func.min(origins.c.source_key))
        .where(
            and_(
                origins.c.site_id == groups.c.site_id,
                origins.c.source == source,
                origins.c.canonical_for == groups.c.id,
            )
        )
        .scalar_subquery()
    )
    statement = (
        select(
            groups.c.id,
            groups.c.group_id,
            groups.c.name,
            members.label("members"),
            key.label("source_key"),
        )
        .where(groups.c.site_id == site.id)
        .order_by(groups.c.name_key)
    )
    with connection.execute(statement, execution_options={"yield_per": _ROWS_PER_ROUND}) as rows:
        yield from rows


def list_permissions(connection: Connection, site: Site, group_number: int) -> list[str]:
    """Return what a group holds in spaces, as `DOCS read space`; the first of them."""
    columns = space_permissions.c
    statement = (
        select(spaces.c.key, columns.operation, columns.target)
        .join(spaces, same_entity(spaces, columns.site_id, columns.space_id))
        .where(
            columns.site_id == site.id,
            columns.subject_kind == GROUP,
            columns.subject_id == group_number,
        )
        .order_by(spaces.c.key, columns.operation, columns.target)
        .limit(_SHOWN_PERMISSIONS)
    )
    return [" ".join(row) for row in connection.execute(statement)]
