"""Time, waiting and chance as arguments, so that tests can turn all three by hand."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present instant by the machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Timing:
    """Where the time comes from and how to wait."""

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    """A number from 0 up to 1: the jitter of every wait."""


def jittered_delay(attempts_made: int, timing: Timing, *, first: float, longest: float) -> float:
    """Return seconds to wait: from nothing up to `first` doubled with each attempt ("full jitter").

    `attempts_made` counts finished attempts, so it starts at 1.
    """
    ceiling = min(longest, first * 2.0 ** min(attempts_made - 1, 30))
    return ceiling * timing.random()
