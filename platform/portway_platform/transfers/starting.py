"""Starting a transfer, and running one again: what it needs, and what follows at once.

Source: docs/reference/admin-api.md#transfers; wire contract, 1.3 and 1.7.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from portway_platform import error_codes
from portway_platform.catalogue.tables import apps
from portway_platform.consents.tables import consent_records
from portway_platform.events.service import emit
from portway_platform.gate import check_start
from portway_platform.installations.rules import IN_FORCE
from portway_platform.installations.tables import installations
from portway_platform.ledger.telling import transfer_started
from portway_platform.listeners.tables import listeners
from portway_platform.listeners.work import put_work
from portway_platform.migrations.rules import APPS_MAY_MOVE
from portway_platform.migrations.tables import migrations
from portway_platform.services import Services
from portway_platform.sites.tables import pairs
from portway_platform.transfers.rules import UNSETTLED, find_rerun_fault
from portway_platform.transfers.service import DEADLINE, get_transfer_row
from portway_platform.transfers.tables import transfers
from portway_platform.work.service import schedule
from portway_scopes import TransferStatus
from portway_sdk.wire import Declaration, EventType, WorkKind
from portway_service.errors import Refusal


def start_transfer(
    connection: Connection, services: Services, migration_id: str, app_key: str
) -> tuple[str, bool]:
    """Start an app's transfer; return its id, and whether it is new.

    One that is under way or succeeded is returned as it is.

    Raises:
        Refusal: No standing agreement; the cloud app is not installed; no listener is enrolled;
            core migration is running or failed.
    """
    move = _lock_migration(connection, migration_id)
    if connection.execute(select(apps.c.key).where(apps.c.key == app_key)).first() is None:
        raise Refusal(error_codes.APP_UNKNOWN, key=app_key)
    present = _find_present(connection, migration_id, app_key)
    if present is not None:
        return present, False
    return _create(connection, services, move, app_key), True


def rerun_transfer(connection: Connection, services: Services, transfer_id: str) -> str:
    """Run a transfer again that ended FAILED or INCOMPLETE; return the new transfer's id."""
    before = get_transfer_row(connection, transfer_id)
    move = _lock_migration(connection, before.migration_id)
    fault = find_rerun_fault(
        TransferStatus(before.status),
        first_started_at=first_started_at(connection, before),
        now=services.clock.now(),
    )
    if fault is not None:
        raise Refusal(error_codes.RERUN_IMPOSSIBLE, transfer_id=transfer_id, problem=fault)
    present = _find_present(connection, before.migration_id, before.app_key)
    if present is not None:
        raise Refusal(error_codes.TRANSFER_PRESENT, transfer_id=present, app_key=before.app_key)
    return _create(connection, services, move, before.app_key, rerun_of=transfer_id)


def first_started_at(connection: Connection, row: Row[Any]) -> datetime:
    """Return when the first attempt of a chain of re-runs began."""
    while row.rerun_of is not None:
        row = connection.execute(select(transfers).where(transfers.c.id == row.rerun_of)).one()
    began: datetime = row.created_at
    return began


def _lock_migration(connection: Connection, migration_id: str) -> Any:
    """Return the migration with its pair. Until the transaction ends, nobody else starts in it."""
    row = connection.execute(
        select(
            migrations.c.id,
            migrations.c.core_status,
            pairs.c.server_id,
            pairs.c.site_id,
        )
        .join(pairs, pairs.c.id == migrations.c.pair_id)
        .where(migrations.c.id == migration_id)
        .with_for_update(of=migrations)
    ).first()
    if row is None:
        raise Refusal(error_codes.MIGRATION_UNKNOWN, migration_id=migration_id)
    return row


def _find_present(connection: Connection, migration_id: str, app_key: str) -> str | None:
    found: str | None = connection.execute(
        select(transfers.c.id)
        .where(
            transfers.c.migration_id == migration_id,
            transfers.c.app_key == app_key,
            transfers.c.status.in_((*UNSETTLED, TransferStatus.SUCCESS)),
        )
        .limit(1)
    ).scalar()
    return found


def _create(
    connection: Connection,
    services: Services,
    move: Any,
    app_key: str,
    *,
    rerun_of: str | None = None,
) -> str:
    _lock_consent(connection, move, app_key)
    agreed = check_start(
        connection,
        app_key=app_key,
        server_id=move.server_id,
        site_id=move.site_id,
        clock=services.clock,
    )
    installation_id = connection.execute(
        select(installations.c.id).where(
            installations.c.site_id == move.site_id,
            installations.c.app_key == app_key,
            installations.c.status.in_(IN_FORCE),
        )
    ).scalar()
    if installation_id is None:
        raise Refusal(error_codes.APP_NOT_INSTALLED, app_key=app_key)
    listener = connection.execute(
        select(listeners.c.id, listeners.c.declaration).where(
            listeners.c.server_id == move.server_id, listeners.c.app_key == app_key
        )
    ).first()
    if listener is None:
        raise Refusal(error_codes.LISTENER_MISSING, app_key=app_key)
    if move.core_status not in APPS_MAY_MOVE:
        raise Refusal(error_codes.CORE_NOT_DONE, status=move.core_status)
    if rerun_of is not None and not Declaration.model_validate(listener.declaration).reruns:
        problem = "its listener declares that it is not run again"
        raise Refusal(error_codes.RERUN_IMPOSSIBLE, transfer_id=rerun_of, problem=problem)
    now = services.clock.now()
    transfer_id = services.ids.uuid()
    due_at = now + services.settings.transfer_life
    connection.execute(
        insert(transfers).values(
            id=transfer_id,
            migration_id=move.id,
            app_key=app_key,
            installation_id=installation_id,
            listener_id=listener.id,
            rerun_of=rerun_of,
            status=TransferStatus.IN_PROGRESS,
            percent=0,
            created_at=now,
            due_at=due_at,
        )
    )
    put_work(
        connection,
        services,
        listener.id,
        WorkKind.RERUN_APP_MIGRATION if rerun_of else WorkKind.START_APP_MIGRATION,
        transfer_id=transfer_id,
        payload={"originalTransferId": rerun_of},
    )
    schedule(connection, DEADLINE, transfer_id, due_at)
    emit(connection, services, transfer_id, EventType.LISTENER_TRIGGERED)
    services.ledger.note(
        connection, transfer_started((transfer_id, app_key), move.id, agreed, rerun_of)
    )
    return transfer_id


def _lock_consent(connection: Connection, move: Any, app_key: str) -> None:
    """Have a withdrawal wait until this transaction ends: then it finds the new transfer."""
    connection.execute(
        select(consent_records.c.id)
        .where(
            consent_records.c.app_key == app_key,
            consent_records.c.server_id == move.server_id,
            consent_records.c.site_id == move.site_id,
            consent_records.c.superseded_at.is_(None),
        )
        .with_for_update()
    )
