"""When failed work is tried again, and how long a worker may sleep."""

from datetime import datetime, timedelta

POLL_SECONDS = 1.0
"""Longest sleep: work that another process scheduled is found within this time."""

_LONGEST_PAUSE = timedelta(minutes=5)


def next_try_at(attempts: int, now: datetime) -> datetime:
    """Return when work that raised is due again: 1 s, doubling, at most 5 minutes.

    `attempts` counts from 1.
    """
    return now + min(timedelta(seconds=2.0 ** min(attempts - 1, 20)), _LONGEST_PAUSE)


def sleep_seconds(next_due_at: datetime | None, now: datetime) -> float:
    """Return how long to sleep when nothing is due before `next_due_at`."""
    if next_due_at is None:
        return POLL_SECONDS
    return min(max((next_due_at - now).total_seconds(), 0.0), POLL_SECONDS)
