"""An export as the source of a run: its phases, in an order that lets every reference be met."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
    user_item,
)
from portway_assistant.core.left_out import count_restrictions, describe_left_out
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.error_codes import SPACE_NOT_IN_EXPORT
from portway_assistant.exports.email_rule import is_valid_email
from portway_assistant.exports.package import PackageFile
from portway_assistant.exports.people import PeopleFile
from portway_assistant.exports.records import ContainerKind, LeftOut, Space, User
from portway_assistant.exports.work_store import WorkStore
from portway_assistant.reports.report import NotMoved
from portway_service.errors import Refusal
from portway_service.folding import fold

CHUNK_BYTES = 1 << 20
NAMED = 3
"""How many people a check names as examples."""


@dataclass(frozen=True)
class Phase:
    """Items of one kind, or of several that must come at this point."""

    name: str
    total: int
    items: Callable[[], Iterable[OutgoingItem]]


class Source:
    """The chosen part of an export.

    Args:
        store: The export, read and resolved.
        space_keys: Chosen spaces, whatever their case; empty means all.
        people: What a people file adds to the export's users.

    Raises:
        Refusal: `space_not_in_export`.
    """

    def __init__(
        self, store: WorkStore, *, space_keys: Sequence[str] = (), people: PeopleFile | None = None
    ) -> None:
        self._store = store
        self._people = people
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
            self._phase("users", self._users),
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
            _people_check(
                "invalid-emails",
                "Every person has a valid e-mail address",
                self._emails.invalid,
                "without a usable one: {names}. They move as named placeholders without access.",
            ),
            _people_check(
                "duplicate-emails",
                "No two people share an e-mail address",
                self._emails.duplicate,
                "sharing one with somebody else: {names}. They move as placeholders of their own.",
            ),
        ]

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
        totals = Counter({"users": self._store.count_users()})
        for space in self._spaces:
            totals.update(self._store.count_current(space.id))
        totals["labels"] = sum(1 for _ in self._labels())
        return totals

    @cached_property
    def _emails(self) -> "_Emails":
        return _Emails(self._known_users())

    @cached_property
    def _fileless(self) -> frozenset[str]:
        """Ids of attachments whose bytes the export lacks."""
        return frozenset(
            attachment.id
            for space in self._spaces
            for attachment in self._store.attachments(space.id)
            if attachment.file is None
        )

    def _known_users(self) -> Iterator[User]:
        users = self._store.users()
        return self._people.overlay(users) if self._people else users

    def _users(self) -> Iterator[OutgoingItem]:
        for user in self._known_users():
            yield user_item(user, email=self._emails.usable(user))

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
            digest.update(chunk)
            size_bytes += len(chunk)
        return FileFacts(size_bytes, digest.hexdigest(), chunks)


class _Emails:
    """Which person may use which address: valid ones, each for the first who has it."""

    def __init__(self, users: Iterable[User]) -> None:
        self._owner: dict[str, str] = {}
        self.invalid: list[str] = []
        self.duplicate: list[str] = []
        for user in users:
            name = user.display_name or user.username or user.key
            if user.email is None or not is_valid_email(user.email):
                self.invalid.append(name)
            elif self._owner.setdefault(fold(user.email), user.key) != user.key:
                self.duplicate.append(name)

    def usable(self, user: User) -> str | None:
        """Return the person's address when it is valid and nobody before has it."""
        if user.email is None or self._owner.get(fold(user.email)) != user.key:
            return None
        return user.email


def _people_check(check_id: str, title: str, names: Sequence[str], what: str) -> CheckResult:
    if not names:
        return CheckResult("portway", check_id, title, "passed")
    shown = ", ".join(names[:NAMED]) + (" and others" if len(names) > NAMED else "")
    count = f"{len(names)} {'person' if len(names) == 1 else 'people'}"
    message = f"{count} {what.format(names=shown)} `--people` can give them addresses."
    return CheckResult("portway", check_id, title, "warned", message)
