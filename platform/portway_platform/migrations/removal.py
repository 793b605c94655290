"""Taking mappings back whose item was deleted at the site, so that no app is led to nothing."""

from collections.abc import Mapping
from typing import IO

from sqlalchemy import Connection, and_, delete, select

from portway_platform.migrations.lines import checked_lines
from portway_platform.migrations.messages import MappingsReceived, parse_mapping_line
from portway_platform.migrations.service import get_migration
from portway_platform.migrations.tables import mapping_sets, mappings
from portway_platform.services import Services

_LINES_PER_ROUND = 500


def remove_mappings(services: Services, migration_id: str, stream: IO[bytes]) -> MappingsReceived:
    """Remove the mappings of an NDJSON body: each line as it was once sent.

    A key that stands for another id by now is left: it leads to something. Sending a body again
    changes nothing.
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
                    changed += _remove(connection, pair_id, namespace, values)
        return MappingsReceived(received=lines.count, changed=changed)


def _remove(connection: Connection, pair_id: str, namespace: str, values: Mapping[str, str]) -> int:
    set_id = connection.execute(
        select(mapping_sets.c.id).where(
            mapping_sets.c.pair_id == pair_id, mapping_sets.c.namespace == namespace
        )
    ).scalar_one_or_none()
    here = and_(mappings.c.set_id == set_id, mappings.c.server_key.in_(list(values)))
    found = connection.execute(select(mappings.c.server_key, mappings.c.cloud_id).where(here))
    gone = [row.server_key for row in found.all() if values[row.server_key] == row.cloud_id]
    return connection.execute(
        delete(mappings).where(mappings.c.set_id == set_id, mappings.c.server_key.in_(gone))
    ).rowcount
