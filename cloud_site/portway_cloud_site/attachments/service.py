"""Storing the bytes of attachments, and finding them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Table, bindparam, select, update

from portway_cloud_site.attachments.files import Placed, Readable, Received, read_chunks
from portway_cloud_site.attachments.frames import FrameReader
from portway_cloud_site.attachments.messages import FileResult, failed_result, stored_result
from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.error_codes import (
    BATCH_TOO_LARGE,
    FILE_DIFFERS,
    ITEM_UNKNOWN,
)
from portway_cloud_site.history.tables import attachment_versions
from portway_cloud_site.queries import fetch_by, same_entity
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_service.errors import Refusal

_TABLES: dict[str, Table] = {
    "attachment/": attachments,
    "attachmentVersion/": attachment_versions,
}
"""Where the files of items with these keys are noted."""

_CHANGED_MEANWHILE = "the item changed while they arrived"


@dataclass(frozen=True)
class _Expected:
    """What an attachment's item said of its bytes."""

    attachment_id: int
    size_bytes: int
    sha256: str
    stored: bool
    table: Table
    """Where its row lies."""


def store_file(
    services: Services,
    site: Site,
    source: str,
    source_key: str,
    stream: Readable,
    *,
    declared_bytes: int | None = None,
) -> FileResult:
    """Keep the bytes of one attachment; replace those that are there already.

    Args:
        declared_bytes: How many bytes the request says it carries, when it says so.

    Raises:
        Refusal: `item_unknown`, or `file_differs`; nothing is kept then.
    """
    with services.database.read() as connection:
        expected = _find_expected(connection, site, source, [source_key]).get(source_key)
    if expected is None:
        raise Refusal(ITEM_UNKNOWN, source_key=source_key)
    if declared_bytes is not None and declared_bytes != expected.size_bytes:
        problem = f"{declared_bytes} bytes were announced, {expected.size_bytes} expected"
        raise Refusal(FILE_DIFFERS, source_key=source_key, problem=problem)
    received = services.files.receive(read_chunks(stream, expected.size_bytes))
    difference = _find_difference(received, expected)
    if difference is None and _keep(services, site, [(expected, received)]):
        difference = _CHANGED_MEANWHILE
    if difference is not None:
        services.files.drop(received)
        raise Refusal(FILE_DIFFERS, source_key=source_key, problem=difference)
    return stored_result(source_key, is_new=not expected.stored)


def store_files(services: Services, site: Site, source: str, stream: Readable) -> list[FileResult]:
    """Keep the bytes of many attachments: one transaction, one round of syncing.

    Raises:
        Refusal: `files_misframed` or `batch_too_large`; nothing is kept then.
    """
    arrived: list[tuple[str, Received]] = []
    try:
        reader = FrameReader(stream)
        while (head := reader.read_head()) is not None:
            if reader.frame_number > services.limits.files:
                raise Refusal(BATCH_TOO_LARGE, limit=f"{services.limits.files} files")
            received = services.files.receive(reader.read_bytes(head.size_bytes))
            arrived.append((head.source_key, received))
        return _store_arrived(services, site, source, arrived)
    finally:
        for _, received in arrived:
            services.files.drop(received)


def _store_arrived(
    services: Services, site: Site, source: str, arrived: list[tuple[str, Received]]
) -> list[FileResult]:
    with services.database.read() as connection:
        known = _find_expected(connection, site, source, [key for key, _ in arrived])
    to_keep: dict[int, tuple[_Expected, Received]] = {}
    refusals: dict[int, Refusal] = {}
    for number, (source_key, received) in enumerate(arrived):
        expected = known.get(source_key)
        if expected is None:
            refusals[number] = Refusal(ITEM_UNKNOWN, source_key=source_key)
        elif problem := _find_difference(received, expected):
            refusals[number] = Refusal(FILE_DIFFERS, source_key=source_key, problem=problem)
        else:
            to_keep[expected.attachment_id] = (expected, received)
    stale = _keep(services, site, list(to_keep.values())) if to_keep else set()
    results = []
    for number, (source_key, _) in enumerate(arrived):
        if number in refusals:
            results.append(failed_result(source_key, refusals[number]))
        elif (expected := known[source_key]).attachment_id in stale:
            refusal = Refusal(FILE_DIFFERS, source_key=source_key, problem=_CHANGED_MEANWHILE)
            results.append(failed_result(source_key, refusal))
        else:
            results.append(stored_result(source_key, is_new=not expected.stored))
            known[source_key] = replace(expected, stored=True)
    return results


def _keep(services: Services, site: Site, files: Sequence[tuple[_Expected, Received]]) -> set[int]:
    """Put checked bytes in their place, and say so in the rows.

    Returns:
        The attachments whose items changed since they were looked up; theirs are not kept.
    """
    placed = [Placed(received, expected.attachment_id) for expected, received in files]
    services.files.place(site.key, placed)
    sha256_by_id = {expected.attachment_id: expected.sha256 for expected, _ in files}
    stale: set[int] = set()
    with services.database.write() as connection:
        for table in _TABLES.values():
            expected = {e.attachment_id: e.sha256 for e, _ in files if e.table is table}
            if expected:
                stale |= _note_stored(connection, site, table, expected)
    for attachment_id in stale:
        services.files.discard(site.key, attachment_id, sha256_by_id[attachment_id])
    return stale


def _note_stored(
    connection: Connection, site: Site, table: Table, expected: Mapping[int, str]
) -> set[int]:
    """Note that the bytes are here; return the ids whose items changed meanwhile."""
    statement = (
        select(table.c.id, table.c.sha256).where(table.c.site_id == site.id).with_for_update()
    )
    rows = fetch_by(connection, statement, table.c.id, list(expected))
    current = {row.id: row.sha256 for row in rows}
    stale = {key for key, sha256 in expected.items() if current.get(key) != sha256}
    kept = [{"stored_id": key} for key in expected if key not in stale]
    if kept:
        connection.execute(
            update(table)
            .where(table.c.site_id == site.id, table.c.id == bindparam("stored_id"))
            .values(stored=True),
            kept,
        )
    return stale


def _find_difference(received: Received, expected: _Expected) -> str | None:
    if received.size_bytes > expected.size_bytes:
        return f"there are more than the {expected.size_bytes} bytes expected"
    if received.size_bytes < expected.size_bytes:
        return f"{received.size_bytes} bytes came, {expected.size_bytes} were expected"
    if received.sha256 != expected.sha256:
        return "their SHA-256 is another one"
    return None


def _find_expected(
    connection: Connection, site: Site, source: str, source_keys: Sequence[str]
) -> dict[str, _Expected]:
    found: dict[str, _Expected] = {}
    for prefix, table in _TABLES.items():
        keys = [key for key in source_keys if key.startswith(prefix)]
        if not keys:
            continue
        statement = (
            select(
                origins.c.source_key,
                table.c.id,
                table.c.size_bytes,
                table.c.sha256,
                table.c.stored,
            )
            .join(table, same_entity(table, origins.c.site_id, origins.c.entity_id))
            .where(origins.c.site_id == site.id, origins.c.source == source)
        )
        for row in fetch_by(connection, statement, origins.c.source_key, keys):
            found[row.source_key] = _Expected(row.id, row.size_bytes, row.sha256, row.stored, table)
    return found
