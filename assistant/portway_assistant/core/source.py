"""An export as the source of a run: its phases, in an order that lets every reference be met."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from portway_assistant.apps import CheckResult
from portway_assistant.clients import SiteClient
from portway_assistant.core.arrival import Arrival
from portway_assistant.core.broken_links import BrokenLinks
from portway_assistant.core.content_checks import ContentChecks
from portway_assistant.core.files import measure
from portway_assistant.core.hanging_source import HangingSource
from portway_assistant.core.items import (
    FILE_MISSING,
    attachment_item,
    blog_post_item,
    comment_item,
    label_item,
    page_item,
    space_item,
)
from portway_assistant.core.left_out import (
    describe_app_content,
    describe_left_out,
    describe_properties,
    describe_siteless,
)
from portway_assistant.core.link_table import FindIds, LinkRow, link_rows
from portway_assistant.core.outgoing import OutgoingItem, Phase
from portway_assistant.core.people_source import PeopleSource
from portway_assistant.core.space_keys import with_usable_keys
from portway_assistant.error_codes import SPACE_NOT_IN_EXPORT
from portway_assistant.exports.people import PeopleFile
from portway_assistant.exports.records import ContainerKind, Space
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.people.domains import Decision
from portway_assistant.reports.report import EXAMPLES, NotMoved
from portway_assistant.runs.settings import Content, PlanSettings
from portway_service.errors import Refusal
from portway_service.folding import fold

AHEAD_AT_ONCE = 500


class AheadBook(Protocol):
    """Where attachments that move ahead of their pages are written down."""

    def note(self, space_id: str, source_keys: Sequence[str]) -> None:
        """Write down attachments of a space."""
        ...


class Source:
    """The chosen part of an export.

    Args:
        store: The export, read and resolved.
        space_keys: Chosen spaces, whatever their case; empty means all.
        people: What a people file adds to the export's users.
        settings: The choices of the plan.
        decisions: What was decided about e-mail domains, by domain.
        pulse: Called between the parts of what takes long, such as measuring a large file; it
            may raise to break off.

    Raises:
        Refusal: `space_not_in_export`.
    """

    def __init__(
        self,
        store: WorkStore,
        *,
        space_keys: Sequence[str] = (),
        people: PeopleFile | None = None,
        settings: PlanSettings | None = None,
        decisions: Mapping[str, Decision] | None = None,
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = self._store = store
        self._pulse = pulse
        self._settings = settings or PlanSettings()
        available, self._key_notes = with_usable_keys(store.spaces())
        wanted = {fold(key) for key in space_keys}
        missing = wanted - {fold(space.key) for space in available}
        if missing:
            raise Refusal(
                SPACE_NOT_IN_EXPORT,
                missing=", ".join(sorted(missing)),
                available=", ".join(space.key for space in available) or "none",
            )
        self._spaces: list[Space] = [
            space for space in available if not wanted or fold(space.key) in wanted
        ]
        self._content = self._settings.content
        self._ahead: AheadBook | None = None
        self.people = PeopleSource(
            store,
            people,
            self._settings,
            decisions=decisions or {},
            space_ids=self.space_ids,
        )
        self._arrival = Arrival(store, available, self._spaces, self.people, self._settings)

    @property
    def space_ids(self) -> list[str]:
        """The ids of the chosen spaces."""
        return [space.id for space in self._spaces]

    def meet(self, site: SiteClient) -> None:
        """Learn what is at the destination already; writes nothing."""
        self.people.meet(site)
        self._arrival.meet(site)

    def begin(self, site_path: str, ahead: AheadBook | None = None) -> None:
        """Let what is about to move be referred to by the ids it will have.

        Args:
            site_path: Path of the destination's base URL.
            ahead: Where attachments that move ahead of their pages are written down.
        """
        self._arrival.begin(site_path)
        self._ahead = ahead

    @property
    def moving_spaces(self) -> list[Space]:
        """The spaces that move, with the keys they get; not those that are left out."""
        return self._arrival.moving

    def has_attachment(self, source_key: str) -> bool:
        """Tell whether an attachment still moves, with its bytes."""
        place = self._store.find_place(source_key.removeprefix("attachment/"))
        return place is not None and place.kind == "attachment"

    def leave_out(self, source_keys: Iterable[str]) -> None:
        """Leave out spaces the destination refused, with everything in them."""
        self._arrival.leave_out(source_keys)

    def link_rows(self, site_url: str, find_ids: FindIds) -> Iterator[LinkRow]:
        """Yield old and new addresses of everything that arrived."""
        urls = self._settings.source_urls or self._store.source_urls()
        by_id = {space.id: space for space in self._spaces}
        return link_rows(
            self._store,
            [(by_id[space.id], space.key) for space in self._arrival.spaces],
            source_url=urls[0] if urls else "",
            site_url=site_url,
            find_ids=find_ids,
        )

    @property
    def broken_links(self) -> BrokenLinks:
        """What refers to something in vain, of everything that was sent or proved so far."""
        return self._arrival.broken

    def phases(self) -> list[Phase]:
        """Return every phase, in the order they must be sent."""
        if self._content is Content.NONE:
            return self.people.phases()
        if self._content is Content.ATTACHMENTS:
            attachments = self._phase("attachments", self._attachments_ahead)
            ahead = replace(attachments, name="attachmentsAhead", ahead=True)
            return [*self.people.phases(), self._arrival.arriving(ahead)]
        return [*self.people.phases(), *map(self._arrival.arriving, self._content_phases())]

    def _content_phases(self) -> list[Phase]:
        spaces = self._arrival.spaces
        return [
            Phase("spaces", len(spaces), lambda: map(space_item, spaces)),
            self._phase("pages", self._pages),
            self._phase("blogPosts", self._blog_posts),
            self._hanging.versions(),
            self._phase("comments", self._comments),
            self._phase("attachments", self._attachments),
            self._hanging.attachment_versions(),
            self._phase("fileComments", self._file_comments),
            self._hanging.templates(),
            self._phase("labels", self._labels),
            *self._hanging.others(),
        ]

    def containers(self) -> Iterator[dict[str, Any]]:
        """Yield what the migration covers, as apps will read it."""
        for space in self._spaces:
            yield {
                "type": "ConfluenceSpace",
                "sourceId": space.id,
                "key": space.key,
                "name": space.name,
            }

    def checks(self) -> list[CheckResult]:
        """Return what is worth knowing about the export before anything moves."""
        return [
            *self._arrival.checks(),
            *ContentChecks(
                self._store,
                self._spaces,
                is_absent=lambda name: self.people.group_gap(name) is not None,
            ).run(),
            *self.people.checks(),
        ]

    @property
    def spaces(self) -> Sequence[Space]:
        """The spaces that move."""
        return self._spaces

    def facts(self) -> dict[str, Any]:
        """Return what the report says about the export."""
        descriptor = self._store.package.descriptor
        return {
            "digest": self._store.export_digest,
            "madeBy": descriptor.properties.get("createdByVersionNumber"),
            "spaces": [space.key for space in self._spaces],
        }

    def left_out(self) -> list[NotMoved]:
        """Return what is not taken along, by kind and reason."""
        places = (None, *(space.id for space in self._spaces))
        rows = [item for place in places for item in self._store.left_out(place)]
        carried, of_the_server = self._hanging.unmoved_properties()
        return [
            *describe_left_out(rows, self._left_out_titles()),
            *describe_siteless(self._store.left_out(None)),
            *describe_properties(carried, of_the_server),
            *describe_app_content(self._hanging.app_content()),
        ]

    def _left_out_titles(self) -> dict[tuple[str, str], list[str]]:
        """Return the titles of some of what is left out, by class and reason."""
        titles: dict[tuple[str, str], list[str]] = {}
        for space in self._spaces:
            for item in self._store.left_out_items(space.id):
                some = titles.setdefault((item.kind, item.reason.value), [])
                if item.title and len(some) < EXAMPLES:
                    some.append(item.title)
        return titles

    def notes(self) -> list[str]:
        """Return what was done with people and groups, and the oddities met while reading."""
        return [
            *self._key_notes,
            *self.people.notes(),
            *(
                f"{note.detail} ({note.count})" if note.count > 1 else note.detail
                for note in self._store.notes()
            ),
            *self._hanging.notes(),
        ]

    @property
    def repairs(self) -> int:
        """How many spots of the export had to be repaired to be read."""
        return self._store.repair_count()

    def _phase(self, name: str, items: Callable[[], Iterable[OutgoingItem]]) -> Phase:
        return Phase(name, self._totals[name], items)

    @cached_property
    def _totals(self) -> dict[str, int]:
        totals: Counter[str] = Counter()
        for space in self._spaces:
            totals.update(self._store.count_taken(space.id))
        totals["labels"] = sum(1 for _ in self._labels())
        return totals

    @cached_property
    def _hanging(self) -> HangingSource:
        return HangingSource(
            self._store,
            self._spaces,
            self.people,
            fileless=lambda: self._fileless,
            unsent=lambda: self._unsent,
            pulse=self._pulse,
        )

    @cached_property
    def _fileless(self) -> frozenset[str]:
        """Ids of attachments whose bytes the export lacks."""
        return frozenset(
            attachment.id
            for space, archived in self._both()
            for attachment in self._store.attachments(space.id, archived=archived)
            if attachment.file is None
        )

    @cached_property
    def _unsent(self) -> frozenset[str]:
        """Source keys of attachments without bytes, and of the comments on them."""
        if not self._fileless:
            return frozenset()
        comments = (item.source_key for item in self._file_comments() if item.gap is not None)
        return frozenset([*(f"attachment/{each}" for each in self._fileless), *comments])

    @cached_property
    def _closed(self) -> frozenset[str]:
        """What only some people may view: it arrives closed."""
        return frozenset().union(*(self._store.closed_contents(space.id) for space in self._spaces))

    def _both(self) -> Iterator[tuple[Space, bool]]:
        """Yield every space twice: for its current content, then for what is archived."""
        for space in self._spaces:
            yield space, False
            yield space, True

    def _pages(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            for page in self._store.pages(space.id, archived=archived):
                restricted = f"Page/{page.id}" in self._closed
                yield page_item(page, archived=archived, restricted=restricted)

    def _blog_posts(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            for post in self._store.blog_posts(space.id, archived=archived):
                restricted = f"BlogPost/{post.id}" in self._closed
                yield blog_post_item(post, archived=archived, restricted=restricted)

    def _comments(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            for comment in self._store.comments(space.id, archived=archived):
                if comment.container_kind is not ContainerKind.ATTACHMENT:
                    yield comment_item(comment, fileless=frozenset())

    def _file_comments(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            for comment in self._store.comments(space.id, archived=archived):
                if comment.container_kind is ContainerKind.ATTACHMENT:
                    yield comment_item(comment, fileless=self._fileless)

    def _attachments(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            for attachment in self._store.attachments(space.id, archived=archived):
                facts = (
                    measure(self._store, attachment.file, pulse=self._pulse)
                    if attachment.file
                    else None
                )
                yield attachment_item(attachment, facts)

    def _attachments_ahead(self) -> Iterator[OutgoingItem]:
        """Yield the attachments of each space, once ids are kept for what they hang on."""
        moving = {space.id for space in self.moving_spaces}
        items = self._attachments()
        while some := list(islice(items, AHEAD_AT_ONCE)):
            by_space: dict[str, list[OutgoingItem]] = {}
            for item in some:
                by_space.setdefault(self._store.find_space_of(item.source_key) or "", []).append(
                    item
                )
            for space_id in filter(moving.__contains__, by_space):
                sent = [item for item in by_space[space_id] if item.gap is None]
                self._arrival.keep_ids({str(item.payload["container"]): None for item in sent})
                if self._ahead is not None:
                    self._ahead.note(space_id, [item.source_key for item in sent])
            yield from some

    def _labels(self) -> Iterator[OutgoingItem]:
        for space, archived in self._both():
            if not archived:
                for label in space.labels:
                    yield label_item(f"space/{space.id}", label, gap=None)
            for page in self._store.pages(space.id, archived=archived):
                for label in page.labels:
                    yield label_item(f"page/{page.id}", label, gap=None)
            for post in self._store.blog_posts(space.id, archived=archived):
                for label in post.labels:
                    yield label_item(f"blogPost/{post.id}", label, gap=None)
            for attachment in self._store.attachments(space.id, archived=archived):
                gap = None if attachment.file else FILE_MISSING
                for label in attachment.labels:
                    yield label_item(f"attachment/{attachment.id}", label, gap=gap)
        for template in self._hanging.all_templates():
            for label in template.labels:
                yield label_item(f"template/{template.id}", label, gap=None)
