"""Starting transfers, and running one again: what they need, and what follows at once.

Source: docs/reference/transfers.md; wire contract, 1.3, 1.7, 1.8 and 2.8.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from portway_platform import error_codes
from portway_platform.catalogue.tables import apps
from portway_platform.consents.tables import consent_records
from portway_platform.gate import check_start
from portway_platform.listeners.tables import listeners
from portway_platform.migrations.rules import APPS_MAY_MOVE
from portway_platform.migrations.tables import migrations
from portway_platform.services import Services
from portway_platform.sites.tables import pairs
from portway_platform.transfers.creating import ONLY, Moving, Wanted, create_transfer
from portway_platform.transfers.destination import find_destination
from portway_platform.transfers.rules import UNSETTLED, find_rerun_fault
from portway_platform.transfers.service import get_transfer_row
from portway_platform.transfers.tables import transfer_definitions, transfers
from portway_scopes import TransferStatus
from portway_sdk.wire import Declaration, TransferDefinition
from portway_service.errors import Refusal


@dataclass(frozen=True)
class Started:
    """The transfers of an app in a migration, in declared order."""

    transfer_ids: tuple[str, ...]
    is_new: bool
    """Whether any of them was not there before."""


def start_transfers(
    connection: Connection,
    services: Services,
    migration_id: str,
    app_key: str,
    *,
    transfer_name: str | None = None,
) -> Started:
    """Start an app's transfers, or the one of a name.

    Those that are under way or succeeded are returned as they are. One that depends on others
    waits in READY until they have succeeded.

    Raises:
        Refusal: No standing agreement; the cloud app is not installed; no listener is enrolled;
            core migration is running or failed; no transfer has this name.
    """
    move = _lock_migration(connection, migration_id)
    if connection.execute(select(apps.c.key).where(apps.c.key == app_key)).first() is None:
        raise Refusal(error_codes.APP_UNKNOWN, key=app_key)
    present = _find_present(connection, migration_id, app_key)
    if None in present and transfer_name is None:
        return Started((present[None],), is_new=False)
    moving = _check_moving(connection, services, move, app_key)
    definitions = _definitions_of(moving.declaration, app_key, transfer_name)
    ids, is_new = [], False
    for definition in definitions:
        found = present.get(definition.transfer_name if definition else None)
        if found is None:
            found = create_transfer(connection, services, moving, Wanted(definition))
            is_new = True
        ids.append(found)
    return Started(tuple(ids), is_new)


def start_preload(
    connection: Connection, services: Services, migration_id: str, app_key: str
) -> tuple[str, bool]:
    """Have an app's listener send files ahead of the migration; return the transfer's id.

    Core migration need not have ended. One that is under way is returned as it is.

    Raises:
        Refusal: As `start_transfers`; `preload_unsupported` where the listener declares none.
    """
    move = _lock_migration(connection, migration_id)
    if connection.execute(select(apps.c.key).where(apps.c.key == app_key)).first() is None:
        raise Refusal(error_codes.APP_UNKNOWN, key=app_key)
    present: str | None = connection.execute(
        select(transfers.c.id)
        .join(transfer_definitions, transfer_definitions.c.transfer_id == transfers.c.id)
        .where(
            transfers.c.migration_id == migration_id,
            transfers.c.app_key == app_key,
            transfers.c.status.in_(UNSETTLED),
            transfer_definitions.c.is_preload == 1,
        )
        .limit(1)
    ).scalar()
    if present is not None:
        return present, False
    moving = _check_moving(connection, services, move, app_key, needs_core=False)
    if not moving.declaration.preloads:
        raise Refusal(error_codes.PRELOAD_UNSUPPORTED, app_key=app_key)
    wanted = Wanted(None, is_preload=True)
    return create_transfer(connection, services, moving, wanted), True


def rerun_transfer(connection: Connection, services: Services, transfer_id: str) -> str:
    """Run a transfer again that ended FAILED or INCOMPLETE; return the new transfer's id."""
    before = get_transfer_row(connection, transfer_id)
    move = _lock_migration(connection, before.migration_id)
    fault = find_rerun_fault(
        TransferStatus(before.status),
        first_started_at=first_started_at(connection, before),
        now=services.clock.now(),
    )
    declared = connection.execute(
        select(transfer_definitions).where(transfer_definitions.c.transfer_id == transfer_id)
    ).first()
    if fault is None and declared is not None and declared.is_preload:
        fault = "it is a preload; begin another instead"
    if fault is not None:
        raise Refusal(error_codes.RERUN_IMPOSSIBLE, transfer_id=transfer_id, problem=fault)
    name = None if declared is None else declared.name
    present = _find_present(connection, before.migration_id, before.app_key)
    if name in present:
        raise Refusal(
            error_codes.TRANSFER_PRESENT, transfer_id=present[name], app_key=before.app_key
        )
    moving = _check_moving(connection, services, move, before.app_key)
    if not moving.declaration.reruns:
        problem = "its listener declares that it is not run again"
        raise Refusal(error_codes.RERUN_IMPOSSIBLE, transfer_id=transfer_id, problem=problem)
    definition = (
        None if name is None else _definitions_of(moving.declaration, before.app_key, name)[0]
    )
    wanted = Wanted(definition, rerun_of=transfer_id)
    return create_transfer(connection, services, moving, wanted)


def first_started_at(connection: Connection, row: Row[Any]) -> datetime:
    """Return when the first attempt of a chain of re-runs began."""
    while row.rerun_of is not None:
        row = connection.execute(select(transfers).where(transfers.c.id == row.rerun_of)).one()
    began: datetime = row.created_at
    return began


def _definitions_of(
    declaration: Declaration, app_key: str, transfer_name: str | None
) -> list[TransferDefinition | None]:
    if transfer_name is None:
        return list(declaration.transfers) or [ONLY]
    found = [each for each in declaration.transfers if each.transfer_name == transfer_name]
    if not found:
        known = ", ".join(each.transfer_name for each in declaration.transfers) or "none by name"
        raise Refusal(
            error_codes.TRANSFER_NAME_UNKNOWN, name=transfer_name, app_key=app_key, known=known
        )
    return [found[0]]


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


def _find_present(connection: Connection, migration_id: str, app_key: str) -> dict[str | None, str]:
    """Return the app's transfers that are under way or succeeded, by name; preloads aside."""
    rows = connection.execute(
        select(transfers.c.id, transfer_definitions.c.name)
        .outerjoin(transfer_definitions, transfer_definitions.c.transfer_id == transfers.c.id)
        .where(
            transfers.c.migration_id == migration_id,
            transfers.c.app_key == app_key,
            transfers.c.status.in_((*UNSETTLED, TransferStatus.SUCCESS)),
            transfer_definitions.c.is_preload.is_distinct_from(1),
        )
        .order_by(transfers.c.created_at)
    )
    return {row.name: row.id for row in rows}


def _check_moving(
    connection: Connection,
    services: Services,
    move: Any,
    app_key: str,
    *,
    needs_core: bool = True,
) -> Moving:
    """Return what transfers of the app are made of, or refuse."""
    _lock_consent(connection, move, app_key)
    agreed = check_start(
        connection,
        app_key=app_key,
        server_id=move.server_id,
        site_id=move.site_id,
        clock=services.clock,
    )
    listener = connection.execute(
        select(listeners.c.id, listeners.c.declaration).where(
            listeners.c.server_id == move.server_id, listeners.c.app_key == app_key
        )
    ).first()
    declaration = None if listener is None else Declaration.model_validate(listener.declaration)
    destination = find_destination(connection, move.site_id, app_key, declaration)
    if listener is None or declaration is None:
        raise Refusal(error_codes.LISTENER_MISSING, app_key=app_key)
    if needs_core and move.core_status not in APPS_MAY_MOVE:
        raise Refusal(error_codes.CORE_NOT_DONE, status=move.core_status)
    return Moving(
        migration_id=move.id,
        app_key=app_key,
        listener_id=listener.id,
        declaration=declaration,
        destination=destination,
        agreed=agreed,
    )


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
