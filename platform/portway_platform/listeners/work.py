"""Work for a listener: put, handed out under a lease, taken back, ended.

A listener waits for work; whoever puts some announces it to the threads of this process, the
others look twice a second. Source: docs/reference/gateway-api.md#work
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from portway_platform.forge.activity import note_listener_at_work
from portway_platform.listeners.rules import OPEN, WorkStatus
from portway_platform.listeners.tables import listener_work
from portway_platform.services import Services
from portway_platform.work.service import cancel, schedule
from portway_sdk.wire import WorkKind
from portway_service.database import announce

LEASE = "listener-lease"
"""The kind of due work that takes work back from a listener that fell silent."""

_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Handout:
    """Work as it was just leased to its listener."""

    work_id: str
    kind: WorkKind
    attempt: int
    transfer_id: str | None
    payload: Mapping[str, Any]


def put_work(
    connection: Connection,
    services: Services,
    listener_id: str,
    kind: WorkKind,
    *,
    transfer_id: str | None = None,
    check_run_id: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> str:
    """Have a listener called, once the transaction has committed; return the work's id."""
    work_id = services.ids.uuid()
    connection.execute(
        listener_work.insert().values(
            id=work_id,
            listener_id=listener_id,
            kind=kind,
            transfer_id=transfer_id,
            check_run_id=check_run_id,
            payload=dict(payload or {}),
            status=WorkStatus.WAITING,
            attempt=0,
            created_at=services.clock.now(),
        )
    )
    announce(connection, topic_of(listener_id))
    return work_id


def wait_for_work(
    services: Services, listener_id: str, wait_seconds: float, *, is_gone: Callable[[], bool]
) -> Handout | None:
    """Return the listener's next work, as soon as there is some; None when there was none.

    A caller that is gone gets nothing: work leased to it would wait for the lease's end, while
    the process that took its place stands by. Between two looks no transaction is open.
    """
    announcements = services.database.announcements
    topic = topic_of(listener_id)
    until = time.monotonic() + wait_seconds
    while True:
        seen = announcements.count(topic)
        found = None if is_gone() else lease_next(services, listener_id)
        left = until - time.monotonic()
        if found is not None or left <= 0 or announcements.closed:
            return found
        announcements.wait(topic, seen=seen, timeout_seconds=min(_LOOK_SECONDS, left))


def lease_next(services: Services, listener_id: str) -> Handout | None:
    """Lease the oldest work that waits for the listener, or return None."""
    is_waiting = (
        listener_work.c.listener_id == listener_id,
        listener_work.c.status == WorkStatus.WAITING,
    )
    with services.database.read() as connection:
        if (
            connection.execute(select(listener_work.c.id).where(*is_waiting).limit(1)).first()
            is None
        ):
            return None
    with services.database.write() as connection:
        row = connection.execute(
            select(listener_work)
            .where(*is_waiting)
            .order_by(listener_work.c.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        lease_until = _lease_end(services)
        connection.execute(
            update(listener_work)
            .where(listener_work.c.id == row.id)
            .values(status=WorkStatus.LEASED, attempt=row.attempt + 1, lease_until=lease_until)
        )
        schedule(connection, LEASE, row.id, lease_until)
        if row.transfer_id is not None:
            note_listener_at_work(connection, services, row.transfer_id)
    return Handout(
        work_id=row.id,
        kind=WorkKind(row.kind),
        attempt=row.attempt + 1,
        transfer_id=row.transfer_id,
        payload=row.payload,
    )


def find_work(
    connection: Connection, work_id: str, *, listener_id: str | None = None
) -> Row[Any] | None:
    """Return a piece of work and lock it, or None; with a listener, only one of its own."""
    query = select(listener_work).where(listener_work.c.id == work_id).with_for_update()
    if listener_id is not None:
        query = query.where(listener_work.c.listener_id == listener_id)
    return connection.execute(query).first()


def renew_lease(connection: Connection, services: Services, work_id: str) -> None:
    """Let the listener keep the work it holds."""
    lease_until = _lease_end(services)
    connection.execute(
        update(listener_work).where(listener_work.c.id == work_id).values(lease_until=lease_until)
    )
    schedule(connection, LEASE, work_id, lease_until)


def take_back(connection: Connection, row: Row[Any]) -> None:
    """Let work wait again whose listener fell silent."""
    connection.execute(
        update(listener_work)
        .where(listener_work.c.id == row.id)
        .values(status=WorkStatus.WAITING, lease_until=None)
    )
    announce(connection, topic_of(row.listener_id))


def end_work(
    connection: Connection,
    work_id: str,
    status: WorkStatus,
    result: Mapping[str, Any] | None = None,
) -> None:
    """Note how a piece of work ended."""
    connection.execute(
        update(listener_work)
        .where(listener_work.c.id == work_id)
        .values(status=status, lease_until=None, result=result)
    )
    cancel(connection, LEASE, work_id)


def drop_work_of_transfer(
    connection: Connection, transfer_id: str, *, only_waiting: bool = False
) -> None:
    """Call the listener no more for a transfer; one that is at work learns it by its heartbeat."""
    statuses = (WorkStatus.WAITING,) if only_waiting else OPEN
    rows = connection.execute(
        select(listener_work.c.id)
        .where(listener_work.c.transfer_id == transfer_id, listener_work.c.status.in_(statuses))
        .with_for_update()
    )
    for work_id in rows.scalars().all():
        end_work(connection, work_id, WorkStatus.DROPPED)


def topic_of(listener_id: str) -> str:
    """Return what is announced when work was put for a listener."""
    return f"listener:{listener_id}"


def _lease_end(services: Services) -> datetime:
    return services.clock.now() + timedelta(seconds=services.settings.lease_seconds)
