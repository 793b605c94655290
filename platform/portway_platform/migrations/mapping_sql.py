"""The hand-written SQL of mappings: bulk in, and pages as JSON text. One port, two databases.

SQLite builds a page's JSON in one step, without Python's lock; on PostgreSQL orjson is as good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson
from sqlalchemy import Connection, TextClause, text

Rows = Mapping[tuple[int, str], str]
"""Cloud ids by set id and server key; each key once."""


@dataclass(frozen=True)
class PageItems:
    """The mappings of one page."""

    json: bytes
    """An object of server keys and cloud ids."""
    next_after: str | None
    """The last key, where more follow it."""


class MappingSql(Protocol):
    """What differs between the databases."""

    def upsert(self, connection: Connection, rows: Rows, migration_id: str) -> int:
        """Add or change mappings; return how many were new or changed."""
        ...

    def page(
        self,
        connection: Connection,
        pair_id: str,
        namespace: str,
        after: str,
        limit: int,
        *,
        migration_id: str | None = None,
    ) -> PageItems:
        """Return the first `limit` mappings whose keys come after `after`, in byte order.

        With a `migration_id`, of those only that this migration brought or changed.
        """
        ...


def mapping_sql(connection: Connection) -> MappingSql:
    """Return the SQL for the database behind `connection`."""
    return SqliteMappings() if connection.dialect.name == "sqlite" else PostgresMappings()


def _both_pages(page: str) -> tuple[TextClause, TextClause]:
    """Return a statement for the mappings of all migrations, and one for those of one."""
    return (
        text(page.format(of_migration="")),
        text(page.format(of_migration="AND migration_id = :migration_id")),
    )


class SqliteMappings:
    """SQLite: executemany in, JSON built by the database out."""

    _UPSERT = """
        INSERT INTO mappings (set_id, server_key, cloud_id, migration_id, version)
        VALUES (?, ?, ?, ?, 1)
        ON CONFLICT (set_id, server_key) DO UPDATE
        SET cloud_id = excluded.cloud_id, migration_id = excluded.migration_id,
            version = mappings.version + 1
        WHERE mappings.cloud_id <> excluded.cloud_id
    """
    # One row with the page, then the last key of a full page and the key after it. Asking for the
    # greatest key beside the JSON would take as long again.
    _PAGE, _PAGE_OF_MIGRATION = _both_pages(
        """
        WITH asked(set_id) AS (
            SELECT id FROM mapping_sets WHERE pair_id = :pair_id AND namespace = :namespace
        )
        SELECT 0, json_group_object(server_key, cloud_id) FROM (
            SELECT server_key, cloud_id FROM mappings
            WHERE set_id = (SELECT set_id FROM asked) AND server_key > :after {of_migration}
            ORDER BY server_key LIMIT :limit
        )
        UNION ALL
        SELECT 1, server_key FROM (
            SELECT server_key FROM mappings
            WHERE set_id = (SELECT set_id FROM asked) AND server_key > :after {of_migration}
            ORDER BY server_key LIMIT 2 OFFSET :limit - 1
        )
        """
    )

    def upsert(self, connection: Connection, rows: Rows, migration_id: str) -> int:
        """Add or change mappings; return how many were new or changed."""
        values = [(*key, cloud_id, migration_id) for key, cloud_id in rows.items()]
        return connection.exec_driver_sql(self._UPSERT, values).rowcount

    def page(
        self,
        connection: Connection,
        pair_id: str,
        namespace: str,
        after: str,
        limit: int,
        *,
        migration_id: str | None = None,
    ) -> PageItems:
        """Return the first `limit` mappings whose keys come after `after`, in byte order."""
        asked = {"pair_id": pair_id, "namespace": namespace, "after": after, "limit": limit}
        if migration_id is None:
            rows = connection.execute(self._PAGE, asked).all()
        else:
            asked["migration_id"] = migration_id
            rows = connection.execute(self._PAGE_OF_MIGRATION, asked).all()
        (_, json), *ends = sorted(rows)
        return PageItems(json.encode(), ends[0][1] if len(ends) > 1 else None)


class PostgresMappings:
    """PostgreSQL: a batch as one JSON parameter in, plain rows out."""

    _UPSERT = text(
        """
        INSERT INTO mappings (set_id, server_key, cloud_id, migration_id, version)
        SELECT CAST(line ->> 0 AS integer), line ->> 1, line ->> 2, :migration_id, 1
        FROM jsonb_array_elements(CAST(:lines AS jsonb)) AS line
        ON CONFLICT (set_id, server_key) DO UPDATE
        SET cloud_id = excluded.cloud_id, migration_id = excluded.migration_id,
            version = mappings.version + 1
        WHERE mappings.cloud_id <> excluded.cloud_id
        """
    )
    _PAGE, _PAGE_OF_MIGRATION = _both_pages(
        """
        SELECT server_key, cloud_id FROM mappings
        WHERE set_id = (
            SELECT id FROM mapping_sets WHERE pair_id = :pair_id AND namespace = :namespace
        ) AND server_key > :after {of_migration}
        ORDER BY server_key LIMIT :limit
        """
    )

    def upsert(self, connection: Connection, rows: Rows, migration_id: str) -> int:
        """Add or change mappings; return how many were new or changed."""
        lines = orjson.dumps([(*key, cloud_id) for key, cloud_id in rows.items()]).decode()
        return connection.execute(
            self._UPSERT, {"lines": lines, "migration_id": migration_id}
        ).rowcount

    def page(
        self,
        connection: Connection,
        pair_id: str,
        namespace: str,
        after: str,
        limit: int,
        *,
        migration_id: str | None = None,
    ) -> PageItems:
        """Return the first `limit` mappings whose keys come after `after`, in byte order."""
        asked = {"pair_id": pair_id, "namespace": namespace, "after": after, "limit": limit + 1}
        if migration_id is None:
            rows = connection.execute(self._PAGE, asked).all()
        else:
            asked["migration_id"] = migration_id
            rows = connection.execute(self._PAGE_OF_MIGRATION, asked).all()
        shown = rows[:limit]
        items = {row.server_key: row.cloud_id for row in shown}
        has_next = len(rows) > limit
        return PageItems(orjson.dumps(items), shown[-1].server_key if has_next else None)
