"""What bodies refer to, and who knows where it is at the destination.

Source: docs/reference/rewriting.md
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class UserBy(StrEnum):
    """How a body names somebody: the attributes of `ri:user`."""

    KEY = "userkey"
    NAME = "username"
    ACCOUNT = "account-id"


class Kind(StrEnum):
    """What a reference leads to."""

    USER = "user"
    PAGE = "page"
    BLOG_POST = "blogPost"
    CONTENT = "content"
    """Something named by its id."""
    SPACE = "space"
    LINK = "link"
    """An address of the source."""


@dataclass(frozen=True, slots=True)
class Where:
    """The body at hand.

    Attributes:
        source_key: Of what the body belongs to, such as `page/200`.
        space_key: At the source; None for what belongs to no space.
    """

    source_key: str
    space_key: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """Something that moves: where it is at the destination.

    Attributes:
        kind: `page`, `blogPost`, `comment`, `attachment` or another kind that has an id.
        space_key: At the destination; None when nobody here knows it.
        container: What a comment or an attachment hangs on.
    """

    kind: str
    id: str
    space_key: str | None
    container: "Target | None" = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference that leads to nothing that moves; it stands as it was."""

    kind: Kind
    target: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A body as the destination gets it, and what of it could not be rewritten."""

    body: str
    unresolved: tuple[Unresolved, ...] = ()


class Resolver(Protocol):
    """Knows the destination. Keys, ids and titles given to it are those of the source."""

    def account_id(self, by: UserBy, value: str) -> str | None:
        """Return somebody's account at the destination."""
        ...

    def content(self, content_id: str) -> Target | None:
        """Return what has this id at the source."""
        ...

    def titled(self, kind: Kind, space_key: str, title: str) -> Target | None:
        """Return a page or blog post by its title."""
        ...

    def has(self, kind: Kind, space_key: str, title: str) -> bool:
        """Tell whether a page or blog post of this title will be at the destination."""
        ...

    def new_title(self, space_key: str, title: str) -> str:
        """Return the title a page gets; the same one unless it is renamed."""
        ...

    def new_key(self, space_key: str) -> str:
        """Return the key a space gets; the same one unless it is renamed."""
        ...

    def has_space(self, space_key: str) -> bool:
        """Tell whether a space of this key moves, or is at the destination already."""
        ...


class Findings:
    """Collects what a body refers to and nobody resolved, each once."""

    def __init__(self) -> None:
        self._found: dict[Unresolved, None] = {}

    def add(self, kind: Kind, target: str) -> None:
        """Note a reference that leads nowhere."""
        self._found[Unresolved(kind, target)] = None

    def all(self) -> tuple[Unresolved, ...]:
        """Return them in the order in which they were met."""
        return tuple(self._found)
