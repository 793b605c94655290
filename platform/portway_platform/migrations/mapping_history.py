"""Mappings as they were at a moment, and mappings that are no more.

A value that another takes the place of goes to `former_mappings` by a trigger, so no way of writing
forgets it; a deleted one goes there by the statement that deletes it. Values from before there was
a history count as having been so always. Source: docs/reference/connect-api.md#mappings
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, bindparam, delete, insert, literal, or_, select, text

from portway_platform.migrations.mapping_sql import PageItems
from portway_platform.migrations.tables import former_mappings, mapping_sets, mappings


def page_as_of(
    connection: Connection,
    pair_id: str,
    namespace: str,
    after: str,
    limit: int,
    *,
    at: datetime,
    migration_id: str | None = None,
) -> PageItems:
    """Return the first `limit` mappings after `after` as they were at a moment, in byte order."""
    asked = {
        "pair_id": pair_id,
        "namespace": namespace,
        "after": after,
        "limit": limit + 1,
        "at": at,
        "migration_id": migration_id,
    }
    if migration_id is None:
        del asked["migration_id"]
    rows = connection.execute(_PAGE if migration_id is None else _PAGE_OF_MIGRATION, asked).all()
    shown = rows[:limit]
    items = {row.server_key: row.cloud_id for row in shown}
    return PageItems(orjson.dumps(items), shown[-1].server_key if len(rows) > limit else None)


def find_as_of(
    connection: Connection,
    pair_id: str,
    namespace: str,
    keys: Sequence[str],
    *,
    at: datetime,
    migration_id: str | None = None,
) -> dict[str, str]:
    """Return the cloud ids that keys had at a moment."""
    found: dict[str, str] = {}
    for table in (mappings, former_mappings):
        statement = (
            select(table.c.server_key, table.c.cloud_id)
            .join(mapping_sets, mapping_sets.c.id == table.c.set_id)
            .where(
                mapping_sets.c.pair_id == pair_id,
                mapping_sets.c.namespace == namespace,
                table.c.server_key.in_(keys),
                or_(table.c.since.is_(None), table.c.since <= at),
            )
        )
        if table is former_mappings:
            statement = statement.where(former_mappings.c.ended_at > at)
        if migration_id is not None:
            statement = statement.where(table.c.migration_id == migration_id)
        found |= {row.server_key: row.cloud_id for row in connection.execute(statement)}
    return found


def delete_mappings(
    connection: Connection, set_id: int, keys: Collection[str], *, now: datetime
) -> int:
    """Delete mappings the caller has locked, keeping what they were; return how many there were."""
    which = (mappings.c.set_id == set_id, mappings.c.server_key.in_(keys))
    columns = ["set_id", "server_key", "version", "cloud_id", "migration_id", "since"]
    connection.execute(
        insert(former_mappings).from_select(
            [*columns, "ended_at"],
            select(
                *(mappings.c[name] for name in columns),
                literal(now, former_mappings.c.ended_at.type),
            ).where(*which),
        )
    )
    return connection.execute(delete(mappings).where(*which)).rowcount


_AS_OF = """
    SELECT server_key, cloud_id FROM (
        SELECT * FROM (
            SELECT server_key, cloud_id FROM mappings
            WHERE set_id = (
                SELECT id FROM mapping_sets WHERE pair_id = :pair_id AND namespace = :namespace
            ) AND server_key > :after AND (since IS NULL OR since <= :at) {of_migration}
            ORDER BY server_key LIMIT :limit
        ) AS present
        UNION ALL
        SELECT * FROM (
            SELECT server_key, cloud_id FROM former_mappings
            WHERE set_id = (
                SELECT id FROM mapping_sets WHERE pair_id = :pair_id AND namespace = :namespace
            ) AND server_key > :after AND (since IS NULL OR since <= :at) AND ended_at > :at
                {of_migration}
            ORDER BY server_key LIMIT :limit
        ) AS former
    ) AS either
    ORDER BY server_key LIMIT :limit
"""
_MOMENT = bindparam("at", type_=former_mappings.c.ended_at.type)
_PAGE = text(_AS_OF.format(of_migration="")).bindparams(_MOMENT)
_PAGE_OF_MIGRATION = text(
    _AS_OF.format(of_migration="AND migration_id = :migration_id")
).bindparams(_MOMENT)
