"""What a Forge transfer does by itself: percent, clocks, and how it ends.

The platform settles a Forge transfer; the app only acknowledges.
Source: docs/reference/forge-api.md; wire contract, 4.3.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from portway_platform.dialect.rules import ForgeTimer
from portway_platform.transfers.rules import Reason
from portway_scopes import TransferStatus

ATTEMPTS_LIMIT = 5
"""How often one event is sent at most (wire contract, 1.5)."""

FIRST_PAUSE = timedelta(seconds=5)
_GROWTH = 3.0


class MessageStatus(StrEnum):
    """What an app says about one event."""

    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


def app_ari(forge_app_id: str) -> str:
    """Return the resource name of a Forge app, as tokens carry it."""
    return f"ari:cloud:ecosystem::app/{forge_app_id}"


def installation_ari(forge_installation_id: str) -> str:
    """Return the resource name of an app's environment on a site."""
    return f"ari:cloud:ecosystem::installation/{forge_installation_id}"


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID in its 36-character form."""
    try:
        return len(text) == 36 and UUID(text) is not None
    except ValueError:
        return False


def find_case_twin(wanted: str, names: list[str]) -> str | None:
    """Return the environment whose name differs from the wanted one by case alone, or None."""
    return next((name for name in names if name != wanted and name == wanted.lower()), None)


# Retries


def next_attempt_at(attempts_made: int, *, now: datetime, chance: float) -> datetime | None:
    """Return when an event is sent again, or None after the fifth attempt.

    Args:
        attempts_made: Finished attempts, so it starts at 1.
        now: When the last one ended.
        chance: From 0 up to 1; moves the pause by up to a fifth.
    """
    if attempts_made >= ATTEMPTS_LIMIT:
        return None
    pause: timedelta = FIRST_PAUSE * _GROWTH ** (attempts_made - 1)
    return now + pause * (0.8 + 0.4 * chance)


# Acknowledgement and settlement


@dataclass(frozen=True)
class Counts:
    """How far a transfer is: files uploaded, and what the app said about them."""

    uploaded: int
    processed: int
    failed: int

    @property
    def open(self) -> int:
        """Files the app has not acknowledged yet."""
        return self.uploaded - self.processed - self.failed


@dataclass(frozen=True)
class ForgeState:
    """Everything that decides how a Forge transfer goes on."""

    status: TransferStatus
    counts: Counts
    export_completed: bool
    """The listener called `completeExport`."""
    listener_ended: bool
    """The listener has returned from its work."""
    listener_failed: bool


@dataclass(frozen=True)
class Ending:
    """How the platform settles a transfer."""

    status: TransferStatus
    reason: Reason | None


def after_acknowledgement(before: MessageStatus | None, said: MessageStatus) -> MessageStatus:
    """Return what stands after an app speaks of an event, perhaps again.

    What was processed stays processed; a failure may be made good by a later attempt.
    """
    return MessageStatus.SUCCESS if before is MessageStatus.SUCCESS else said


def find_percent(counts: Counts, *, export_completed: bool) -> int:
    """Return how far a transfer is, from 1 to 99.

    Before the end of the export nobody knows how much is to come: the share counts for half.
    """
    if counts.uploaded == 0:
        return 1
    share = (counts.uploaded - counts.open) / counts.uploaded
    return max(1, min(99, int(share * (99 if export_completed else 50))))


def decide_now(state: ForgeState) -> Ending | None:
    """Return how a transfer ends at this moment, or None when it goes on.

    It ends once the export is complete and every upload acknowledged. An export without a single
    upload waits for the clock: its uploads may have been forgotten.
    """
    if state.counts.open or not state.counts.uploaded:
        return None
    if state.status is TransferStatus.CANCELLATION_REQUESTED:
        return _CANCELLED if state.export_completed or state.listener_ended else None
    return _outcome(state) if state.export_completed else None


def decide_at_timeout(state: ForgeState) -> Ending:
    """Return how a transfer ends whose 15 minutes have passed.

    Without `completeExport` the platform takes the export as complete then.
    """
    if state.status is TransferStatus.CANCELLATION_REQUESTED:
        return _CANCELLED
    if state.counts.open:
        return Ending(TransferStatus.TIMED_OUT, Reason.NOT_ACKNOWLEDGED_IN_TIME)
    if not state.counts.uploaded and not (state.export_completed or state.listener_ended):
        return Ending(TransferStatus.TIMED_OUT, Reason.NOTHING_UPLOADED_IN_TIME)
    return _outcome(state)


def find_timeout(
    timer: ForgeTimer,
    *,
    inactivity: timedelta,
    active_at: datetime,
    uploaded_at: datetime,
    oldest_open_at: datetime | None,
) -> datetime:
    """Return when the clock of a transfer runs out.

    Args:
        timer: The dialect: one clock for the transfer, or one for each event.
        inactivity: How long it runs.
        active_at: The last upload or acknowledgement, or the start of the listener's work.
        uploaded_at: The last upload, or that start.
        oldest_open_at: When the oldest event was written that is not acknowledged; None when all
            are.
    """
    if timer == "shared":
        return active_at + inactivity
    return (uploaded_at if oldest_open_at is None else oldest_open_at) + inactivity


def _outcome(state: ForgeState) -> Ending:
    if state.counts.failed:
        return Ending(TransferStatus.FAILED, Reason.MESSAGES_FAILED)
    if state.listener_failed:
        return Ending(TransferStatus.FAILED, Reason.LISTENER_FAILED)
    return Ending(TransferStatus.SUCCESS, None)


_CANCELLED = Ending(TransferStatus.CANCELLED, Reason.CANCELLED_BY_ADMIN)
