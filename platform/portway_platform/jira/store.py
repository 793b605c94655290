"""The rows behind a Jira site's data: written in bulk, found by key, walked in pages."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from portway_platform.jira.lines import Item
from portway_platform.jira.tables import site_data

PAGE_ROWS = 1000


def keep(
    connection: Connection,
    site_id: str,
    items: Iterable[Item],
    *,
    transfer_id: str | None,
    now: datetime,
) -> None:
    """Add rows, or give them new values; of two with one key the later counts."""
    rows = {
        (item.kind, item.key): {
            "site_id": site_id,
            "kind": item.kind,
            "key": item.key,
            "value": item.value,
            "transfer_id": transfer_id,
            "changed_at": now,
        }
        for item in items
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(site_data)
    changed = ("value", "transfer_id", "changed_at")
    if rows:
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["site_id", "kind", "key"],
                set_={name: statement.excluded[name] for name in changed},
            ),
            list(rows.values()),
        )


def find(
    connection: Connection, site_id: str, kind: str, keys: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return the values of those rows there are, by key."""
    rows = connection.execute(
        select(site_data.c.key, site_data.c.value).where(
            site_data.c.site_id == site_id,
            site_data.c.kind == kind,
            site_data.c.key.in_(keys),
        )
    )
    return {row.key: row.value for row in rows}


def has_any(connection: Connection, site_id: str, kind: str, *, prefix: str = "") -> bool:
    """Tell whether a site has rows of a kind whose keys begin so."""
    statement = select(site_data.c.key).where(
        site_data.c.site_id == site_id, site_data.c.kind == kind
    )
    if prefix:
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        statement = statement.where(site_data.c.key >= prefix, site_data.c.key < after)
    return connection.execute(statement.limit(1)).first() is not None


def page(
    connection: Connection, site_id: str, kinds: Collection[str], after: tuple[str, str]
) -> list[Item]:
    """Return the next rows of these kinds, by kind and key."""
    kind, key = after
    rows = connection.execute(
        select(site_data.c.kind, site_data.c.key, site_data.c.value)
        .where(
            site_data.c.site_id == site_id,
            site_data.c.kind.in_(kinds),
            (site_data.c.kind > kind) | ((site_data.c.kind == kind) & (site_data.c.key > key)),
        )
        .order_by(site_data.c.kind, site_data.c.key)
        .limit(PAGE_ROWS)
    )
    return [Item(row.kind, row.key, row.value) for row in rows]
