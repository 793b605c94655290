"""The key each transfer's files are encrypted with: made at the first upload, destroyed at the end.

A key lies wrapped in the database, never in a file or in memory for longer than a request. Ending
a consent destroys the keys of all its transfers in the same transaction; a settled transfer's key
is destroyed when its retention is over. What remains of the files is removed after that.

Source: docs/explanation/stored-data.md
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from portway_platform import error_codes
from portway_platform.app_data.frames import KEY_BYTES
from portway_platform.app_data.rules import UploadStatus
from portway_platform.app_data.tables import app_data, transfer_keys
from portway_platform.migrations.tables import migrations
from portway_platform.services import Services
from portway_platform.sites.tables import pairs
from portway_platform.transfers.tables import transfers
from portway_platform.work.service import DueWork, schedule
from portway_platform.work.worker import Handler, SlowHandler
from portway_service.database import insert_if_absent
from portway_service.errors import Refusal
from portway_service.vault import VaultError

RETENTION = "app-data-retention"
"""The kind of due work that ends the retention of a settled transfer's files."""

SHREDDING = "app-data-shredding"
"""The kind of due work that removes what a destroyed key left behind."""

_AGAIN_AFTER = timedelta(seconds=5)


def get_or_make_key(services: Services, transfer_id: str) -> bytes:
    """Return the key of a transfer; the first caller makes it, all others get the same."""
    with services.database.read() as connection:
        found = _find_wrapped(connection, transfer_id)
    if found is None:
        with services.database.write() as connection:
            values = {
                "transfer_id": transfer_id,
                "wrapped_key": services.keys.vault.wrap(
                    secrets.token_bytes(KEY_BYTES), _purpose(transfer_id)
                ),
                "created_at": services.clock.now(),
            }
            insert_if_absent(connection, transfer_keys, values)
            found = _find_wrapped(connection, transfer_id)
    return _unwrap(services, transfer_id, found)


def get_key(connection: Connection, services: Services, transfer_id: str) -> bytes:
    """Return the key of a transfer that has files, or refuse when it was destroyed."""
    return _unwrap(services, transfer_id, _find_wrapped(connection, transfer_id))


def destroy_keys(connection: Connection, services: Services, transfer_ids: Iterable[str]) -> None:
    """Destroy the keys of transfers; from the commit on nobody can read their files any more."""
    now = services.clock.now()
    for transfer_id in transfer_ids:
        connection.execute(
            update(transfer_keys)
            .where(
                transfer_keys.c.transfer_id == transfer_id,
                transfer_keys.c.destroyed_at.is_(None),
            )
            .values(wrapped_key=None, destroyed_at=now)
        )
        schedule(connection, SHREDDING, transfer_id, now)


def destroy_keys_of_consent(
    connection: Connection, services: Services, *, app_key: str, server_id: str, site_id: str
) -> None:
    """Destroy the keys of every transfer of an app from a server to a site, settled or not."""
    ids = connection.execute(
        select(transfers.c.id)
        .join(migrations, migrations.c.id == transfers.c.migration_id)
        .join(pairs, pairs.c.id == migrations.c.pair_id)
        .where(
            transfers.c.app_key == app_key,
            pairs.c.server_id == server_id,
            pairs.c.site_id == site_id,
        )
        .order_by(transfers.c.id)
    )
    destroy_keys(connection, services, ids.scalars().all())


def retention_handler(services: Services) -> Handler:
    """Return the handler that destroys the key of a transfer whose retention is over."""

    def handle(connection: Connection, work: DueWork) -> datetime | None:
        destroy_keys(connection, services, [work.subject_id])
        return None

    return handle


def shredding_handler(services: Services) -> SlowHandler:
    """Return the handler that leaves of a destroyed key, and of what it locked, no trace."""

    def handle(work: DueWork) -> datetime | None:
        transfer_id = work.subject_id
        services.files.remove(transfer_id)
        with services.database.write() as connection:
            connection.execute(
                update(app_data)
                .where(app_data.c.transfer_id == transfer_id)
                .values(status=UploadStatus.DELETED, creation_key=None)
            )
        if services.database.shred_overwritten(transfer_keys.name):
            return None
        return services.clock.now() + _AGAIN_AFTER

    return handle


def _find_wrapped(connection: Connection, transfer_id: str) -> tuple[bytes | None] | None:
    row = connection.execute(
        select(transfer_keys.c.wrapped_key).where(transfer_keys.c.transfer_id == transfer_id)
    ).first()
    return None if row is None else (row.wrapped_key,)


def _unwrap(services: Services, transfer_id: str, found: tuple[bytes | None] | None) -> bytes:
    if found is None or found[0] is None:
        raise Refusal(error_codes.KEY_DESTROYED, transfer_id=transfer_id)
    try:
        return services.keys.vault.unwrap(bytes(found[0]), _purpose(transfer_id))
    except VaultError:
        raise Refusal(error_codes.KEY_UNAVAILABLE, transfer_id=transfer_id) from None


def _purpose(transfer_id: str) -> str:
    return f"transfer key {transfer_id}"
