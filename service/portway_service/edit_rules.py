"""What becomes of an item that changed at its source and was edited at the destination since.

Pure: the site decides by these rules when items arrive, and whoever forecasts it does so too.
Source: docs/reference/plans.md#edited-at-the-destination
"""

from datetime import datetime
from enum import StrEnum

BESIDE = "~source"
"""Ends the key of a copy that stands beside what was edited."""

MAX_TITLE = 255


class EditPolicy(StrEnum):
    """Who wins where both sides changed an item."""

    LEAVE = "leave"
    """The destination's stays, and is reported."""
    NEWER = "newer"
    SOURCE = "source"
    BOTH = "both"
    """The source's arrives beside it, under a title of its own."""


class Verdict(StrEnum):
    """What is done with the item."""

    LEAVE = "leave"
    OVERWRITE = "overwrite"
    BESIDE = "beside"


def decide_edited(
    policy: EditPolicy,
    *,
    changed_at: datetime | None,
    edited_at: datetime | None,
    can_stand_beside: bool,
) -> Verdict:
    """Return what becomes of an item that both sides changed.

    Args:
        changed_at: When the source changed it, if the source says so.
        edited_at: When it was edited at the destination, if that is kept.
        can_stand_beside: Whether two of its kind can be there at once. What cannot is left.
    """
    match policy:
        case EditPolicy.SOURCE:
            return Verdict.OVERWRITE
        case EditPolicy.NEWER if changed_at and edited_at and changed_at > edited_at:
            return Verdict.OVERWRITE
        case EditPolicy.BOTH if can_stand_beside:
            return Verdict.BESIDE
    return Verdict.LEAVE


def beside_key(source_key: str) -> str:
    """Return the key of the copy that stands beside an item."""
    return source_key + BESIDE


def is_beside(source_key: str) -> bool:
    """Tell whether a key is that of a copy."""
    return source_key.endswith(BESIDE)


def without_beside(source_key: str) -> str:
    """Return the key of the item that a copy stands beside; any other key is its own."""
    return source_key.removesuffix(BESIDE)


def beside_title(title: str, version: int, number: int) -> str:
    """Return the title of such a copy; `number` counts up from 1 while titles are taken."""
    ending = f" (source, version {version})" if number == 1 else f" (source, {version}.{number})"
    return title[: MAX_TITLE - len(ending)] + ending
