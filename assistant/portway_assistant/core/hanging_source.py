"""What hangs on the chosen spaces and their content, as the source of a run.

Older versions, templates, properties, restrictions, likes, watches and permissions: phase by
phase, after what they hang on.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from portway_assistant.core.access_items import (
    HELD_AS_ONE,
    NOT_OF_ALL_MERGED,
    Gap,
    restriction_item,
    space_permission_item,
)
from portway_assistant.core.files import measure
from portway_assistant.core.history_items import attachment_version_item, version_item
from portway_assistant.core.items import CONTAINER_MISSING
from portway_assistant.core.mark_items import (
    CARRIED,
    is_moved,
    like_item,
    property_item,
    template_item,
    watch_item,
)
from portway_assistant.core.outgoing import OutgoingItem, Phase
from portway_assistant.core.people_source import PeopleSource
from portway_assistant.exports.records import (
    ContentProperty,
    PageTemplate,
    Space,
    SpacePermission,
    SubjectKind,
)
from portway_assistant.exports.work_store import WorkStore


class HangingSource:
    """What hangs on the chosen spaces.

    Args:
        store: The export, read and resolved.
        spaces: The chosen spaces.
        people: The people who move, who may be fewer accounts than at the source.
        fileless: Gives the ids of attachments whose bytes the export lacks.
        unsent: Gives the source keys of what stays behind for that.
        pulse: Called between the parts of what takes long; it may raise to break off.
    """

    def __init__(
        self,
        store: WorkStore,
        spaces: Sequence[Space],
        people: PeopleSource,
        *,
        fileless: Callable[[], frozenset[str]],
        unsent: Callable[[], frozenset[str]],
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self._pulse = pulse
        self._store = store
        self._spaces = spaces
        self._people = people
        self._fileless = fileless
        self._unsent = unsent

    def versions(self) -> Phase:
        """Return the phase of older versions of pages and blog posts."""
        total = sum(self._store.count_versions(space.id) for space in self._spaces)
        return Phase("versions", total, self._versions)

    def attachment_versions(self) -> Phase:
        """Return the phase of older versions of files."""
        total = sum(self._store.count_attachment_versions(space.id) for space in self._spaces)
        return Phase("attachmentVersions", total, self._attachment_versions)

    def templates(self) -> Phase:
        """Return the phase of templates: those of the spaces, and those of the whole site."""
        return _phase("templates", lambda: map(template_item, self.all_templates()))

    def others(self) -> list[Phase]:
        """Return the phases that follow once everything people see is there.

        Space permissions come last: what lies in a space that is new is closed until then.
        """
        return [
            _phase("properties", self._properties),
            _phase("restrictions", self._restrictions),
            _phase("likes", self._likes),
            _phase("watches", self._watches),
            _phase("spacePermissions", self._space_permissions),
        ]

    def all_templates(self) -> Iterator[PageTemplate]:
        """Yield the templates that move."""
        for place in (None, *(space.id for space in self._spaces)):
            yield from self._store.templates(place)

    def unmoved_properties(self) -> tuple[int, dict[str, int]]:
        """Count properties that do not move: those that arrive otherwise, the rest by name."""
        carried, of_the_server = 0, Counter[str]()
        for space in self._spaces:
            for name, count in self._store.property_names(space.id):
                if name in CARRIED:
                    carried += count
                elif not is_moved(name):
                    of_the_server[name] += count
        return carried, dict(of_the_server)

    def app_content(self) -> dict[str, int]:
        """Count what belongs to apps, by the plugin it belongs to."""
        counts: Counter[str] = Counter()
        for space in self._spaces:
            for found in self._store.custom_contents(space.id):
                counts[(found.module_key or "unknown").partition(":")[0]] += 1
        return dict(counts)

    def notes(self) -> list[str]:
        """Return the oddities met in what hangs on the spaces."""
        repeated = gaps = differing = 0
        for space in self._spaces:
            twice, missing = self._store.uneven_histories(space.id)
            repeated, gaps = repeated + twice, gaps + missing
            differing += sum(1 for _ in self._store.differing_tasks(space.id))
        rows = (
            (repeated, "pages have a version number twice; both versions are kept, by date"),
            (gaps, "pages lack version numbers in between; the others keep theirs"),
            (
                differing,
                "tasks have another state in their page than in the table; the page counts",
            ),
        )
        return [f"{text} ({count})" for count, text in rows if count]

    def _both(self) -> Iterator[tuple[Space, bool]]:
        """Yield every space twice: for its current content, then for what is archived."""
        for space in self._spaces:
            yield space, False
            yield space, True

    def _versions(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            yield from map(version_item, self._store.revisions(space.id, archived=archived))

    def _attachment_versions(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            for revision in self._store.attachment_revisions(space.id, archived=archived):
                yield attachment_version_item(
                    revision,
                    measure(self._store, revision.file, pulse=self._pulse)
                    if revision.file
                    else None,
                    newest_is_missing=revision.original_id in self._fileless(),
                )

    def _properties(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            before: tuple[object, ...] = ()
            number = 1
            for found in self._store.content_properties(space.id, archived=archived):
                if not is_moved(found.name):
                    continue
                this = (found.container_kind, found.container_id, found.name)
                number = number + 1 if this == before else 1
                before = this
                yield self._property(found, space, number)

    def _property(self, found: ContentProperty, space: Space, number: int) -> OutgoingItem:
        date = self._store.read_date(found.date)
        return self._on_what_is_sent(property_item(found, space.id, date=date, number=number))

    def _on_what_is_sent(self, item: OutgoingItem) -> OutgoingItem:
        """Return an item, as a gap where what it hangs on stays behind."""
        if item.payload["container"] in self._unsent():
            return replace(item, gap=CONTAINER_MISSING)
        return item

    def _restrictions(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            before: tuple[object, ...] = ()
            number = 1
            for found in self._store.content_restrictions(space.id, archived=archived):
                this = (found.container_kind, found.container_id, found.type)
                number = number + 1 if this == before else 1
                before = this
                users = self._people.held_by_all(found.user_keys)
                yield restriction_item(found, users, number=number)

    def _likes(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            likes = self._store.likes(space.id, archived=archived)
            yield from _once(self._on_what_is_sent(like_item(like)) for like in likes)

    def _watches(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            watches = self._store.watches(space.id, archived=archived)
            yield from _once(
                self._on_what_is_sent(watch_item(watch, space.id)) for watch in watches
            )

    def _space_permissions(self) -> Iterator[OutgoingItem]:
        for space in self._spaces:
            holders = self._direct_holders(space)
            permissions = self._store.space_permissions(space.id)
            yield from _once(
                space_permission_item(
                    permission, space.id, subject_gap=self._subject_gap(permission, holders)
                )
                for permission in permissions
            )

    def _direct_holders(self, space: Space) -> dict[str, set[str]]:
        """Return, by type of permission, the people who hold it once accounts are merged."""
        named: dict[str, set[str]] = {}
        for permission in self._store.space_permissions(space.id):
            if permission.subject_kind is SubjectKind.USER and permission.subject:
                named.setdefault(permission.type, set()).add(permission.subject)
        return {type_: set(self._people.held_by_all(keys)) for type_, keys in named.items()}

    def _subject_gap(self, permission: SpacePermission, holders: dict[str, set[str]]) -> Gap | None:
        if permission.subject_kind is SubjectKind.GROUP:
            return self._people.group_gap(permission.subject or "")
        if permission.subject_kind is SubjectKind.USER:
            kept = holders.get(permission.type, set())
            if permission.subject in kept:
                return None
            cluster = self._people.settled.cluster_of(permission.subject or "")
            held = cluster is not None and cluster.main.key in kept
            return HELD_AS_ONE if held else NOT_OF_ALL_MERGED
        return None


def _phase(name: str, items: Callable[[], Iterable[OutgoingItem]]) -> Phase:
    return Phase(name, sum(1 for _ in items()), items)


def _once(items: Iterable[OutgoingItem]) -> Iterator[OutgoingItem]:
    """Leave out what says the same as the item before, or as another of its container."""
    seen: set[str] = set()
    place: object = None
    for item in items:
        container = item.payload.get("container", item.payload.get("space"))
        if container != place:
            seen.clear()
            place = container
        if item.source_key not in seen:
            seen.add(item.source_key)
            yield item
