"""Transfers under way: reported on, settled exactly once, cancelled.

Whoever moves a transfer locks it, asks the state machine, and writes on the condition that the
state is still that one; events, the end of clocks and of the listener's work commit with it.
Source: docs/reference/transfers.md; wire contract, 1.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from portway_platform import error_codes
from portway_platform.app_data.rules import CLEARING, CLEARING_AFTER
from portway_platform.events.service import emit
from portway_platform.forge.activity import CLOCK, find_row, update_percent, wake
from portway_platform.ledger.telling import cancellation_requested, transfer_settled
from portway_platform.listeners.work import drop_work_of_transfer
from portway_platform.migrations.tables import migrations
from portway_platform.services import Services
from portway_platform.sites.tables import pairs
from portway_platform.transfers.machine import SIGNAL_OF, Signal, next_status
from portway_platform.transfers.rules import UNSETTLED, Reason, SettledBy, decide_overdue
from portway_platform.transfers.tables import transfers
from portway_platform.work.service import DueWork, cancel, schedule
from portway_platform.work.worker import Handler
from portway_scopes import RefusalReason, TransferStatus, is_settled
from portway_sdk.wire import EventType, ForgeEventType, ListenerError, ProgressReport
from portway_service.errors import Refusal

DEADLINE = "transfer-deadline"
"""The kind of due work that settles a transfer nobody settled."""

DEPENDENTS = "transfer-dependents"
"""The kind of due work that goes on with transfers which waited for one that has settled."""

# Finding


def get_transfer_row(connection: Connection, transfer_id: str) -> Row[Any]:
    """Return a transfer's row for an admin, or refuse."""
    row = connection.execute(select(transfers).where(transfers.c.id == transfer_id)).first()
    if row is None:
        raise Refusal(error_codes.TRANSFER_NOT_FOUND, transfer_id=transfer_id)
    return row


def find_status(connection: Connection, transfer_id: str) -> TransferStatus | None:
    """Return where a transfer stands, or None when there is none."""
    status = connection.execute(
        select(transfers.c.status).where(transfers.c.id == transfer_id)
    ).scalar()
    return None if status is None else TransferStatus(status)


def lock_transfer(connection: Connection, transfer_id: str) -> None:
    """Have everybody else who changes the transfer wait until this transaction ends.

    Whoever changes a transfer and its listener's work locks the transfer first.
    """
    connection.execute(
        select(transfers.c.id).where(transfers.c.id == transfer_id).with_for_update()
    )


# Progress and settlement


def report_progress(services: Services, transfer_id: str, report: ProgressReport) -> bool:
    """Take what a cloud app says about its transfer; a settling status settles it.

    A report with a lower percent than one before leaves no trace; tells whether it was taken.

    Raises:
        Refusal: `transfer_settled`.
    """
    with services.database.write() as connection:
        lock_unsettled(connection, transfer_id)
        row = get_transfer_row(connection, transfer_id)
        if report.percent is not None and report.percent < row.percent:
            return False
        values: dict[str, Any] = {}
        if report.percent is not None:
            values["percent"] = report.percent
        if report.message is not None:
            values["message"] = report.message
        if report.status is TransferStatus.SUCCESS:
            values["percent"] = 100
        signal = SIGNAL_OF[report.status]
        if not _follow(
            connection, services, transfer_id, signal, by=SettledBy.CLOUD_APP, values=values
        ):
            raise Refusal(
                error_codes.TRANSFER_NOT_RUNNING, transfer_id=transfer_id, status=row.status
            )
    return True


def _change(
    connection: Connection,
    transfer_id: str,
    values: Mapping[str, Any],
    *,
    conditions: list[Any] | None = None,
) -> bool:
    """Change a transfer that has not settled; tell whether it was changed."""
    # A report without news still finds out whether the transfer has settled.
    result = connection.execute(
        update(transfers)
        .where(
            transfers.c.id == transfer_id, transfers.c.status.in_(UNSETTLED), *(conditions or [])
        )
        .values(**(values or {"percent": transfers.c.percent}))
    )
    return result.rowcount == 1


def _follow(
    connection: Connection,
    services: Services,
    transfer_id: str,
    signal: Signal,
    *,
    by: SettledBy,
    reason: Reason | None = None,
    values: Mapping[str, Any] | None = None,
) -> TransferStatus | None:
    """Take a transfer where a signal leads, with everything that follows.

    Returns:
        Where it is now; None when the signal means nothing in its state, and nothing was changed.
    """
    lock_transfer(connection, transfer_id)
    status = find_status(connection, transfer_id)
    new = None if status is None else next_status(status, signal)
    if status is None or new is None:
        return None
    now = services.clock.now()
    ends = {"settled_by": by, "settled_at": now, "reason": reason} if is_settled(new) else {}
    changed = {**(values or {}), **ends, "status": new}
    if not _change(connection, transfer_id, changed, conditions=[transfers.c.status == status]):
        return None
    if is_settled(new):
        for kind in (DEADLINE, CLOCK):
            cancel(connection, kind, transfer_id)
        drop_work_of_transfer(connection, transfer_id)
        schedule(connection, CLEARING, transfer_id, now + CLEARING_AFTER)
        schedule(connection, DEPENDENTS, transfer_id, now)
        emit(connection, services, transfer_id, EventType.TRANSFER_SETTLED, transferStatus=new)
        services.ledger.note(
            connection, transfer_settled(_get_owner(connection, transfer_id), new, by, reason)
        )
    return new


def begin_transfer(connection: Connection, services: Services, transfer_id: str) -> bool:
    """Take a transfer that waited for others from READY on; tell whether it was this call."""
    signal = Signal.START
    new = _follow(connection, services, transfer_id, signal, by=SettledBy.PLATFORM)
    return new is TransferStatus.IN_PROGRESS


def skip_transfer(connection: Connection, services: Services, transfer_id: str) -> None:
    """Settle a transfer that waited for one which did not succeed."""
    _follow(
        connection,
        services,
        transfer_id,
        Signal.SKIP,
        by=SettledBy.PLATFORM,
        reason=Reason.DEPENDENCY_NOT_MET,
    )


def settle_by_platform(
    connection: Connection,
    services: Services,
    transfer_id: str,
    status: TransferStatus,
    reason: Reason | None,
) -> None:
    """Settle a transfer to a Forge app."""
    values = {"percent": 100} if status is TransferStatus.SUCCESS else {}
    _follow(
        connection,
        services,
        transfer_id,
        SIGNAL_OF[status],
        by=SettledBy.PLATFORM,
        reason=reason,
        values=values,
    )


def lock_unsettled(connection: Connection, transfer_id: str) -> None:
    """Lock a transfer; refuse with `transfer_settled` when it has settled."""
    lock_transfer(connection, transfer_id)
    _refuse_settled(connection, transfer_id)


def _get_owner(connection: Connection, transfer_id: str) -> tuple[str, str]:
    """Return the transfer with its app, as the ledger names them."""
    query = select(transfers.c.app_key).where(transfers.c.id == transfer_id)
    return transfer_id, connection.execute(query).scalar_one()


def _refuse_settled(connection: Connection, transfer_id: str) -> None:
    status = find_status(connection, transfer_id)
    if status is None or is_settled(status):
        raise Refusal(error_codes.REFUSALS[RefusalReason.TRANSFER_SETTLED], transfer_id=transfer_id)


def request_cancellation(
    connection: Connection, services: Services, transfer_id: str, *, at_once: bool = False
) -> None:
    """Ask both sides to stop. The cloud app has an hour to settle; then the platform does.

    Raises:
        Refusal: `transfer_not_running`; `cancellation_too_early` in the first half hour, unless
            `at_once`.
    """
    lock_transfer(connection, transfer_id)
    row = get_transfer_row(connection, transfer_id)
    status = TransferStatus(row.status)
    if next_status(status, Signal.CANCEL) is None:
        raise Refusal(error_codes.TRANSFER_NOT_RUNNING, transfer_id=transfer_id, status=row.status)
    if status is TransferStatus.CANCELLATION_REQUESTED:
        return
    now = services.clock.now()
    earliest = row.created_at + services.settings.cancellation_from
    if status is TransferStatus.IN_PROGRESS and now < earliest and not at_once:
        raise Refusal(
            error_codes.CANCELLATION_TOO_EARLY,
            transfer_id=transfer_id,
            earliest=earliest.isoformat(timespec="seconds"),
        )
    due_at = now + services.settings.cancellation_grace
    new = _follow(
        connection,
        services,
        transfer_id,
        Signal.CANCEL,
        by=SettledBy.ADMIN,
        reason=Reason.CANCELLED_BY_ADMIN,
        values={"due_at": due_at, "reason": Reason.CANCELLED_BY_ADMIN},
    )
    if new is not TransferStatus.CANCELLATION_REQUESTED:
        return
    schedule(connection, DEADLINE, transfer_id, due_at)
    drop_work_of_transfer(connection, transfer_id, only_waiting=True)
    emit(connection, services, transfer_id, EventType.TRANSFER_CANCELLATION_REQUESTED)
    wake(connection, services, transfer_id)
    owner = _get_owner(connection, transfer_id)
    services.ledger.note(connection, cancellation_requested(owner))


def cancel_for_withdrawn_consent(
    connection: Connection, services: Services, app_key: str, server_id: str, site_id: str
) -> list[str]:
    """End the app's running transfers from the server to the site; return their ids.

    Called in the transaction that withdraws the consent: from its commit on, nothing is read,
    stored or sent any more.
    """
    open_ids = connection.execute(
        select(transfers.c.id)
        .join(migrations, migrations.c.id == transfers.c.migration_id)
        .join(pairs, pairs.c.id == migrations.c.pair_id)
        .where(
            transfers.c.app_key == app_key,
            transfers.c.status.in_(UNSETTLED),
            pairs.c.server_id == server_id,
            pairs.c.site_id == site_id,
        )
        .order_by(transfers.c.id)
    )
    return [
        transfer_id
        for transfer_id in open_ids.scalars().all()
        if _follow(
            connection,
            services,
            transfer_id,
            Signal.WITHDRAW,
            by=SettledBy.ADMIN,
            reason=Reason.CONSENT_WITHDRAWN,
        )
    ]


def deadline_handler(services: Services) -> Handler:
    """Return the handler of transfers' clocks: 14 days, and an hour after a cancellation."""

    def handle(connection: Connection, work: DueWork) -> datetime | None:
        transfer_id = work.subject_id
        row = connection.execute(
            select(transfers.c.status, transfers.c.due_at)
            .where(transfers.c.id == transfer_id)
            .with_for_update()
        ).one()
        ending = decide_overdue(TransferStatus(row.status))
        if ending is None:
            return None
        due_at: datetime = row.due_at
        if due_at > services.clock.now():
            return due_at
        _follow(
            connection,
            services,
            transfer_id,
            Signal.TIME_OUT,
            by=SettledBy.PLATFORM,
            reason=ending[1],
        )
        return None

    return handle


# What the two sides tell each other


def leave_feedback(services: Services, transfer_id: str, details: Mapping[str, Any]) -> None:
    """Keep what the cloud app leaves for its server app, in place of what it left before."""
    with services.database.write() as connection:
        if not _change(connection, transfer_id, {"feedback": dict(details)}):
            _refuse_settled(connection, transfer_id)


def find_feedback(connection: Connection, transfer_id: str) -> dict[str, Any] | None:
    """Return what the cloud app left, or None."""
    found: dict[str, Any] | None = connection.execute(
        select(transfers.c.feedback).where(transfers.c.id == transfer_id)
    ).scalar()
    return found


def record_listener_error(
    connection: Connection, services: Services, transfer_id: str, error: ListenerError
) -> None:
    """Keep how the listener failed and tell the cloud app, which may still settle the transfer."""
    told = error.to_wire()
    if _change(connection, transfer_id, {"error": told}):
        emit(connection, services, transfer_id, EventType.LISTENER_ERRORED, transferError=told)
        wake(connection, services, transfer_id)


def find_listener_error(connection: Connection, transfer_id: str) -> ListenerError | None:
    """Return how the listener failed, or None."""
    found = connection.execute(
        select(transfers.c.error).where(transfers.c.id == transfer_id)
    ).scalar()
    return None if found is None else ListenerError.model_validate(found)


def complete_export(services: Services, transfer_id: str) -> None:
    """Note that the listener has uploaded everything; the first time counts."""
    now = services.clock.now()
    with services.database.write() as connection:
        lock_unsettled(connection, transfer_id)
        is_first = [transfers.c.export_completed_at.is_(None)]
        if not _change(connection, transfer_id, {"export_completed_at": now}, conditions=is_first):
            return
        if find_row(connection, transfer_id) is None:
            # The contract of Connect has no such event.
            return
        update_percent(connection, transfer_id)
        emit(connection, services, transfer_id, ForgeEventType.EXPORT_COMPLETED)
        wake(connection, services, transfer_id)
