"""Token buckets, kept as one instant each: when a bucket will be full again. Pure.

A bucket holds a minute's worth of tokens and fills evenly. Taking tokens moves the instant on; it
may not move more than a minute ahead of the present. Source: docs/reference/rate-limits.md
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

BUCKET_SPAN = timedelta(minutes=1)
"""How long an empty bucket takes to fill."""

DRAW_SPAN = timedelta(seconds=1)
"""How many tokens a process draws at once, as the time they take to come back."""


@dataclass(frozen=True)
class RateLimits:
    """Requests a minute that one app may send to one site, and that a site takes. None: any."""

    app_per_minute: int | None = 6_000
    site_per_minute: int | None = 12_000

    def __post_init__(self) -> None:
        limits = (self.app_per_minute, self.site_per_minute)
        if any(limit is not None and limit < 1 for limit in limits):
            raise ValueError("a limit is at least one request a minute, or None")


@dataclass(frozen=True)
class Drawn:
    """Tokens taken from a bucket."""

    count: int
    full_at: datetime
    """When the bucket will be full again."""


@dataclass(frozen=True)
class Empty:
    """There is no token in the bucket."""

    seconds: float
    """How long until there is one."""


def draw(full_at: datetime | None, *, per_minute: int, now: datetime) -> Drawn | Empty:
    """Take as many tokens as a process draws at once, or all there are, or find none.

    Args:
        full_at: When the bucket will be full; None for one nobody has drawn from.
        per_minute: How many tokens it holds, and gets in a minute.
    """
    interval = BUCKET_SPAN / per_minute
    start = now if full_at is None else max(full_at, now)
    there = math.floor((now + BUCKET_SPAN - start) / interval)
    if there < 1:
        return Empty((start + interval - BUCKET_SPAN - now).total_seconds())
    count = min(there, max(1, math.floor(DRAW_SPAN / interval)))
    return Drawn(count, start + interval * count)


def retry_after(seconds: float) -> str:
    """Return the value of a `Retry-After` header: whole seconds, never too few."""
    return str(max(1, math.ceil(seconds)))
