"""Ids, dates and chance, all worked out from a number: nothing needs to be remembered.

A sample of any size is written in little memory because any object can name any other by
arithmetic alone.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import md5
from random import Random

_FIRST_ID = 98_305
_FIRST_DAY = datetime(2019, 3, 4, 8, 0)  # noqa: DTZ001 - exports hold local times
_MINUTES = 6 * 365 * 24 * 60


class Ids:
    """Blocks of ids, one a kind of object."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._first: dict[str, int] = {}
        at = _FIRST_ID
        for block, count in counts.items():
            self._first[block] = at
            at += count

    def __call__(self, block: str, number: int = 0) -> int:
        """Return the id of one object."""
        return self._first[block] + number


def chance_for(seed: int, block: str, number: int) -> Random:
    """Return the chance of one object: alike in every process and on every day."""
    return Random(f"{seed}/{block}/{number}")  # noqa: S311 - not for secrets


def user_key(seed: int, number: int) -> str:
    """Return a user key: 32 hex digits."""
    return md5(f"{seed}/user/{number}".encode(), usedforsecurity=False).hexdigest()


def date_of(number: int, *, after_days: int = 0) -> str:
    """Return a local time, as exports write it."""
    moment = _FIRST_DAY + timedelta(minutes=number * 7919 % _MINUTES, days=after_days)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{number % 1000:03}"


def tiny_link(page_id: int) -> str:
    """Return the last part of a page's tiny link `/x/...`.

    >>> tiny_link(98361)
    'OYAB'
    """
    raw = base64.b64encode(page_id.to_bytes(4, "little"), b"-_").decode()
    return raw.rstrip("=").rstrip("A")


def spread(count: int) -> range | list[int]:
    """Return the numbers below `count` in an order in which children often precede parents."""
    step = next((n for n in (7_919, 613, 97, 31, 7, 5, 3) if n < count and count % n), 1)
    return [number * step % count for number in range(count)] if count else range(0)
