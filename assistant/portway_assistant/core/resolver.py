"""Where what bodies refer to is at the destination, told from the export and from its ids."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache

from portway_assistant.core.destination_ids import DestinationIds
from portway_assistant.core.rewriting.references import Kind, Target, UserBy
from portway_assistant.exports.reference_queries import Place
from portway_assistant.exports.work_store import WorkStore
from portway_service.folding import fold

NOT_KNOWN_YET = "0"
"""Stands for an id while ids are collected; what is written with it is thrown away."""

REMEMBERED = 20_000
"""Answers of the export kept in memory, of each kind of question."""


@dataclass(frozen=True)
class Whereabouts:
    """What is decided about the spaces and titles of an export.

    Attributes:
        space_ids: Folded key to id, of every space of the export.
        old_keys: Id to key at the source.
        keys: Space id to the key at the destination, of spaces that move or are there.
        moving: Ids of the spaces that move.
        at_site: Folded keys of the spaces the destination has.
        titles: Space id and title to the title a page gets, of pages that are renamed.
    """

    space_ids: Mapping[str, str] = field(default_factory=dict)
    old_keys: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    moving: Set[str] = frozenset()
    at_site: Set[str] = frozenset()
    titles: Mapping[tuple[str, str], str] = field(default_factory=dict)


class ExportResolver:
    """Resolves from an export.

    While `collecting`, it notes which ids are needed, and finds everything.
    """

    def __init__(self, store: WorkStore, ids: DestinationIds, whereabouts: Whereabouts) -> None:
        self._ids = ids
        self._where = whereabouts
        self.collecting = False
        self._get_id = lru_cache(REMEMBERED)(ids.get)
        self._find_person = lru_cache(REMEMBERED)(store.find_person)
        self._find_place = lru_cache(REMEMBERED)(store.find_place)
        self._find_titled = lru_cache(REMEMBERED)(store.find_titled)

    def account_id(self, by: UserBy, value: str) -> str | None:
        """Return somebody's account at the destination."""
        key = self._find_person(by.value, value)
        return None if key is None else self._id_of(f"user/{key}", reserve=False)

    def content(self, content_id: str) -> Target | None:
        """Return what has this id at the source."""
        place = self._find_place(content_id)
        if place is None:
            return self._elsewhere(content_id)
        return self._target(place)

    def titled(self, kind: Kind, space_key: str, title: str) -> Target | None:
        """Return a page or blog post by its title."""
        space_id = self._where.space_ids.get(fold(space_key))
        place = space_id and self._find_titled(space_id, kind.value, title)
        return self._target(place) if place else None

    def has(self, kind: Kind, space_key: str, title: str) -> bool:
        """Tell whether a page or blog post of this title will be at the destination."""
        if self.collecting:
            return True
        space_id = self._where.space_ids.get(fold(space_key))
        if space_id is None or space_id not in self._where.keys:
            # A space of another export: what it holds nobody here knows.
            return fold(space_key) in self._where.at_site
        return self._find_titled(space_id, kind.value, title) is not None

    def new_title(self, space_key: str, title: str) -> str:
        """Return the title a page gets."""
        space_id = self._where.space_ids.get(fold(space_key), "")
        return self._where.titles.get((space_id, title), title)

    def new_key(self, space_key: str) -> str:
        """Return the key a space gets."""
        space_id = self._where.space_ids.get(fold(space_key))
        key = self._where.keys.get(space_id) if space_id else None
        # References are written in any case; only another key is another reference.
        return space_key if key is None or fold(key) == fold(space_key) else key

    def has_space(self, space_key: str) -> bool:
        """Tell whether a space of this key moves, or is at the destination already."""
        folded = fold(space_key)
        space_id = self._where.space_ids.get(folded)
        return space_id in self._where.keys if space_id else folded in self._where.at_site

    def _target(self, place: Place) -> Target | None:
        moves = place.space_id in self._where.moving
        content_id = self._id_of(f"{place.kind}/{place.id}", reserve=moves)
        container = None
        if place.container_id is not None:
            container = self.content(place.container_id)
            if container is None:
                return None
        if content_id is None:
            return None
        return Target(place.kind, content_id, self._where.keys.get(place.space_id), container)

    def _elsewhere(self, content_id: str) -> Target | None:
        """Return what another export brought: its kind is not known here, nor its space."""
        kinds = ("page", "blogPost")
        ids = {kind: self._id_of(f"{kind}/{content_id}", reserve=False) for kind in kinds}
        return next((Target(kind, found, None) for kind, found in ids.items() if found), None)

    def _id_of(self, source_key: str, *, reserve: bool) -> str | None:
        if self.collecting:
            self._ids.want(source_key, reserve=reserve)
            return NOT_KNOWN_YET
        return self._get_id(source_key)
