"""Transfers as an admin sees them: where each stands, what moved, whose move it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from portway_platform.app_data.rules import UploadStatus
from portway_platform.app_data.tables import app_data
from portway_platform.events.rules import DeliveryStatus
from portway_platform.events.tables import deliveries, events
from portway_platform.listeners.rules import WorkStatus, is_connected
from portway_platform.listeners.tables import listener_work, listeners
from portway_platform.migrations.service import get_migration
from portway_platform.services import Services
from portway_platform.transfers.messages import (
    EventCounts,
    ListenerOutput,
    NextStepOutput,
    TransferOutput,
    UploadCounts,
)
from portway_platform.transfers.parts import find_definitions, find_forge
from portway_platform.transfers.rules import ListenerState, find_next_step
from portway_platform.transfers.service import get_transfer_row
from portway_platform.transfers.starting import first_started_at
from portway_platform.transfers.tables import transfers
from portway_scopes import TransferStatus
from portway_sdk.wire import ListenerError


def get_transfer(connection: Connection, services: Services, transfer_id: str) -> TransferOutput:
    """Return one transfer, or refuse."""
    return _outputs(connection, services, [get_transfer_row(connection, transfer_id)])[0]


def list_transfers(
    connection: Connection, services: Services, migration_id: str
) -> list[TransferOutput]:
    """Return a migration's transfers, oldest first."""
    get_migration(connection, migration_id)
    rows = connection.execute(
        select(transfers)
        .where(transfers.c.migration_id == migration_id)
        .order_by(transfers.c.created_at, transfers.c.id)
    ).all()
    return _outputs(connection, services, rows)


def _outputs(
    connection: Connection, services: Services, rows: Sequence[Row[Any]]
) -> list[TransferOutput]:
    ids = [row.id for row in rows]
    uploads = _count_uploads(connection, ids)
    told = _count_events(connection, ids)
    listener_states = _find_listener_states(connection, services, ids)
    definitions = find_definitions(connection, ids)
    forge = find_forge(connection, ids)
    return [
        TransferOutput(
            transfer_id=row.id,
            migration_id=row.migration_id,
            app_key=row.app_key,
            status=TransferStatus(row.status),
            percent=row.percent,
            message=row.message,
            reason=row.reason,
            settled_by=row.settled_by,
            created_at=row.created_at,
            due_at=row.due_at,
            settled_at=row.settled_at,
            rerun_of=row.rerun_of,
            export_completed_at=row.export_completed_at,
            uploads=uploads.get(row.id, UploadCounts(count=0, bytes=0)),
            events=told.get(row.id, EventCounts(total=0, delivered=0, pending=0, given_up=0)),
            definition=definitions.get(row.id),
            forge=forge.get(row.id),
            listener=_listener_output(listener_states.get(row.id)),
            next=_next_step(connection, row, listener_states.get(row.id), is_forge=row.id in forge),
            feedback=row.feedback,
            error=None if row.error is None else ListenerError.model_validate(row.error),
        )
        for row in rows
    ]


def _count_uploads(connection: Connection, ids: Sequence[str]) -> dict[str, UploadCounts]:
    rows = connection.execute(
        select(app_data.c.transfer_id, func.count(), func.sum(app_data.c.size_bytes))
        .where(app_data.c.transfer_id.in_(ids), app_data.c.status == UploadStatus.STORED)
        .group_by(app_data.c.transfer_id)
    )
    return {
        transfer_id: UploadCounts(count=count, bytes=int(size or 0))
        for transfer_id, count, size in rows
    }


def _count_events(connection: Connection, ids: Sequence[str]) -> dict[str, EventCounts]:
    rows = connection.execute(
        select(events.c.transfer_id, deliveries.c.status, func.count())
        .join(deliveries, deliveries.c.event_id == events.c.id)
        .where(events.c.transfer_id.in_(ids))
        .group_by(events.c.transfer_id, deliveries.c.status)
    )
    found: dict[str, dict[str, int]] = {}
    for transfer_id, status, count in rows:
        found.setdefault(transfer_id, {})[status] = count
    return {
        transfer_id: EventCounts(
            total=sum(counts.values()),
            delivered=counts.get(DeliveryStatus.DELIVERED, 0),
            pending=counts.get(DeliveryStatus.PENDING, 0),
            given_up=counts.get(DeliveryStatus.GIVEN_UP, 0),
        )
        for transfer_id, counts in found.items()
    }


def _find_listener_states(
    connection: Connection, services: Services, ids: Sequence[str]
) -> dict[str, ListenerState]:
    now = services.clock.now()
    rows = connection.execute(
        select(
            listener_work.c.transfer_id,
            listener_work.c.status,
            listener_work.c.attempt,
            listener_work.c.result,
            listeners.c.last_seen_at,
        )
        .join(listeners, listeners.c.id == listener_work.c.listener_id)
        .where(listener_work.c.transfer_id.in_(ids))
    )
    return {
        row.transfer_id: ListenerState(
            status=WorkStatus(row.status),
            attempt=row.attempt,
            connected=is_connected(row.last_seen_at, now),
            exception_type=((row.result or {}).get("error") or {}).get("exceptionType"),
        )
        for row in rows
    }


def _listener_output(state: ListenerState | None) -> ListenerOutput | None:
    if state is None:
        return None
    return ListenerOutput(work=state.status, attempt=state.attempt, connected=state.connected)


def _next_step(
    connection: Connection, row: Row[Any], state: ListenerState | None, *, is_forge: bool
) -> NextStepOutput | None:
    step = find_next_step(
        TransferStatus(row.status),
        state,
        first_started_at=first_started_at(connection, row),
        is_forge=is_forge,
    )
    return None if step is None else NextStepOutput(party=step.party, action=step.action)
