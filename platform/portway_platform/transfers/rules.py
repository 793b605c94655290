"""What may happen to a transfer, and who has to do what next.

Source: wire contract, 1.4 to 1.7 and 3.4; docs/reference/connect-api.md#endpoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portway_platform.listeners.rules import WorkStatus
from portway_platform.transfers.machine import Signal, next_status
from portway_scopes import RERUNNABLE, TransferStatus, is_settled

RERUN_WITHIN = timedelta(days=12)
"""From the first attempt to the last moment of a re-run (wire contract, 1.5)."""

UNSETTLED = (
    TransferStatus.READY,
    TransferStatus.IN_PROGRESS,
    TransferStatus.CANCELLATION_REQUESTED,
)


class SettledBy(StrEnum):
    """Who brought a transfer to its end."""

    CLOUD_APP = "cloud-app"
    PLATFORM = "platform"
    ADMIN = "admin"


class Reason(StrEnum):
    """Why a transfer ended other than by its cloud app's word."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    CANCELLED_BY_ADMIN = "cancelled_by_admin"
    NOT_SETTLED_IN_TIME = "not_settled_in_time"
    NOT_ACKNOWLEDGED_IN_TIME = "not_acknowledged_in_time"
    NOTHING_UPLOADED_IN_TIME = "nothing_uploaded_in_time"
    MESSAGES_FAILED = "messages_failed"
    LISTENER_FAILED = "listener_failed"
    DEPENDENCY_NOT_MET = "dependency_not_met"


class Party(StrEnum):
    """Whose move it is."""

    ADMIN = "admin"
    LISTENER = "listener"
    CLOUD_APP = "cloud-app"


@dataclass(frozen=True)
class NextStep:
    """What has to happen for a transfer to go on: nothing hangs without a name on it."""

    party: Party
    action: str


@dataclass(frozen=True)
class ListenerState:
    """What is known of the listener's side of a transfer."""

    status: WorkStatus
    attempt: int
    connected: bool
    exception_type: str | None


def decide_overdue(status: TransferStatus) -> tuple[TransferStatus, Reason] | None:
    """Return how the platform settles a transfer whose time is over; None when it has settled."""
    new = next_status(status, Signal.TIME_OUT)
    if new is None:
        return None
    if new is TransferStatus.CANCELLED:
        return new, Reason.CANCELLED_BY_ADMIN
    return new, Reason.NOT_SETTLED_IN_TIME


def decide_dependent(needed: Sequence[TransferStatus | None]) -> TransferStatus:
    """Return where a transfer that waits for others goes, or READY while it has to wait.

    Args:
        needed: Where those it depends on stand; None for one that was not started yet.
    """
    if all(status is TransferStatus.SUCCESS for status in needed):
        return TransferStatus.IN_PROGRESS
    if any(
        status is not None and is_settled(status) and status is not TransferStatus.SUCCESS
        for status in needed
    ):
        return TransferStatus.SKIPPED
    return TransferStatus.READY


def find_rerun_fault(
    status: TransferStatus, *, first_started_at: datetime, now: datetime
) -> str | None:
    """Return why a transfer cannot be run again, or None when it can."""
    if status not in RERUNNABLE:
        return f"it is {status}; only FAILED and INCOMPLETE transfers can be run again"
    if now - first_started_at > RERUN_WITHIN:
        return f"its first attempt began more than {RERUN_WITHIN.days} days ago"
    return None


def find_next_step(
    status: TransferStatus,
    listener: ListenerState | None,
    *,
    first_started_at: datetime,
    is_forge: bool = False,
) -> NextStep | None:
    """Return whose move it is, or None when the transfer is over and done with."""
    if status in RERUNNABLE:
        until = (first_started_at + RERUN_WITHIN).date().isoformat()
        return NextStep(
            Party.ADMIN, f"Read what the app says, then run the transfer again, until {until}."
        )
    if status in (TransferStatus.TIMED_OUT, TransferStatus.CANCELLED, TransferStatus.SKIPPED):
        return NextStep(Party.ADMIN, "Start the transfer again when the app is ready for it.")
    if is_settled(status):
        return None
    if status is TransferStatus.READY:
        return NextStep(
            Party.ADMIN,
            "Wait: it starts by itself once the transfers it depends on have succeeded. Start those"
            " that were not started yet.",
        )
    if is_forge and (listener is None or listener.status is WorkStatus.DONE):
        return NextStep(
            Party.CLOUD_APP, "Acknowledge each upload; then the platform settles the transfer."
        )
    if status is TransferStatus.CANCELLATION_REQUESTED:
        return NextStep(
            Party.CLOUD_APP, "Stop and settle; otherwise the platform ends the transfer when due."
        )
    if listener is None:
        return NextStep(Party.CLOUD_APP, "Import what was uploaded, then settle the transfer.")
    return _find_listeners_step(listener)


def _find_listeners_step(listener: ListenerState) -> NextStep:
    if listener.status is WorkStatus.WAITING:
        if listener.connected:
            return NextStep(Party.LISTENER, "Take up the work; the listener is connected.")
        return NextStep(
            Party.ADMIN,
            "Start the server app: its listener is not connected, so nobody takes up the work.",
        )
    if listener.status is WorkStatus.LEASED:
        return NextStep(Party.LISTENER, "Export the app's data; the listener is at work.")
    if listener.status is WorkStatus.FAILED:
        return NextStep(
            Party.ADMIN,
            f"The listener failed ({listener.exception_type or 'no reason given'}) and is not"
            " called again. The cloud app may still settle the transfer. Ask the vendor, or cancel"
            " the transfer and start it again; otherwise the platform ends it when due.",
        )
    return NextStep(
        Party.CLOUD_APP,
        "Import what was uploaded, then settle the transfer; otherwise the platform ends it when"
        " due.",
    )
