"""Putting rows into the trash, looking at it, emptying it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Table, delete, insert, select

from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.intake import Batch
from portway_cloud_site.history.tables import attachment_versions
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import writing
from portway_cloud_site.trash.tables import trash

_ROWS_PER_ROUND = 200


def throw_away(
    batch: Batch,
    table: Table,
    rows: Sequence[AnyRow],
    keys: Mapping[int, str],
    *,
    id_name: str = "id",
) -> None:
    """Move rows of a table into the trash.

    Args:
        keys: The source keys of the entities the rows are, or are part of.
        id_name: The column that names the entity.
    """
    if not rows:
        return
    connection, now = batch.writer.connection, batch.clock.now()
    connection.execute(
        insert(trash),
        [
            {
                "site_id": batch.site_id,
                "id": batch.writer.take_id(),
                "source": batch.source,
                "source_key": keys.get(getattr(row, id_name)),
                "entity_id": getattr(row, id_name),
                "kept_table": table.name,
                "kept_row": orjson.dumps(_plain(row), default=str).decode(),
                "run_id": batch.run_id,
                "deleted_at": now,
            }
            for row in rows
        ],
    )
    connection.execute(
        delete(table).where(
            table.c.site_id == batch.site_id,
            table.c[id_name].in_({getattr(row, id_name) for row in rows}),
        )
    )


def list_trash(services: Services, site: Site) -> Iterator[bytes]:
    """Yield what lies in the trash as NDJSON, oldest first."""
    statement = select(trash).where(trash.c.site_id == site.id).order_by(trash.c.id)
    with (
        services.database.read() as connection,
        connection.execute(statement, execution_options={"yield_per": _ROWS_PER_ROUND}) as rows,
    ):
        for row in rows:
            yield orjson.dumps(_shown(row), option=orjson.OPT_APPEND_NEWLINE)


def empty_trash(services: Services, site: Site) -> int:
    """Delete what lies in the trash for good, with its files; return how much it was."""
    mine = trash.c.site_id == site.id
    with writing(services.database, site) as writer:
        files = [
            (row.entity_id, orjson.loads(row.kept_row)["sha256"])
            for row in writer.connection.execute(
                select(trash.c.entity_id, trash.c.kept_row).where(
                    mine, trash.c.kept_table.in_([attachments.name, attachment_versions.name])
                )
            )
        ]
        count = writer.connection.execute(delete(trash).where(mine)).rowcount
    for attachment_id, sha256 in files:
        services.files.discard(site.key, attachment_id, sha256)
    return count


def _shown(row: AnyRow) -> dict[str, Any]:
    kept = orjson.loads(row.kept_row)
    return {
        "source": row.source,
        "sourceKey": row.source_key,
        "id": str(row.entity_id),
        "title": kept.get("title"),
        "runId": row.run_id,
        "deletedAt": row.deleted_at.isoformat(),
    }


def _plain(row: AnyRow) -> dict[str, Any]:
    return {str(name): value for name, value in row._mapping.items()}
