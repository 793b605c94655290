"""States of a transfer: which are final, and which may follow which.

Source: wire contract, sections 1.4 and 13.
"""

from enum import StrEnum


class TransferStatus(StrEnum):
    """Where one app's move stands. A transfer settles exactly once."""

    READY = "READY"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    INCOMPLETE = "INCOMPLETE"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    SKIPPED = "SKIPPED"
    CANCELLATION_REQUESTED = "CANCELLATION_REQUESTED"
    CANCELLED = "CANCELLED"


SETTLED = frozenset(
    {
        TransferStatus.SUCCESS,
        TransferStatus.INCOMPLETE,
        TransferStatus.FAILED,
        TransferStatus.TIMED_OUT,
        TransferStatus.SKIPPED,
        TransferStatus.CANCELLED,
    }
)
SETTLED_BY_CLOUD_APP = frozenset(
    {TransferStatus.SUCCESS, TransferStatus.INCOMPLETE, TransferStatus.FAILED}
)
RERUNNABLE = frozenset({TransferStatus.FAILED, TransferStatus.INCOMPLETE})

_FOLLOWING: dict[TransferStatus, frozenset[TransferStatus]] = {
    TransferStatus.READY: SETTLED
    | {TransferStatus.IN_PROGRESS, TransferStatus.CANCELLATION_REQUESTED},
    TransferStatus.IN_PROGRESS: (SETTLED - {TransferStatus.SKIPPED})
    | {TransferStatus.CANCELLATION_REQUESTED},
    TransferStatus.CANCELLATION_REQUESTED: SETTLED - {TransferStatus.SKIPPED},
}


def is_settled(status: TransferStatus) -> bool:
    """Tell whether nothing can follow `status`."""
    return status in SETTLED


def may_follow(status: TransferStatus, new: TransferStatus) -> bool:
    """Tell whether a transfer in `status` may go to `new`."""
    return new in _FOLLOWING.get(status, frozenset())
