"""Migrations, their containers, and the id mappings of each server and site."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

import orjson
from sqlalchemy import Connection, Select, select, update

from portway_platform import error_codes
from portway_platform.migrations.lines import checked_lines
from portway_platform.migrations.mapping_history import find_as_of, page_as_of
from portway_platform.migrations.mapping_sql import mapping_sql
from portway_platform.migrations.messages import (
    ContainersReceived,
    MappingsReceived,
    MigrationInput,
    parse_container_line,
    parse_mapping_line,
)
from portway_platform.migrations.rules import CoreStatus
from portway_platform.migrations.tables import containers, mapping_sets, mappings, migrations
from portway_platform.services import Services
from portway_platform.sites.service import ensure_pair, get_server, get_site
from portway_platform.sites.tables import pairs, servers, sites
from portway_service.database import insert_if_absent, upsert
from portway_service.errors import Refusal

MAPPING_PAGE_SIZE = 1200
CONTAINER_PAGE_SIZE = 250
FIND_LIMIT = 100
_FIND_BATCH = 1000
_MANY_ROWS = 1_000
BATCH_ROWS = 20_000
"""Rows of one transaction of a bulk upload: other writers wait for about a tenth of a second."""


@dataclass(frozen=True)
class Migration:
    """A run of a plan between a server and a site."""

    id: str
    pair_id: str
    name: str
    core_status: CoreStatus
    created_at: datetime
    server_id: str
    server_key: str
    site_id: str
    site_key: str


def create_migration(
    connection: Connection, services: Services, wanted: MigrationInput
) -> Migration:
    """Begin a run of a plan."""
    server = get_server(connection, wanted.server_key)
    site = get_site(connection, wanted.site_key)
    migration_id = services.ids.uuid()
    connection.execute(
        migrations.insert().values(
            id=migration_id,
            pair_id=ensure_pair(connection, services, server.id, site.id),
            name=wanted.name,
            core_status=CoreStatus.RUNNING,
            created_at=services.clock.now(),
        )
    )
    return get_migration(connection, migration_id)


def get_migration(connection: Connection, migration_id: str) -> Migration:
    """Return a migration, or refuse."""
    row = connection.execute(_migrations().where(migrations.c.id == migration_id)).first()
    if row is None:
        raise Refusal(error_codes.MIGRATION_UNKNOWN, migration_id=migration_id)
    return _migration(row)


def list_migrations(connection: Connection) -> list[Migration]:
    """Return the newest migrations first."""
    query = _migrations().order_by(migrations.c.created_at.desc(), migrations.c.id).limit(1000)
    return [_migration(row) for row in connection.execute(query)]


def set_core_status(connection: Connection, migration_id: str, status: CoreStatus) -> Migration:
    """Keep what the assistant says about the core migration."""
    get_migration(connection, migration_id)
    connection.execute(
        update(migrations).where(migrations.c.id == migration_id).values(core_status=status)
    )
    return get_migration(connection, migration_id)


# Mappings


def receive_mappings(services: Services, migration_id: str, stream: IO[bytes]) -> MappingsReceived:
    """Keep the mappings of an NDJSON body of any size.

    The body is checked whole, then applied in transactions of `BATCH_ROWS`. Where a key comes
    twice the later line counts. Sending a body again changes nothing, so an upload whose answer
    was lost is simply repeated.
    """
    with services.database.read() as connection:
        pair_id = get_migration(connection, migration_id).pair_id
    changed = 0
    set_ids: dict[str, int] = {}
    with checked_lines(stream, parse_mapping_line) as lines:
        for batch in lines.batches(BATCH_ROWS):
            with services.database.write() as connection:
                for namespace in {line[0] for line in batch} - set_ids.keys():
                    set_ids[namespace] = _ensure_set(connection, pair_id, namespace)
                rows = {(set_ids[namespace], key): value for namespace, key, value in batch}
                changed += mapping_sql(connection).upsert(
                    connection, rows, migration_id, now=services.clock.now()
                )
        if changed >= _MANY_ROWS:
            services.database.count_anew(mappings.name)
        return MappingsReceived(received=lines.count, changed=changed)


def mapping_page(
    connection: Connection,
    pair_id: str,
    namespace: str,
    *,
    last_entity: str | None = None,
    page_size: int = MAPPING_PAGE_SIZE,
    migration_id: str | None = None,
    as_of: datetime | None = None,
    ends_with_key: bool = False,
) -> bytes:
    """Return one page of mappings as the JSON text of a `MappingPage`, keys in byte order.

    A page costs the same wherever it lies.

    Args:
        page_size: Above `MAPPING_PAGE_SIZE` it is cut to that.
        migration_id: Only what this migration brought or changed; what others did is walked over.
        as_of: As the mappings were at this moment.
        ends_with_key: Whether the last page names its last key in `lastEntity`.
    """
    size = min(page_size, MAPPING_PAGE_SIZE)
    where = (connection, pair_id, namespace, last_entity or "", size)
    if as_of is None:
        page = mapping_sql(connection).page(*where, migration_id=migration_id)
    else:
        page = page_as_of(*where, at=as_of, migration_id=migration_id)
    last_key = None
    if ends_with_key and page.next_after is None:
        last_key = max(orjson.loads(page.json), key=str.encode, default=None)
    meta = _page_meta(size, page.next_after, last_key)
    return b'{"meta":' + meta + b',"items":' + page.json + b"}"


def no_mappings(page_size: int) -> bytes:
    """Return the page of a namespace that holds nothing."""
    return b'{"meta":' + _page_meta(min(page_size, MAPPING_PAGE_SIZE), None) + b',"items":{}}'


def find_mappings(
    connection: Connection,
    pair_id: str,
    namespace: str,
    keys: Sequence[str],
    *,
    migration_id: str | None = None,
    as_of: datetime | None = None,
) -> dict[str, str]:
    """Return the cloud ids of those keys that have one; or had, at the moment `as_of`."""
    found: dict[str, str] = {}
    usable = [key for key in dict.fromkeys(keys) if "\0" not in key]
    for start in range(0, len(usable), _FIND_BATCH):
        if as_of is not None:
            some = usable[start : start + _FIND_BATCH]
            found |= find_as_of(
                connection, pair_id, namespace, some, at=as_of, migration_id=migration_id
            )
            continue
        statement = (
            select(mappings.c.server_key, mappings.c.cloud_id)
            .join(mapping_sets, mapping_sets.c.id == mappings.c.set_id)
            .where(
                mapping_sets.c.pair_id == pair_id,
                mapping_sets.c.namespace == namespace,
                mappings.c.server_key.in_(usable[start : start + _FIND_BATCH]),
            )
        )
        if migration_id is not None:
            statement = statement.where(mappings.c.migration_id == migration_id)
        found |= {row.server_key: row.cloud_id for row in connection.execute(statement)}
    return found


# Containers


def receive_containers(
    services: Services, migration_id: str, stream: IO[bytes]
) -> ContainersReceived:
    """Keep the items of a plan from an NDJSON body; one sent again replaces the one before."""
    with services.database.read() as connection:
        get_migration(connection, migration_id)
    with checked_lines(stream, parse_container_line) as lines:
        for batch in lines.batches(BATCH_ROWS):
            with services.database.write() as connection:
                for container_type, source_id, key, name in batch:
                    identity = {
                        "migration_id": migration_id,
                        "type": container_type,
                        "source_id": source_id,
                    }
                    upsert(connection, containers, identity, {"key": key, "name": name})
        return ContainersReceived(received=lines.count)


def containers_page(
    connection: Connection,
    migration_id: str,
    container_type: str,
    *,
    last_entity: str | None = None,
    page_size: int = CONTAINER_PAGE_SIZE,
    fields: Collection[str] = ("type", "sourceId", "key", "name"),
    ends_with_key: bool = False,
) -> bytes:
    """Return one page of a plan's items as the JSON text of a `ContainersPage`.

    Source ids come in byte order. A `page_size` above `CONTAINER_PAGE_SIZE` is cut to it.
    `fields` are those an item shows; `ends_with_key` is that of `mapping_page`.
    """
    size = min(page_size, CONTAINER_PAGE_SIZE)
    rows = connection.execute(
        select(containers)
        .where(
            containers.c.migration_id == migration_id,
            containers.c.type == container_type,
            containers.c.source_id > (last_entity or ""),
        )
        .order_by(containers.c.source_id)
        .limit(size + 1)
    ).all()
    last_key = rows[-1].source_id if rows and ends_with_key else None
    meta = _page_meta(size, rows[size - 1].source_id if len(rows) > size else None, last_key)
    items = []
    for row in rows[:size]:
        item = {"type": row.type, "sourceId": row.source_id, "key": row.key, "name": row.name}
        items.append({name: item[name] for name in fields})
    return b'{"meta":' + meta + b',"containers":' + orjson.dumps(items) + b"}"


def _page_meta(size: int, next_after: str | None, last_key: str | None = None) -> bytes:
    has_next = next_after is not None
    meta = {"pageSize": size, "hasNext": has_next, "lastEntity": next_after or last_key}
    return orjson.dumps(meta)


def _ensure_set(connection: Connection, pair_id: str, namespace: str) -> int:
    values = {"pair_id": pair_id, "namespace": namespace}
    insert_if_absent(connection, mapping_sets, values)
    set_id: int = connection.execute(
        select(mapping_sets.c.id).where(
            mapping_sets.c.pair_id == pair_id, mapping_sets.c.namespace == namespace
        )
    ).scalar_one()
    return set_id


def _migrations() -> Select[Any]:
    return (
        select(
            migrations,
            pairs.c.server_id,
            pairs.c.site_id,
            servers.c.key.label("server_key"),
            sites.c.key.label("site_key"),
        )
        .join(pairs, pairs.c.id == migrations.c.pair_id)
        .join(servers, servers.c.id == pairs.c.server_id)
        .join(sites, sites.c.id == pairs.c.site_id)
    )


def _migration(row: Any) -> Migration:
    return Migration(
        id=row.id,
        pair_id=row.pair_id,
        name=row.name,
        core_status=CoreStatus(row.core_status),
        created_at=row.created_at,
        server_id=row.server_id,
        server_key=row.server_key,
        site_id=row.site_id,
        site_key=row.site_key,
    )
