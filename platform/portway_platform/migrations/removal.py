"""Taking mappings back whose item was deleted at the site, so that no app is led to nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import IO

from sqlalchemy import Connection, select

from portway_platform.migrations.lines import checked_lines
from portway_platform.migrations.mapping_history import delete_mappings
from portway_platform.migrations.messages import MappingsReceived, parse_mapping_line
from portway_platform.migrations.service import get_migration
from portway_platform.migrations.tables import mapping_sets, mappings
from portway_platform.services import Services

_LINES_PER_ROUND = 500


def remove_mappings(services: Services, migration_id: str, stream: IO[bytes]) -> MappingsReceived:
    """Remove the mappings of an NDJSON body: each line as it was once sent.

    A key that stands for another id by now is left: it leads to something. Sending a body again
    changes nothing. What they were is kept: a read as of an earlier moment still gives them.
    """
    with services.database.read() as connection:
        pair_id = get_migration(connection, migration_id).pair_id
    changed = 0
    with checked_lines(stream, parse_mapping_line) as lines:
        for batch in lines.batches(_LINES_PER_ROUND):
            by_namespace: dict[str, dict[str, str]] = {}
            for namespace, key, value in batch:
                by_namespace.setdefault(namespace, {})[key] = value
            with services.database.write() as connection:
                for namespace, values in by_namespace.items():
                    changed += _remove(connection, pair_id, namespace, values, services.clock.now())
        return MappingsReceived(received=lines.count, changed=changed)


def _remove(
    connection: Connection,
    pair_id: str,
    namespace: str,
    values: Mapping[str, str],
    now: datetime,
) -> int:
    set_id = connection.execute(
        select(mapping_sets.c.id).where(
            mapping_sets.c.pair_id == pair_id, mapping_sets.c.namespace == namespace
        )
    ).scalar_one_or_none()
    if set_id is None:
        return 0
    # Whoever changes one of them meanwhile waits, and then finds it gone.
    found = connection.execute(
        select(mappings.c.server_key, mappings.c.cloud_id)
        .where(mappings.c.set_id == set_id, mappings.c.server_key.in_(list(values)))
        .order_by(mappings.c.server_key)
        .with_for_update()
    )
    gone = [row.server_key for row in found.all() if values[row.server_key] == row.cloud_id]
    return delete_mappings(connection, set_id, gone, now=now)
