"""Writing the inventory: row by row, as it is read, with the digest of what is there."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any

import orjson
from pydantic.alias_generators import to_camel
from sqlalchemy import Connection

from portway_cloud_site.attachments.files import FileStore
from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.inventory.queries import QUERIES
from portway_cloud_site.permissions.tables import GROUP, USER
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_service.instants import format_instant
from portway_service.item_digest import item_digest

_camel = cache(to_camel)
_ROWS_PER_ROUND = 200
_CHUNK_BYTES = 1 << 16
_HANGS_ON = ("container", "of", "group", "space")


def write_inventory(services: Services, site: Site, source: str) -> Iterator[bytes]:
    """Yield the inventory of a source as NDJSON: one state of the site, then its last line.

    Without that last line it broke off, and proves nothing.
    """
    count = 0
    held = bytearray()
    with services.database.read() as connection:
        for kind in QUERIES:
            for rows in _entities(_read(connection, site, source, kind)):
                held += orjson.dumps(_line(services.files, site, kind, rows))
                held += b"\n"
                count += 1
                if len(held) >= _CHUNK_BYTES:
                    yield bytes(held)
                    held.clear()
    held += orjson.dumps({"end": True, "items": count})
    held += b"\n"
    yield bytes(held)


def _read(connection: Connection, site: Site, source: str, kind: str) -> Iterator[AnyRow]:
    statement = QUERIES[kind]().where(origins.c.site_id == site.id, origins.c.source == source)
    with connection.execute(statement, execution_options={"yield_per": _ROWS_PER_ROUND}) as rows:
        yield from rows


def _entities(rows: Iterator[AnyRow]) -> Iterator[list[AnyRow]]:
    """Yield the rows of each entity; they follow each other."""
    for _, of_one in groupby(rows, key=lambda row: row.source_key):
        yield list(of_one)


def _line(files: FileStore, site: Site, kind: str, rows: list[AnyRow]) -> dict[str, Any]:
    row = rows[0]
    item = {_camel(name): _written(value) for name, value in row._mapping.items()}
    line = {"kind": kind, "sourceKey": row.source_key, "id": str(row.entity_id)}
    match kind:
        case "user":
            line["id"] = row.account_id
            item["access"] = bool(row.access)
        case "group":
            line["id"] = row.group_id
        case "label":
            line["id"] = str(row.label_id)
        case "comment":
            item["inline"] = _inline(row)
        case "restriction":
            item["users"] = _subjects(rows, USER)
            item["groups"] = _subjects(rows, GROUP)
        case "page" | "blogPost":
            item["restricted"] = bool(row.restricted)
        case "attachment" | "attachmentVersion":
            line["file"], item["sizeBytes"], item["sha256"] = _measure(files, site, row)
    digest = item_digest(kind, item)
    on = next((item[name] for name in _HANGS_ON if item.get(name)), None)
    return line | {
        "digest": digest,
        "outcome": row.outcome,
        "editedHere": bool(row.edited_here),
        "on": on,
    }


def _written(value: Any) -> Any:
    return format_instant(value) if isinstance(value, datetime) else value


def _inline(row: AnyRow) -> dict[str, Any] | None:
    if row.resolved is None:
        return None
    return {
        "markerRef": row.marker_ref,
        "selection": row.selection,
        "resolved": bool(row.resolved),
        "resolvedBy": row.resolved_by,
        "resolvedAt": _written(row.resolved_at),
    }


def _subjects(rows: list[AnyRow], kind: str) -> list[str]:
    return sorted(row.subject for row in rows if row.subject_kind == kind)


def _measure(files: FileStore, site: Site, row: AnyRow) -> tuple[str, int | None, str | None]:
    """Return the state of an attachment's bytes, and their size and SHA-256 as they are now."""
    if not row.stored:
        return "wanted", None, None
    measured = files.measure(site.key, row.entity_id, row.sha256)
    if measured is None:
        return "missing", None, None
    state = "stored" if measured.sha256 == row.sha256 else "damaged"
    return state, measured.size_bytes, measured.sha256
