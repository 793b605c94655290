"""Counts requests against the limits of an app on a site, and of the site.

The buckets lie in the database, so every process counts against the same ones. A process draws a
second's worth of tokens at a time and hands them out from memory: one write for a hundred requests
at the usual limit. What it has drawn and not used when it ends is lost, never let through twice.
"""

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from portway_platform import error_codes
from portway_platform.rate_limits.rules import (
    BUCKET_SPAN,
    Drawn,
    Empty,
    RateLimits,
    draw,
    retry_after,
)
from portway_platform.rate_limits.tables import rate_buckets
from portway_service.clock import Clock
from portway_service.database import Database, insert_if_absent
from portway_service.errors import Refusal

_SUBJECTS_KEPT = 10_000


@dataclass
class _Purse:
    """Tokens a process has drawn and not handed out yet."""

    count: int
    until: datetime
    """After that they are no longer good: the bucket has filled up meanwhile."""


class RateLimiter:
    """Lets requests through, or refuses them with `rate_limited`."""

    def __init__(self, database: Database, clock: Clock, limits: RateLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._purses: dict[str, _Purse] = {}

    def count(self, side: str, app_key: str, site_id: str) -> None:
        """Count one request of one side of an app to a site.

        Args:
            side: `connect`, `forge`, `gateway` or `product`: a busy server app takes nothing from
                the cloud app it sends to, nor does one that writes pages.

        Raises:
            Refusal: `rate_limited`, with `Retry-After`.
        """
        for subject, per_minute in (
            (f"app {side} {site_id} {app_key}", self._limits.app_per_minute),
            (f"site {site_id}", self._limits.site_per_minute),
        ):
            if per_minute is not None:
                self._take(subject, per_minute)

    def _take(self, subject: str, per_minute: int) -> None:
        with self._lock:
            now = self._clock.now()
            purse = self._purses.get(subject)
            if purse is None or purse.count < 1 or purse.until <= now:
                purse = self._purses[subject] = self._fill(subject, per_minute, now)
            purse.count -= 1

    def _fill(self, subject: str, per_minute: int, now: datetime) -> _Purse:
        if len(self._purses) >= _SUBJECTS_KEPT:
            self._purses.clear()
        with self._database.write() as connection:
            drawn = _draw(connection, subject, per_minute, now)
        if isinstance(drawn, Empty):
            raise Refusal(
                error_codes.RATE_LIMITED, headers={"Retry-After": retry_after(drawn.seconds)}
            )
        return _Purse(drawn.count, now + BUCKET_SPAN)


def _draw(connection: Connection, subject: str, per_minute: int, now: datetime) -> Drawn | Empty:
    """Take tokens from the bucket in the database; other processes wait for their turn."""
    digest = hashlib.sha256(subject.encode()).hexdigest()
    insert_if_absent(connection, rate_buckets, {"subject": digest, "full_at": now})
    full_at = connection.execute(
        select(rate_buckets.c.full_at).where(rate_buckets.c.subject == digest).with_for_update()
    ).scalar_one()
    drawn = draw(full_at, per_minute=per_minute, now=now)
    if isinstance(drawn, Drawn):
        connection.execute(
            update(rate_buckets)
            .where(rate_buckets.c.subject == digest)
            .values(full_at=drawn.full_at)
        )
    return drawn
