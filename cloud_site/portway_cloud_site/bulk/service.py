"""Taking a batch of items: read what they touch, decide line by line, write, commit."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, update

from portway_cloud_site.attachments.bulk import AttachmentsIntake
from portway_cloud_site.bulk.ids import RESERVABLE, drop_reservations, find_reserved, kind_of
from portway_cloud_site.bulk.intake import (
    Batch,
    Intake,
    ItemRefusedError,
    ItemSkippedError,
    Origin,
    Written,
)
from portway_cloud_site.bulk.items import (
    Item,
    UnreadableLineError,
    item_fingerprint,
    parse_item,
)
from portway_cloud_site.bulk.messages import (
    CREATED,
    DELETED,
    FAILED,
    MERGED,
    SKIPPED,
    UNCHANGED,
    UPDATED,
    ItemResult,
)
from portway_cloud_site.bulk.tables import CLAIMED, sources
from portway_cloud_site.bulk.tables import origins as origins_table
from portway_cloud_site.comments.bulk import CommentsIntake
from portway_cloud_site.content.bulk import ContentsIntake
from portway_cloud_site.error_codes import (
    DESTINATION_EDITED,
    DESTINATION_MISSING,
    INVALID_ITEM,
    KEPT_BOTH,
    PLACEHOLDER_CLAIMED,
    TITLE_TAKEN,
)
from portway_cloud_site.groups.bulk import GroupsIntake, MembershipsIntake
from portway_cloud_site.history.bulk import AttachmentVersionsIntake, VersionsIntake
from portway_cloud_site.labels.bulk import LabelsIntake
from portway_cloud_site.marks.bulk import (
    LikesIntake,
    PropertiesIntake,
    TemplatesIntake,
    WatchesIntake,
)
from portway_cloud_site.people.bulk import PeopleIntake
from portway_cloud_site.permissions.bulk import RestrictionsIntake, SpacePermissionsIntake
from portway_cloud_site.queries import insert_rows
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import SiteWriter, writing
from portway_cloud_site.spaces.bulk import SpacesIntake
from portway_service.clock import Clock
from portway_service.edit_rules import (
    EditPolicy,
    Verdict,
    beside_key,
    beside_title,
    decide_edited,
    is_beside,
)

MOST_COPIES = 20
_INTAKES: dict[str, type[Intake[Any]]] = {
    "user": PeopleIntake,
    "group": GroupsIntake,
    "membership": MembershipsIntake,
    "space": SpacesIntake,
    "page": ContentsIntake,
    "blogPost": ContentsIntake,
    "version": VersionsIntake,
    "comment": CommentsIntake,
    "attachment": AttachmentsIntake,
    "attachmentVersion": AttachmentVersionsIntake,
    "template": TemplatesIntake,
    "label": LabelsIntake,
    "property": PropertiesIntake,
    "restriction": RestrictionsIntake,
    "like": LikesIntake,
    "watch": WatchesIntake,
    "spacePermission": SpacePermissionsIntake,
}
"""What takes the items of each kind; kinds that share one meet in one table."""

_REFERENCES = (
    "space",
    "parent",
    "container",
    "of",
    "author",
    "last_author",
    "group",
    "user",
    "subject",
)
_REFERENCE_LISTS = ("users", "groups")


def take_batch(
    services: Services,
    site: Site,
    source: str,
    lines: Sequence[bytes],
    *,
    run_id: str | None = None,
    edited: EditPolicy = EditPolicy.LEAVE,
    ahead: bool = False,
) -> list[ItemResult]:
    """Take the items of `lines` in one transaction and return what became of each, in order.

    A line that fails leaves the others untouched. Lines sent before change nothing; within one
    run they are answered as the first time, so that a lost answer can be asked for again.
    """
    parsed = [parse_line(line) for line in lines]
    with writing(services.database, site) as writer:
        note_source(writer, source, services.clock)
        results, superseded = decide_batch(
            Batch(writer, source, services.clock, run_id, edited, ahead=ahead), parsed
        )
    for attachment_id, sha256 in superseded:
        services.files.discard(site.key, attachment_id, sha256)
    return results


def decide_batch(
    batch: Batch, parsed: Sequence[Item | UnreadableLineError]
) -> tuple[list[ItemResult], list[tuple[int, str]]]:
    """Decide and write the lines of a batch, in a transaction of the caller's.

    Returns what became of each, and the stored files whose place new ones take: id and SHA-256.
    """
    taker = _Taker(batch)
    taker.load([item for item in parsed if not isinstance(item, UnreadableLineError)])
    results = [taker.take(line) for line in parsed]
    taker.flush()
    return results, list(taker.superseded_files())


def note_source(writer: SiteWriter, source: str, clock: Clock) -> None:
    """Write down that something came from a source, the first time it does."""
    key = {"site_id": writer.site.id, "name": source}
    known = select(sources.c.name).filter_by(**key)
    if writer.connection.execute(known).first() is None:
        writer.connection.execute(insert(sources).values(**key, first_seen_at=clock.now()))


def parse_line(line: bytes) -> Item | UnreadableLineError:
    """Return the item of a line, or what is wrong with it."""
    try:
        return parse_item(line)
    except UnreadableLineError as error:
        return error


def tables_by_kind() -> dict[str, Table]:
    """Return, for each kind of item, the table its entities lie in."""
    return {kind: intake.table for kind, intake in _INTAKES.items()}


class _Taker:
    """Takes items of every kind into one batch, and keeps their origins."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        made = {intake: intake(batch) for intake in dict.fromkeys(_INTAKES.values())}
        self._intakes = {kind: made[intake] for kind, intake in _INTAKES.items()}
        batch.write_pending = self.flush
        self._new_origins: list[dict[str, Any]] = []
        self._changed_origins: list[dict[str, Any]] = []
        self._revived: list[str] = []

    def superseded_files(self) -> Iterator[tuple[int, str]]:
        """Yield id and SHA-256 of stored files whose place new ones take."""
        for intake in dict.fromkeys(self._intakes.values()):
            yield from intake.superseded

    def load(self, items: Sequence[Item]) -> None:
        """Read the origins of everything the items name, then what each kind needs."""
        batch = self._batch
        keep_both = batch.edited is EditPolicy.BOTH
        keys = {key for item in items for key in _keys(item, beside=keep_both)}
        batch.load_origins(keys)
        here = {key for key, origin in batch.origins.items() if origin.outcome != DELETED}
        absent = [key for key in keys if key not in here and kind_of(key) in RESERVABLE]
        batch.reserved = find_reserved(
            batch.writer.connection, batch.writer.site, batch.source, absent
        )
        by_intake: dict[int, tuple[Intake[Any], list[Item]]] = {}
        for item in items:
            intake = self._intakes[item.kind]
            by_intake.setdefault(id(intake), (intake, []))[1].append(item)
        for intake, of_kind in by_intake.values():
            intake.load(of_kind)

    def take(self, line: Item | UnreadableLineError) -> ItemResult:
        """Decide one line."""
        if isinstance(line, UnreadableLineError):
            refused = ItemRefusedError(INVALID_ITEM, problem=line.problem)
            return _failed(line.source_key, refused)
        try:
            return self._take_item(line)
        except ItemSkippedError as error:
            return _failed(line.source_key, error) | {"outcome": SKIPPED}
        except ItemRefusedError as error:
            return _failed(line.source_key, error)

    def flush(self) -> None:
        """Write everything that was decided."""
        for intake in dict.fromkeys(self._intakes.values()):
            intake.flush()
        connection = self._batch.writer.connection
        if self._revived:
            statement = delete(origins_table).where(
                origins_table.c.site_id == self._batch.site_id,
                origins_table.c.source == self._batch.source,
                origins_table.c.source_key.in_(self._revived),
            )
            connection.execute(statement)
            self._revived = []
        if self._batch.arrived:
            site = self._batch.writer.site
            drop_reservations(connection, site, self._batch.source, self._batch.arrived)
        if self._new_origins:
            insert_rows(connection, origins_table, self._new_origins)
            self._new_origins = []
        if self._changed_origins:
            changed = update(origins_table).where(
                origins_table.c.site_id == self._batch.site_id,
                origins_table.c.source == self._batch.source,
                origins_table.c.source_key == bindparam("changed_key"),
            )
            connection.execute(changed, self._changed_origins)
            self._changed_origins = []

    def _take_item(self, item: Item) -> ItemResult:
        intake = self._intakes[item.kind]
        fingerprint = item_fingerprint(item)
        origin = self._batch.origins.get(item.source_key)
        if origin is not None and origin.outcome == DELETED:
            self._revived.append(item.source_key)
            origin = None
        if origin is None:
            written = intake.create(item)
            outcome = MERGED if written.merged else CREATED
            self._note_new(item, written, outcome, fingerprint)
            return self._result(intake, item, outcome, written.entity_id)
        revision = intake.find_revision(origin.entity_id)
        if revision is None and origin.outcome == CLAIMED and item.kind != "user":
            return _skipped(item, ItemRefusedError(PLACEHOLDER_CLAIMED, source_key=item.source_key))
        if revision is None:
            raise ItemRefusedError(DESTINATION_MISSING, source_key=item.source_key)
        if origin.outcome == CLAIMED:
            claimed = ItemRefusedError(PLACEHOLDER_CLAIMED, source_key=item.source_key)
            return self._result(intake, item, UNCHANGED, origin.entity_id, claimed)
        if origin.fingerprint == fingerprint and not intake.is_outdated(item, origin.entity_id):
            outcome = self._told_before(origin) or UNCHANGED
            return self._result(intake, item, outcome, origin.entity_id)
        if origin.outcome == MERGED:
            intake.join_again(item, origin.entity_id)
            joined = Written(origin.entity_id, origin.revision)
            self._note_changed(item, origin, joined, MERGED, fingerprint)
            return self._result(intake, item, MERGED, origin.entity_id)
        if revision != origin.revision:
            match self._judge_edited(intake, item, origin.entity_id):
                case Verdict.LEAVE:
                    edited = ItemRefusedError(DESTINATION_EDITED, source_key=item.source_key)
                    return self._result(intake, item, SKIPPED, origin.entity_id, edited)
                case Verdict.BESIDE:
                    return self._put_beside(intake, item, origin.entity_id)
        written = intake.update(item, origin.entity_id)
        if written.merged:
            now = Origin(written.entity_id, MERGED, origin.is_alias, fingerprint, 0)
            self._batch.origins[item.source_key] = now
            self._note_changed(item, now, written, MERGED, fingerprint)
            return self._result(intake, item, MERGED, written.entity_id)
        outcome = UNCHANGED if written.kept else UPDATED
        self._note_changed(item, origin, written, outcome, fingerprint)
        return self._result(intake, item, outcome, origin.entity_id)

    def _judge_edited(self, intake: Intake[Any], item: Item, entity_id: int) -> Verdict:
        return decide_edited(
            self._batch.edited,
            changed_at=getattr(item, "updated_at", None),
            edited_at=intake.find_edited_at(entity_id),
            can_stand_beside=intake.can_stand_beside and not is_beside(item.source_key),
        )

    def _put_beside(self, intake: Intake[Any], item: Any, entity_id: int) -> ItemResult:
        """Let the source's version stand beside what was edited, under a title that is free."""
        number = 0
        while True:
            number += 1
            title = beside_title(item.title, item.version, number)
            named = {"source_key": beside_key(item.source_key), "title": title}
            extra = {"home": False} if hasattr(item, "home") else {}
            copy = item.model_copy(update=named | extra)
            intake.flush()  # what is read next must hold what this batch wrote
            intake.load([copy])
            try:
                beside = self._take_item(copy)
            except ItemRefusedError as error:
                if error.code == TITLE_TAKEN.code and number < MOST_COPIES:
                    continue
                beside = _failed(copy.source_key, error)
            both = ItemRefusedError(KEPT_BOTH, source_key=item.source_key, title=title)
            result = self._result(intake, item, SKIPPED, entity_id, both)
            return result | {"beside": beside | {"title": title}}

    def _note_new(self, item: Item, written: Written, outcome: str, fingerprint: bytes) -> None:
        is_alias = written.merged and self._batch.has_origin(written.entity_id)
        self._batch.origins[item.source_key] = Origin(
            written.entity_id,
            outcome,
            is_alias,
            fingerprint,
            written.revision,
            self._batch.run_id,
            outcome,
        )
        self._new_origins.append(
            {
                "site_id": self._batch.site_id,
                "source": self._batch.source,
                "source_key": item.source_key,
                "entity_id": written.entity_id,
                "outcome": outcome,
                "canonical_for": None if is_alias else written.entity_id,
                "digest": fingerprint,
                "revision": written.revision,
                "author_alias": written.author_alias,
                "last_author_alias": written.last_author_alias,
                "run_id": self._batch.run_id,
                "run_outcome": outcome,
            }
        )

    def _note_changed(
        self, item: Item, origin: Origin, written: Written, outcome: str, fingerprint: bytes
    ) -> None:
        origin.fingerprint, origin.revision = fingerprint, written.revision
        origin.run_id, origin.run_outcome = self._batch.run_id, outcome
        self._changed_origins.append(
            {
                "changed_key": item.source_key,
                "digest": fingerprint,
                "revision": written.revision,
                "author_alias": written.author_alias,
                "last_author_alias": written.last_author_alias,
                "run_id": self._batch.run_id,
                "run_outcome": outcome,
            }
        )

    def _told_before(self, origin: Origin) -> str | None:
        """Return what this run was told about the item before, if it was."""
        in_run = self._batch.run_id is not None and origin.run_id == self._batch.run_id
        return origin.run_outcome if in_run else None

    def _result(
        self,
        intake: Intake[Any],
        item: Item,
        outcome: str,
        entity_id: int,
        problem: ItemRefusedError | None = None,
    ) -> ItemResult:
        problem = problem or intake.find_remark(item, entity_id)
        return {
            "sourceKey": item.source_key,
            "outcome": outcome,
            "id": intake.shown_id(entity_id),
            "code": problem.code if problem else None,
            "reason": problem.reason if problem else None,
            "fileWanted": intake.is_file_wanted(entity_id),
        }


def _keys(item: Item, *, beside: bool) -> Iterable[str]:
    """Return the keys an item names: its own, its copy's where there may be one, and those it
    refers to."""
    yield item.source_key
    if beside:
        yield beside_key(item.source_key)
    fields = item.__dict__
    for name in _REFERENCES:
        key = fields.get(name)
        if key is not None:
            yield key
    for name in _REFERENCE_LISTS:
        yield from fields.get(name, ())
    inline = fields.get("inline")
    if inline is not None and inline.resolved_by is not None:
        yield inline.resolved_by


def _skipped(item: Item, problem: ItemRefusedError) -> ItemResult:
    return _failed(item.source_key, problem) | {"outcome": SKIPPED}


def _failed(source_key: str | None, problem: ItemRefusedError) -> ItemResult:
    return {
        "sourceKey": source_key,
        "outcome": FAILED,
        "id": None,
        "code": problem.code,
        "reason": problem.reason,
        "fileWanted": False,
    }
