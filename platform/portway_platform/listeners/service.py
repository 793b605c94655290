"""What a listener does with the work it holds, and what happens when it falls silent.

Source: docs/reference/gateway-api.md#work
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from portway_platform import error_codes
from portway_platform.forge.activity import wake
from portway_platform.listeners.rules import (
    ATTEMPTS_LIMIT,
    OPEN,
    WorkStatus,
    lease_lost_error,
)
from portway_platform.listeners.tables import listener_work, listeners
from portway_platform.listeners.work import (
    Handout,
    end_work,
    find_work,
    renew_lease,
    take_back,
    wait_for_work,
)
from portway_platform.services import Services
from portway_platform.transfers.context import get_context
from portway_platform.transfers.service import (
    find_status,
    lock_transfer,
    record_listener_error,
)
from portway_platform.work.service import DueWork
from portway_platform.work.worker import Handler
from portway_scopes import TransferStatus
from portway_sdk.wire import CheckCall, Heartbeat, ListenerError, Work, WorkCompletion, WorkKind
from portway_service.endpoints import invalid_fields
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

_SEEN_ANEW_AFTER = timedelta(seconds=10)
"""How old the last sign of life may be before it is written again."""


def next_work(
    services: Services, listener_id: str, wait_seconds: float, *, is_gone: Callable[[], bool]
) -> Work | None:
    """Return the listener's next work, waiting for it if need be; None when there was none."""
    note_seen(services, listener_id)
    handout = wait_for_work(services, listener_id, wait_seconds, is_gone=is_gone)
    return None if handout is None else _as_work(services, handout)


def note_seen(services: Services, listener_id: str) -> None:
    """Note that the listener is running."""
    now = services.clock.now()
    with services.database.read() as connection:
        seen: datetime | None = connection.execute(
            select(listeners.c.last_seen_at).where(listeners.c.id == listener_id)
        ).scalar()
    if seen is not None and now - seen < _SEEN_ANEW_AFTER:
        return
    with services.database.write() as connection:
        connection.execute(
            update(listeners).where(listeners.c.id == listener_id).values(last_seen_at=now)
        )


def heartbeat(services: Services, listener_id: str, work_id: str, attempt: int | None) -> Heartbeat:
    """Renew the lease; say whether the admin wants the work to stop."""
    note_seen(services, listener_id)
    with services.database.write() as connection:
        row = _get_own_work(connection, listener_id, work_id)
        lease_seconds = services.settings.lease_seconds
        if row.status == WorkStatus.DROPPED:
            return Heartbeat(lease_seconds=lease_seconds, cancellation_requested=True)
        if row.status != WorkStatus.LEASED or attempt not in (None, row.attempt):
            raise Refusal(error_codes.WORK_LEASE_LOST, work_id=work_id)
        renew_lease(connection, services, work_id)
        status = None if row.transfer_id is None else find_status(connection, row.transfer_id)
        return Heartbeat(
            lease_seconds=lease_seconds,
            cancellation_requested=status not in (None, TransferStatus.IN_PROGRESS),
        )


def complete_work(
    services: Services,
    listener_id: str,
    work_id: str,
    completion: WorkCompletion,
    attempt: int | None,
) -> None:
    """Note that the listener is through with its work. That settles nothing."""
    with services.database.write() as connection:
        _lock_transfer_of_work(connection, work_id)
        row = _get_own_work(connection, listener_id, work_id)
        if row.status in (WorkStatus.DONE, WorkStatus.DROPPED):
            return
        if row.status not in OPEN or attempt not in (None, row.attempt):
            raise Refusal(error_codes.WORK_LEASE_LOST, work_id=work_id)
        result = None
        if row.kind == WorkKind.VENDOR_CHECK:
            if completion.check_result is None:
                problem = "a check is completed with its result"
                raise invalid_fields([{"field": "checkResult", "problem": problem}])
            result = {"checkResult": completion.check_result.to_wire()}
        end_work(connection, work_id, WorkStatus.DONE, result)
        if row.transfer_id is not None:
            wake(connection, services, row.transfer_id)


def fail_work(
    services: Services,
    listener_id: str,
    work_id: str,
    error: ListenerError,
    attempt: int | None,
) -> None:
    """Note that the listener failed; for a transfer, keep the error and tell the cloud app."""
    with services.database.write() as connection:
        _lock_transfer_of_work(connection, work_id)
        row = _get_own_work(connection, listener_id, work_id)
        if row.status in (WorkStatus.FAILED, WorkStatus.DROPPED):
            return
        if row.status not in OPEN or attempt not in (None, row.attempt):
            raise Refusal(error_codes.WORK_LEASE_LOST, work_id=work_id)
        _fail(connection, services, work_id, row.transfer_id, error)


def lease_handler(services: Services) -> Handler:
    """Return the handler of leases: what is held too long waits again, three times at most."""

    def handle(connection: Connection, work: DueWork) -> datetime | None:
        _lock_transfer_of_work(connection, work.subject_id)
        row = find_work(connection, work.subject_id)
        if row is None or row.status != WorkStatus.LEASED:
            return None
        lease_until: datetime = row.lease_until
        if lease_until > services.clock.now():
            return lease_until
        if row.transfer_id is not None and (
            find_status(connection, row.transfer_id) is not TransferStatus.IN_PROGRESS
        ):
            end_work(connection, row.id, WorkStatus.DROPPED)
        elif row.attempt >= ATTEMPTS_LIMIT:
            error = lease_lost_error(row.attempt)
            _fail(connection, services, row.id, row.transfer_id, error)
        else:
            take_back(connection, row)
        return None

    return handle


def _lock_transfer_of_work(connection: Connection, work_id: str) -> None:
    """Lock the transfer that a piece of work belongs to, if it does, before the work itself."""
    transfer_id = connection.execute(
        select(listener_work.c.transfer_id).where(listener_work.c.id == work_id)
    ).scalar()
    if transfer_id is not None:
        lock_transfer(connection, transfer_id)


def _fail(
    connection: Connection,
    services: Services,
    work_id: str,
    transfer_id: str | None,
    error: ListenerError,
) -> None:
    end_work(connection, work_id, WorkStatus.FAILED, {"error": error.to_wire()})
    if transfer_id is not None:
        record_listener_error(connection, services, transfer_id, error)


def _get_own_work(connection: Connection, listener_id: str, work_id: str) -> Row[Any]:
    row = find_work(connection, work_id, listener_id=listener_id)
    if row is None:
        raise Refusal(NOT_FOUND)
    return row


def _as_work(services: Services, handout: Handout) -> Work:
    check = handout.payload.get("check")
    details, name = None, None
    tags: tuple[str, ...] = ()
    if handout.transfer_id is not None:
        with services.database.read() as connection:
            context = get_context(connection, handout.transfer_id)
        details = context.details(services.settings.public_url)
        name, tags = context.transfer_name, tuple(context.transfer_tags or ())
    return Work(
        work_id=handout.work_id,
        kind=handout.kind,
        attempt=handout.attempt,
        lease_seconds=services.settings.lease_seconds,
        transfer_id=handout.transfer_id,
        original_transfer_id=handout.payload.get("originalTransferId"),
        transfer_name=name,
        tags=tags,
        migration_details=details,
        check=None if check is None else CheckCall.model_validate(check),
    )
