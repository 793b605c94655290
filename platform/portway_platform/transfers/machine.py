r"""The life of a transfer: what can happen to it, and where that takes it. Pure.

```text
 READY ----start---> IN_PROGRESS ----cancel---> CANCELLATION_REQUESTED
   |                     |  \                        |
 skip, cancel            |   app or platform         |  app, or platform when the hour is over
   v                     v    settles                v
 SKIPPED, CANCELLED    SUCCESS, INCOMPLETE, FAILED, TIMED_OUT, CANCELLED
```

A transfer waits in READY for the transfers it depends on. Whatever settled stays as it is.
Source: docs/reference/transfers.md; wire contract, 1.4 and 13
"""

from collections.abc import Mapping
from enum import StrEnum

from portway_scopes import TransferStatus, is_settled

S = TransferStatus


class Signal(StrEnum):
    """What can happen to a transfer."""

    START = "the transfers it depends on succeeded"
    SKIP = "a transfer it depends on did not succeed"
    REPORT = "its cloud app reports progress"
    SUCCEED = "its cloud app, or the platform for a Forge app, says it succeeded"
    FALL_SHORT = "its cloud app says it is incomplete"
    FAIL = "its cloud app, or the platform for a Forge app, says it failed"
    CANCEL = "the admin cancels"
    STOPPED = "everything that was under way has ended after a cancellation"
    TIME_OUT = "its time is over"
    WITHDRAW = "the agreement is withdrawn"


_NEXT: Mapping[TransferStatus, Mapping[Signal, TransferStatus]] = {
    S.READY: {
        Signal.START: S.IN_PROGRESS,
        Signal.SKIP: S.SKIPPED,
        # Nobody is at work yet, so there is nothing to wait for.
        Signal.CANCEL: S.CANCELLED,
        Signal.TIME_OUT: S.TIMED_OUT,
        Signal.WITHDRAW: S.CANCELLED,
    },
    S.IN_PROGRESS: {
        Signal.REPORT: S.IN_PROGRESS,
        Signal.SUCCEED: S.SUCCESS,
        Signal.FALL_SHORT: S.INCOMPLETE,
        Signal.FAIL: S.FAILED,
        Signal.CANCEL: S.CANCELLATION_REQUESTED,
        Signal.TIME_OUT: S.TIMED_OUT,
        Signal.WITHDRAW: S.CANCELLED,
    },
    S.CANCELLATION_REQUESTED: {
        Signal.REPORT: S.CANCELLATION_REQUESTED,
        # An app that was done before it heard of the cancellation may still say how it ended.
        Signal.SUCCEED: S.SUCCESS,
        Signal.FALL_SHORT: S.INCOMPLETE,
        Signal.FAIL: S.FAILED,
        Signal.CANCEL: S.CANCELLATION_REQUESTED,
        Signal.STOPPED: S.CANCELLED,
        Signal.TIME_OUT: S.CANCELLED,
        Signal.WITHDRAW: S.CANCELLED,
    },
}

SIGNAL_OF = {
    S.IN_PROGRESS: Signal.REPORT,
    S.SUCCESS: Signal.SUCCEED,
    S.INCOMPLETE: Signal.FALL_SHORT,
    S.FAILED: Signal.FAIL,
    S.TIMED_OUT: Signal.TIME_OUT,
    S.CANCELLED: Signal.STOPPED,
}
"""What it means when the app or the platform names a state."""


def next_status(status: TransferStatus, signal: Signal) -> TransferStatus | None:
    """Return where a signal takes a transfer, or None where it means nothing any more."""
    if is_settled(status):
        return None
    return _NEXT[status].get(signal)
