"""An export as the source of a run: its phases, in an order that lets every reference be met."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from portway_assistant.apps import CheckResult
from portway_assistant.core.items import (
    FILE_MISSING,
    FileFacts,
    attachment_item,
    blog_post_item,
    comment_item,
    label_item,
    page_item,
    space_item,
)
from portway_assistant.core.left_out import count_restrictions, describe_left_out
from portway_assistant.core.outgoing import OutgoingItem, Phase
from portway_assistant.core.people_source import PeopleSource
from portway_assistant.error_codes import SPACE_NOT_IN_EXPORT
from portway_assistant.exports.package import PackageFile
from portway_assistant.exports.people import PeopleFile
from portway_assistant.exports.records import ContainerKind, LeftOut, Space
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.reports.report import NotMoved
from portway_assistant.runs.settings import PlanSettings
from portway_service.errors import Refusal
from portway_service.folding import fold

CHUNK_BYTES = 1 << 20


class Source:
    """The chosen part of an export.

    Args:
        store: The export, read and resolved.
        space_keys: Chosen spaces, whatever their case; empty means all.
        people: What a people file adds to the export's users.
        settings: The choices of the plan.
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
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._pulse = pulse
        self._settings = settings or PlanSettings()
        self._people = PeopleSource(store, people, self._settings)
        available = list(store.spaces())
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

    def phases(self) -> list[Phase]:
        """Return every phase, in the order they must be sent."""
        spaces = self._spaces
        return [
            *self._people.phases(),
            Phase("spaces", len(spaces), lambda: map(space_item, spaces)),
            self._phase("pages", self._pages),
            self._phase("blogPosts", self._blog_posts),
            self._phase("comments", self._comments),
            self._phase("attachments", self._attachments),
            self._phase("fileComments", self._file_comments),
            self._phase("labels", self._labels),
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
            self._restrictions_check(),
            *self._people.checks(),
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
        return describe_left_out(self._left_out())

    def _left_out(self) -> Iterator[LeftOut]:
        for place in (None, *(space.id for space in self._spaces)):
            yield from self._store.left_out(place)

    def _restrictions_check(self) -> CheckResult:
        title = "No page is restricted to some people"
        count = count_restrictions(self._left_out())
        if not count:
            return CheckResult("portway", "restricted-pages", title, "passed")
        message = (
            f"{count} {'restriction stays' if count == 1 else 'restrictions stay'} behind: the"
            " pages can be read by everybody who may read their space. Restrict them again before"
            " you let people in."
        )
        return CheckResult("portway", "restricted-pages", title, "warned", message)

    def notes(self) -> list[str]:
        """Return the oddities met while reading."""
        return [
            f"{note.detail} ({note.count})" if note.count > 1 else note.detail
            for note in self._store.notes()
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
            totals.update(self._store.count_current(space.id))
        totals["labels"] = sum(1 for _ in self._labels())
        return totals

    @cached_property
    def _fileless(self) -> frozenset[str]:
        """Ids of attachments whose bytes the export lacks."""
        return frozenset(
            attachment.id
            for space in self._spaces
            for attachment in self._store.attachments(space.id)
            if attachment.file is None
        )

    def _pages(self) -> Iterator[OutgoingItem]:
        for space in self._spaces:
            yield from map(page_item, self._store.pages(space.id))

    def _blog_posts(self) -> Iterator[OutgoingItem]:
        for space in self._spaces:
            yield from map(blog_post_item, self._store.blog_posts(space.id))

    def _comments(self) -> Iterator[OutgoingItem]:
        for space in self._spaces:
            for comment in self._store.comments(space.id):
                if comment.container_kind is not ContainerKind.ATTACHMENT:
                    yield comment_item(comment, fileless=frozenset())

    def _file_comments(self) -> Iterator[OutgoingItem]:
        for space in self._spaces:
            for comment in self._store.comments(space.id):
                if comment.container_kind is ContainerKind.ATTACHMENT:
                    yield comment_item(comment, fileless=self._fileless)

    def _attachments(self) -> Iterator[OutgoingItem]:
        for space in self._spaces:
            for attachment in self._store.attachments(space.id):
                facts = self._measure(attachment.file) if attachment.file else None
                yield attachment_item(attachment, facts)

    def _labels(self) -> Iterator[OutgoingItem]:
        for space in self._spaces:
            for label in space.labels:
                yield label_item(f"space/{space.id}", label, gap=None)
            for page in self._store.pages(space.id):
                for label in page.labels:
                    yield label_item(f"page/{page.id}", label, gap=None)
            for post in self._store.blog_posts(space.id):
                for label in post.labels:
                    yield label_item(f"blogPost/{post.id}", label, gap=None)
            for attachment in self._store.attachments(space.id):
                gap = None if attachment.file else FILE_MISSING
                for label in attachment.labels:
                    yield label_item(f"attachment/{attachment.id}", label, gap=gap)

    def _measure(self, file: PackageFile) -> FileFacts:
        def chunks() -> Iterator[bytes]:
            with self._store.open_file(file) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk

        digest, size_bytes = hashlib.sha256(), 0
        for chunk in chunks():
            self._pulse()
            digest.update(chunk)
            size_bytes += len(chunk)
        return FileFacts(size_bytes, digest.hexdigest(), chunks)
