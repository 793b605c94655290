"""What a row is, and how the product and its floor take turns."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Measure = Callable[[], float]


class CannotMeasureError(Exception):
    """This machine lacks something a row needs; the text says what."""


@dataclass(frozen=True)
class Target:
    """One figure a row is held against."""

    what: str
    found: float
    wanted: float
    unit: str = ""
    at_most: bool = False
    """The smaller the better: memory, waiting time."""

    @property
    def met(self) -> bool:
        """Whether this run reached it."""
        return self.found <= self.wanted if self.at_most else self.found >= self.wanted


@dataclass(frozen=True)
class Row:
    """What one row found. `share` is the part of the floor's speed that the product reaches."""

    measured: float
    unit: str
    floor: float
    floor_unit: str
    floor_is: str
    share: float
    targets: Sequence[Target]
    notes: Sequence[str] = ()
    rounds: dict[str, list[float]] = field(default_factory=dict)
    """Every single measurement, in the order it was taken."""


def alternate(rounds: int, *measures: Measure, budget_seconds: float = 40.0) -> list[list[float]]:
    """Take each measurement in turn, `rounds` times; return the figures of each.

    Every other round goes backwards, so that nobody always comes first. No further round begins
    once the budget is spent, so that a slow machine ends too.
    """
    figures: list[list[float]] = [[] for _ in measures]
    ends_at = time.perf_counter() + budget_seconds
    for number in range(rounds):
        if number and time.perf_counter() > ends_at:
            break
        turns = list(zip(figures, measures, strict=True))
        for found, measure in turns if number % 2 == 0 else reversed(turns):
            found.append(measure())
    return figures


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]
