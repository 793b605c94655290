"""The one place that settles Forge transfers: woken by activity, and once 15 minutes passed."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from portway_platform.dialect import service as dialects
from portway_platform.events.tables import events
from portway_platform.forge.activity import counts_of, find_row
from portway_platform.forge.events import UPLOADS
from portway_platform.forge.rules import (
    ForgeState,
    decide_at_timeout,
    decide_now,
    find_timeout,
)
from portway_platform.forge.tables import acknowledgements
from portway_platform.listeners.rules import WorkStatus
from portway_platform.listeners.tables import listener_work
from portway_platform.services import Services
from portway_platform.transfers.service import settle_by_platform
from portway_platform.transfers.tables import transfers
from portway_platform.work.service import DueWork
from portway_platform.work.worker import Handler
from portway_scopes import TransferStatus, is_settled


def clock_handler(services: Services) -> Handler:
    """Return the handler of Forge transfers' clocks."""

    def handle(connection: Connection, work: DueWork) -> datetime | None:
        transfer_id = work.subject_id
        row = connection.execute(
            select(transfers.c.status, transfers.c.export_completed_at)
            .where(transfers.c.id == transfer_id)
            .with_for_update()
        ).one()
        forge = find_row(connection, transfer_id)
        status = TransferStatus(row.status)
        if forge is None or is_settled(status):
            return None
        state = ForgeState(
            status=status,
            counts=counts_of(forge),
            export_completed=row.export_completed_at is not None,
            **_find_listener(connection, transfer_id),
        )
        ending = decide_now(state)
        if ending is None:
            if forge.active_at is None:
                # Nobody has taken up the work: the clock has not begun.
                return None
            timeout = _find_timeout(connection, services, transfer_id, forge)
            if timeout > services.clock.now():
                return timeout
            ending = decide_at_timeout(state)
        settle_by_platform(connection, services, transfer_id, ending.status, ending.reason)
        return None

    return handle


def _find_timeout(
    connection: Connection, services: Services, transfer_id: str, forge: object
) -> datetime:
    timer = dialects.for_transfer(connection, transfer_id).forge_timer
    return find_timeout(
        timer,
        inactivity=services.settings.forge_inactivity,
        active_at=forge.active_at,  # type: ignore[attr-defined]
        uploaded_at=forge.uploaded_at,  # type: ignore[attr-defined]
        oldest_open_at=None if timer == "shared" else _oldest_open_at(connection, transfer_id),
    )


def _oldest_open_at(connection: Connection, transfer_id: str) -> datetime | None:
    found: datetime | None = connection.execute(
        select(func.min(events.c.created_at))
        .outerjoin(acknowledgements, acknowledgements.c.message_id == events.c.id)
        .where(
            events.c.transfer_id == transfer_id,
            events.c.event_type.in_(UPLOADS),
            acknowledgements.c.message_id.is_(None),
        )
    ).scalar()
    return found


def _find_listener(connection: Connection, transfer_id: str) -> dict[str, bool]:
    statuses = set(
        connection.execute(
            select(listener_work.c.status).where(listener_work.c.transfer_id == transfer_id)
        ).scalars()
    )
    return {
        "listener_ended": bool(statuses) and not statuses & {WorkStatus.WAITING, WorkStatus.LEASED},
        "listener_failed": WorkStatus.FAILED in statuses,
    }
