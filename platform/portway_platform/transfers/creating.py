"""Making a transfer, and setting it going once nothing is left to wait for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from portway_platform.events.service import emit
from portway_platform.forge.activity import begin as begin_forge
from portway_platform.ledger.telling import transfer_started
from portway_platform.listeners.work import put_work
from portway_platform.services import Services
from portway_platform.transfers.destination import Destination
from portway_platform.transfers.rules import decide_dependent
from portway_platform.transfers.service import DEADLINE, begin_transfer, skip_transfer
from portway_platform.transfers.tables import transfer_definitions, transfers
from portway_platform.work.service import DueWork, schedule
from portway_platform.work.worker import Handler
from portway_scopes import ConsentRecord, TransferStatus
from portway_sdk.wire import Declaration, EventType, TransferDefinition, WorkKind

ONLY = None
"""The definition of the one transfer of an app that declares none."""


@dataclass(frozen=True)
class Moving:
    """An app in a migration, with everything its transfers are made of."""

    migration_id: str
    app_key: str
    listener_id: str
    declaration: Declaration
    destination: Destination
    agreed: ConsentRecord


@dataclass(frozen=True)
class Wanted:
    """Which of an app's transfers to make."""

    definition: TransferDefinition | None
    is_preload: bool = False
    rerun_of: str | None = None


def create_transfer(
    connection: Connection, services: Services, moving: Moving, wanted: Wanted
) -> str:
    """Make a transfer and set it going, unless it has to wait for others; return its id."""
    now = services.clock.now()
    transfer_id = services.ids.uuid()
    due_at = now + services.settings.transfer_life
    connection.execute(
        insert(transfers).values(
            id=transfer_id,
            migration_id=moving.migration_id,
            app_key=moving.app_key,
            installation_id=moving.destination.installation_id,
            listener_id=moving.listener_id,
            rerun_of=wanted.rerun_of,
            status=TransferStatus.READY,
            percent=0,
            created_at=now,
            due_at=due_at,
        )
    )
    _keep_definition(connection, transfer_id, wanted)
    if moving.destination.forge_installation_id is not None:
        begin_forge(connection, transfer_id, moving.destination.forge_installation_id)
    schedule(connection, DEADLINE, transfer_id, due_at)
    services.ledger.note(
        connection,
        transfer_started(
            (transfer_id, moving.app_key), moving.migration_id, moving.agreed, wanted.rerun_of
        ),
    )
    go_on(connection, services, transfer_id)
    return transfer_id


def dependents_handler(services: Services) -> Handler:
    """Return the handler that goes on with transfers which waited for one that has settled."""

    def handle(connection: Connection, work: DueWork) -> datetime | None:
        settled = connection.execute(
            select(transfers.c.migration_id, transfers.c.app_key).where(
                transfers.c.id == work.subject_id
            )
        ).one()
        waiting = connection.execute(
            select(transfers.c.id)
            .where(
                transfers.c.migration_id == settled.migration_id,
                transfers.c.app_key == settled.app_key,
                transfers.c.status == TransferStatus.READY,
            )
            .order_by(transfers.c.created_at, transfers.c.id)
        )
        for transfer_id in waiting.scalars().all():
            go_on(connection, services, transfer_id)
        return None

    return handle


def go_on(connection: Connection, services: Services, transfer_id: str) -> None:
    """Start a transfer in READY whose dependencies succeeded; skip it when one never will."""
    row = connection.execute(
        select(transfers, transfer_definitions.c.depends_on, transfer_definitions.c.is_preload)
        .outerjoin(transfer_definitions, transfer_definitions.c.transfer_id == transfers.c.id)
        .where(transfers.c.id == transfer_id)
    ).one()
    newest = _newest_by_name(connection, row.migration_id, row.app_key)
    needed = [newest.get(name) for name in row.depends_on or ()]
    verdict = decide_dependent(needed)
    if verdict is TransferStatus.SKIPPED:
        skip_transfer(connection, services, transfer_id)
    elif verdict is TransferStatus.IN_PROGRESS and begin_transfer(
        connection, services, transfer_id
    ):
        _set_going(connection, services, row)


def _set_going(connection: Connection, services: Services, row: Any) -> None:
    kind = WorkKind.RERUN_APP_MIGRATION if row.rerun_of else WorkKind.START_APP_MIGRATION
    put_work(
        connection,
        services,
        row.listener_id,
        WorkKind.PRELOAD_APP_DATA if row.is_preload else kind,
        transfer_id=row.id,
        payload={"originalTransferId": row.rerun_of},
    )
    emit(connection, services, row.id, EventType.LISTENER_TRIGGERED)


def _keep_definition(connection: Connection, transfer_id: str, wanted: Wanted) -> None:
    definition = wanted.definition
    if definition is None and not wanted.is_preload:
        return
    scopes = None if definition is None else definition.access_scopes
    connection.execute(
        insert(transfer_definitions).values(
            transfer_id=transfer_id,
            name=None if definition is None else definition.transfer_name,
            scopes=None if scopes is None else sorted(scopes),
            tags=list(definition.tags) if definition else [],
            depends_on=list(definition.depends_on) if definition else [],
            is_blocking=int(definition.blocking if definition else not wanted.is_preload),
            is_preload=int(wanted.is_preload),
        )
    )


def _newest_by_name(
    connection: Connection, migration_id: str, app_key: str
) -> dict[str, TransferStatus]:
    """Return where the newest transfer of each name stands."""
    rows = connection.execute(
        select(transfer_definitions.c.name, transfers.c.status)
        .join(transfers, transfers.c.id == transfer_definitions.c.transfer_id)
        .where(
            transfers.c.migration_id == migration_id,
            transfers.c.app_key == app_key,
            transfer_definitions.c.name.is_not(None),
        )
        .order_by(transfers.c.created_at, transfers.c.id)
    )
    return {row.name: TransferStatus(row.status) for row in rows}
