"""How the chosen spaces arrive at one destination: under which keys and titles, with which bodies.

Every item passes here on its way out, when it is sent and when it is proved.
Source: docs/reference/spaces.md, docs/reference/rewriting.md
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from portway_assistant.apps import CheckResult
from portway_assistant.clients import SiteClient
from portway_assistant.core.bodies import Bodies
from portway_assistant.core.broken_links import BrokenLinks
from portway_assistant.core.outgoing import OutgoingItem, Phase
from portway_assistant.core.people_source import PeopleSource
from portway_assistant.core.resolver import Whereabouts
from portway_assistant.core.space_checks import keys_check, titles_check
from portway_assistant.core.space_keys import (
    KEY_TAKEN,
    Decided,
    Fate,
    SiteSpace,
    decide_keys,
    personal_key,
)
from portway_assistant.core.titles import rename_titles
from portway_assistant.exports.records import Space
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.runs.settings import PlanSettings
from portway_service.folding import fold

Gap = tuple[str, str]


class Arrival:
    """The chosen spaces, as they arrive.

    Before it has met the destination, everything arrives as it is at the source.

    Args:
        store: The export, read and resolved.
        available: Every space the export is about.
        chosen: Those that move.
        people: Who moves; personal spaces follow their owners.
        settings: The choices of the plan.
    """

    def __init__(
        self,
        store: WorkStore,
        available: Sequence[Space],
        chosen: Sequence[Space],
        people: PeopleSource,
        settings: PlanSettings,
    ) -> None:
        self._store = store
        self._available = available
        self._chosen = chosen
        self._people = people
        self._settings = settings
        self._decided: list[Decided] = [Decided(space, space.key, Fate.MOVES) for space in chosen]
        self._left_out: dict[str, Gap] = {}
        self._new_titles: dict[str, tuple[str, str]] = {}
        self._bodies: Bodies | None = None
        self.broken = BrokenLinks()

    @property
    def spaces(self) -> list[Space]:
        """The chosen spaces with the keys they get, also those that are left out after all."""
        return [one.space for one in self._decided]

    @property
    def moving(self) -> list[Space]:
        """The chosen spaces that are not left out, with the keys they get."""
        return [space for space in self.spaces if space.id not in self._left_out]

    def keep_ids(self, source_keys: Iterable[str]) -> None:
        """Have ids kept for what is still to come, once the run has begun."""
        if self._bodies is not None:
            self._bodies.keep_ids(list(source_keys))

    def meet(self, site: SiteClient) -> None:
        """Learn what is at the destination, and decide keys and titles; writes nothing."""
        at_site = [SiteSpace(**space) for space in site.spaces()]
        keys = {f"space/{space.id}": space.id for space in self._available}
        ours = {
            keys[answer["sourceKey"]]: answer["id"]
            for answer in site.ids(list(keys), reserve=False)
            if answer["state"] == "here"
        }
        self._decided = decide_keys(
            self._chosen,
            at_site,
            ours=ours,
            personal_keys=self._personal_keys(site, ours),
            settings=self._settings,
        )
        self._left_out = {
            one.space.id: key_gap(one) for one in self._decided if one.fate is not Fate.MOVES
        }
        self._new_titles = {
            page_id: titles
            for space in self._chosen
            for same in self._store.same_titles(space.id)
            for page_id, titles in self._rename(space, same).items()
        }
        self._bodies = Bodies(
            self._store, site, self.broken, self._whereabouts(at_site, ours), self._settings
        )

    def begin(self, site_path: str) -> None:
        """Let ids be kept for what is about to move, from the first body on.

        Args:
            site_path: Path of the destination's base URL.
        """
        if self._bodies is not None:
            self._bodies.begin(site_path)

    def leave_out(self, source_keys: Iterable[str]) -> None:
        """Leave out spaces the destination refused, with everything in them."""
        refused = set(source_keys)
        for one in self._decided:
            if f"space/{one.space.id}" in refused:
                self._left_out[one.space.id] = key_gap(one)

    def checks(self) -> list[CheckResult]:
        """Return what is worth knowing about keys and titles before anything moves."""
        renamed = list(self._new_titles.values())
        return [keys_check(self._decided), titles_check(renamed)]

    def arriving(self, phase: Phase) -> Phase:
        """Return a phase whose items are as they arrive."""
        return replace(phase, items=lambda: map(self._arriving, phase.items()))

    def _arriving(self, item: OutgoingItem) -> OutgoingItem:
        if self._left_out and item.gap is None:
            gap = self._left_out.get(self._space_of(item) or "")
            if gap is not None:
                return replace(item, gap=gap)
        if self._new_titles and item.kind == "page":
            renamed = self._new_titles.get(item.source_key.removeprefix("page/"))
            if renamed is not None:
                item = replace(item, title=renamed[1], payload=item.payload | {"title": renamed[1]})
        if self._bodies is not None:
            self._bodies.rewrite(item, lambda: self._space_of(item))
        return item

    def _space_of(self, item: OutgoingItem) -> str | None:
        """Return the source's id of the space an item lies in."""
        if item.kind == "space":
            return item.source_key.removeprefix("space/")
        payload = item.payload
        space = payload.get("space")
        if space is not None:
            return str(space).removeprefix("space/")
        owner = payload.get("container") or payload.get("of")
        return self._store.find_space_of(owner) if owner else None

    def _rename(self, space: Space, same: Sequence[tuple[str, str]]) -> dict[str, tuple[str, str]]:
        return rename_titles(same, lambda title: self._store.has_title(space.id, title))

    def _personal_keys(self, site: SiteClient, ours: dict[str, str]) -> dict[str, str]:
        """Return the keys of personal spaces that are new there, by source id."""
        owners: dict[str, str] = {}
        for space in self._chosen:
            if space.key.startswith("~") and space.id not in ours:
                owner = self._find_owner(space.key[1:])
                if owner is not None:
                    owners[space.id] = f"user/{owner}"
        if not owners:
            return {}
        wanted = set(owners.values())
        asked = [
            {"sourceKey": item.source_key, "email": item.payload["email"]}
            for phase in self._people.phases()
            if phase.name == "users"
            for item in phase.items()
            if item.source_key in wanted
        ]
        accounts = {answer["sourceKey"]: answer["id"] for answer in site.ids(asked, reserve=False)}
        return {
            space_id: personal_key(accounts[owner])
            for space_id, owner in owners.items()
            if owner in accounts
        }

    def _find_owner(self, name: str) -> str | None:
        for attribute in ("username", "userkey", "account-id"):
            owner = self._store.find_person(attribute, name)
            if owner is not None:
                return owner
        return None

    def _whereabouts(self, at_site: Sequence[SiteSpace], ours: dict[str, str]) -> Whereabouts:
        by_id = {space.id: space.key for space in at_site}
        keys = {space_id: by_id[site_id] for space_id, site_id in ours.items() if site_id in by_id}
        moving = [one.space for one in self._decided if one.fate is Fate.MOVES]
        space_ids: dict[str, str] = {}
        for space in (*self._chosen, *self._available):
            space_ids.setdefault(fold(space.key), space.id)
        pages = self._new_titles
        titles: dict[tuple[str, str], str] = {}
        for space in moving:
            for same in self._store.same_titles(space.id):
                kept = {title for page_id, title in same if page_id not in pages}
                for page_id, title in same:
                    if page_id in pages and title not in kept:
                        titles.setdefault((space.id, title), pages[page_id][1])
        return Whereabouts(
            space_ids=space_ids,
            old_keys={space.id: space.key for space in self._available},
            keys=keys | {space.id: space.key for space in moving},
            moving={space.id for space in moving},
            at_site={fold(space.key) for space in at_site},
            titles=titles,
        )


def key_gap(one: Decided) -> Gap:
    """Return why a space, and what is in it, is left out."""
    holder = one.holder or "a space that was made meanwhile"
    return KEY_TAKEN, f"The key {one.space.key} of its space is taken at the destination: {holder}."
