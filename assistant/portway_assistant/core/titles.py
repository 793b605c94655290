"""Pages of one space that share a title, as the destination compares them: all but one are renamed.

The oldest keeps its title; the others get a number at its end, the first that is free: `Title (2)`.
Source: docs/reference/spaces.md#titles
"""

from collections.abc import Callable, Sequence

MAX_TITLE = 255
"""No Confluence keeps a longer one; what a damaged export holds beyond it is cut."""


def rename_titles(
    same: Sequence[tuple[str, str]], is_taken: Callable[[str], bool]
) -> dict[str, tuple[str, str]]:
    """Return, by id, old and new title of the pages that get another one.

    Args:
        same: Id and title of the pages that share a title, the oldest first.
        is_taken: Tells whether some page of the space has a title already, in any case.
    """
    renamed = {}
    number = 2
    for page_id, title in same[1:]:
        while is_taken(new := _numbered(title, number)):
            number += 1
        number += 1
        renamed[page_id] = (title, new)
    return renamed


def _numbered(title: str, number: int) -> str:
    ending = f" ({number})"
    return title[: MAX_TITLE - len(ending)].rstrip() + ending
