"""Versions of apps: which is newer, and which lie in a range.

Numbers decide first, missing ones count as zero. After them, `-beta` marks something before the
release (semantic versions, 11) and `.Final` something after it. Ranges look at the numbers only:
text after the number is ignored (wire contract, 7.3).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import total_ordering

VERSION_PATTERN = r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}([.-][0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?"

_SHAPE = re.compile(r"(?P<numbers>[0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(?P<rest>[.-].+)?")


@total_ordering
@dataclass(frozen=True)
class Version:
    """One version of an app, as it compares."""

    numbers: tuple[int, int, int, int]
    suffix: str
    """What follows the numbers, with the sign between; empty for a plain release."""

    def __lt__(self, other: "Version") -> bool:
        """Tell whether this version comes before `other`."""
        return (self.numbers, _suffix_order(self.suffix)) < (
            other.numbers,
            _suffix_order(other.suffix),
        )


@dataclass(frozen=True)
class Between:
    """A range of versions; both ends included, None is open."""

    start: str | None
    end: str | None


def parse_version(text: str) -> Version:
    """Return a version as it compares.

    Raises:
        ValueError: The text does not match `VERSION_PATTERN`.
    """
    shape = _SHAPE.fullmatch(text) if re.fullmatch(VERSION_PATTERN, text) else None
    if shape is None:
        raise ValueError("use a version such as 1.4.0 or 2.0.0-beta.1")
    numbers = [int(number) for number in shape["numbers"].split(".")]
    first, second, third, fourth = numbers + [0] * (4 - len(numbers))
    return Version((first, second, third, fourth), shape["rest"] or "")


def lies_between(version: str, ranges: Iterable[Between]) -> bool:
    """Tell whether the numbers of `version` lie in one of the ranges.

    A version nobody can read lies in open ranges only.
    """
    try:
        numbers = parse_version(version).numbers
    except ValueError:
        return any(part.start is None and part.end is None for part in ranges)
    return any(
        (part.start is None or parse_version(part.start).numbers <= numbers)
        and (part.end is None or numbers <= parse_version(part.end).numbers)
        for part in ranges
    )


def _suffix_order(suffix: str) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    """Order of what follows the numbers: `-beta`, then nothing, then `.Final`."""
    rank = {"": 0, "-": -1, ".": 1}[suffix[:1]]
    parts = re.split(r"[.-]", suffix[1:]) if suffix else []
    # Identifiers of digits compare as numbers and come before others (semantic versions, 11.4).
    return rank, tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
