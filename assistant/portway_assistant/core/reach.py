"""Who can still open what is restricted: found before anything moves, from the export alone.

Source: docs/reference/permissions.md#pages-nobody-can-reach
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from portway_assistant.exports.records import ContainerKind, ContentRestriction

Circle = frozenset[str] | None
"""Active people, by key; None when the export does not tell, and it may be anybody."""

ParentFinder = Callable[[str], str | None]
"""Tells the page above a page."""


@dataclass(frozen=True)
class Audience:
    """Who is active, and in which groups.

    Attributes:
        active: Keys of people who can sign in.
        members: Active members by folded group name; None when the export knows no groups.
        absent: Tells of a folded group name that the group does not arrive.
    """

    active: frozenset[str]
    members: Mapping[str, frozenset[str]] | None
    absent: Callable[[str], bool] = lambda _: False

    def circle(self, user_keys: Iterable[str], groups: Iterable[str]) -> Circle:
        """Return the active people in one set of people and groups."""
        found = self.active.intersection(user_keys)
        for group in groups:
            if self.absent(group):
                continue
            if self.members is None:
                return None
            found |= self.members.get(group, frozenset())
        return found


@dataclass
class Reach:
    """Works out who passes every view restriction of a page and of the pages above it."""

    audience: Audience
    sets: dict[tuple[str, str], list[Circle]] = field(default_factory=dict)

    def add(self, restriction: ContentRestriction, groups: Sequence[str]) -> None:
        """Take note of a restriction; `groups` are its groups by folded name."""
        if restriction.type == "view":
            place = (restriction.container_kind.value, restriction.container_id)
            circle = self.audience.circle(restriction.user_keys, groups)
            self.sets.setdefault(place, []).append(circle)

    def unreachable(self, above: ParentFinder) -> Iterator[tuple[str, str]]:
        """Yield kind and id of what is restricted and no active person can open."""
        for kind, content_id in self.sets:
            passing: Circle = None
            for circle in self._circles(kind, content_id, above):
                if circle is not None:
                    passing = circle if passing is None else passing & circle
            if passing is not None and not passing:
                yield kind, content_id

    def _circles(self, kind: str, content_id: str, above: ParentFinder) -> Iterator[Circle]:
        seen: set[str] = set()
        place: str | None = content_id
        while place is not None and place not in seen:
            seen.add(place)
            yield from self.sets.get((kind, place), ())
            place = above(place) if kind == ContainerKind.PAGE else None
