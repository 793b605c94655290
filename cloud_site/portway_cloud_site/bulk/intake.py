"""What one batch knows while it is decided, and what each kind of item adds to that.

A batch is decided in memory, line by line, against what was read at its start; then everything is
written at once. So a refused line costs nothing, and leaves no trace.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Table, bindparam, select, update

from portway_cloud_site.bulk.items import Item
from portway_cloud_site.bulk.messages import DELETED
from portway_cloud_site.bulk.tables import origins as origins_table
from portway_cloud_site.error_codes import REFERENCE_MISSING
from portway_cloud_site.queries import AnyRow, AnySelect, fetch_by, insert_rows
from portway_cloud_site.sites.service import SiteWriter
from portway_service.clock import Clock
from portway_service.edit_rules import EditPolicy
from portway_service.errors import ErrorCode

ItemT = TypeVar("ItemT", bound=Item)


class ItemRefusedError(Exception):
    """An item that cannot be taken, for a reason its sender can act on."""

    def __init__(self, error: ErrorCode, **facts: object) -> None:
        self.code = error.code
        self.reason = f"{error.message.format(**facts)} {error.fix}"
        super().__init__(self.reason)


class ItemSkippedError(ItemRefusedError):
    """An item that has no place here, without anything being wrong with it."""


@dataclass(slots=True)
class Origin:
    """Where an entity came from, and how it was when it was last written from there."""

    entity_id: int
    outcome: str
    is_alias: bool
    fingerprint: bytes
    revision: int
    run_id: str | None = None
    run_outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an item: its entity, new or joined, at a revision."""

    entity_id: int
    revision: int
    merged: bool = False
    author_alias: str | None = None
    last_author_alias: str | None = None
    kept: bool = False
    """The site's own state stands against the item, which is taken note of only."""


@dataclass
class Batch:
    """The transaction of a batch, and the origins of everything its items name."""

    writer: SiteWriter
    source: str
    clock: Clock
    run_id: str | None = None
    """The run the batch belongs to; an item it wrote before is answered as the first time."""
    edited: EditPolicy = EditPolicy.LEAVE
    """Who wins where both sides changed an item."""
    origins: dict[str, Origin] = field(default_factory=dict)
    write_pending: Callable[[], None] = lambda: None
    """Writes what was decided so far, for what must be done in the database itself."""
    reserved: dict[str, int] = field(default_factory=dict)
    """Ids kept for items of this batch, and for what they hang on, that are not here."""
    ahead: bool = False
    """Attachments may come before what they hang on, when an id is kept for it."""
    arrived: list[str] = field(default_factory=list)
    """Keys of items that took the id kept for them."""

    @property
    def site_id(self) -> int:
        """The number of the site written to."""
        return self.writer.site.id

    def fetch(
        self, statement: AnySelect, column: ColumnElement[Any], values: Iterable[Any]
    ) -> Iterator[AnyRow]:
        """Yield the rows of `statement` whose `column` holds one of `values`, in rounds."""
        return fetch_by(self.writer.connection, statement, column, values)

    def load_origins(self, source_keys: Iterable[str]) -> None:
        """Read the origins of these keys."""
        columns = origins_table.c
        statement = select(
            columns.source_key,
            columns.entity_id,
            columns.outcome,
            columns.canonical_for.is_(None),
            columns.digest,
            columns.revision,
            columns.run_id,
            columns.run_outcome,
        ).where(columns.site_id == self.site_id, columns.source == self.source)
        for row in self.fetch(statement, columns.source_key, source_keys):
            self.origins[row.source_key] = Origin(*row[1:])

    def entity_ids(self, source_keys: Iterable[str | None]) -> set[int]:
        """Return the entities that are here already under some of these keys."""
        found = (self.origins.get(key) for key in source_keys if key is not None)
        return {origin.entity_id for origin in found if origin is not None}

    def take_id(self, source_key: str) -> int:
        """Return the id of a new item: the one kept for it, else the next of the site."""
        kept = self.reserved.get(source_key)
        if kept is None:
            return self.writer.take_id()
        self.arrived.append(source_key)
        return kept

    def refer_ahead(self, field_name: str, source_key: str) -> int:
        """Return the entity a reference names, or the id kept for it where that is allowed."""
        if self.ahead and source_key in self.reserved:
            return self.reserved[source_key]
        return self.refer(field_name, source_key)

    def refer(self, field_name: str, source_key: str) -> int:
        """Return the entity a reference names; refuse the item when it is not here."""
        return self._get_origin(field_name, source_key).entity_id

    def refer_to_author(
        self, field_name: str, source_key: str | None
    ) -> tuple[int | None, str | None]:
        """Return an author's entity and, where the key is one of several, the key as sent."""
        if source_key is None:
            return None, None
        return self.refer_to_subject(field_name, source_key)

    def refer_to_subject(self, field_name: str, source_key: str) -> tuple[int, str | None]:
        """Return an entity and, where the key is one of several for it, the key as sent."""
        origin = self._get_origin(field_name, source_key)
        return origin.entity_id, source_key if origin.is_alias else None

    def _get_origin(self, field_name: str, source_key: str) -> Origin:
        origin = self.origins.get(source_key)
        if origin is None or origin.outcome == DELETED:
            raise ItemRefusedError(REFERENCE_MISSING, field=field_name, reference=source_key)
        return origin

    def has_origin(self, entity_id: int) -> bool:
        """Tell whether a key of this source stands for the entity already."""
        if any(origin.entity_id == entity_id for origin in self.origins.values()):
            return True
        statement = (
            select(origins_table.c.source_key)
            .where(
                origins_table.c.site_id == self.site_id,
                origins_table.c.source == self.source,
                origins_table.c.canonical_for == entity_id,
            )
            .limit(1)
        )
        return self.writer.connection.execute(statement).first() is not None


class Intake(ABC, Generic[ItemT]):
    """Takes the items of one kind into a batch; one table holds what they become."""

    table: ClassVar[Table]

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self.superseded: list[tuple[int, str]] = []
        """Id and SHA-256 of stored files whose place new ones take; to delete after the commit."""
        self._new: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []

    @abstractmethod
    def load(self, items: Sequence[ItemT]) -> None:
        """Read what deciding these items needs. The batch's origins are there already."""

    @abstractmethod
    def create(self, item: ItemT) -> Written:
        """Take an item that is new here, or join it with what it is the same as."""

    @abstractmethod
    def find_revision(self, entity_id: int) -> int | None:
        """Return the entity's present revision, or None when it is gone."""

    @abstractmethod
    def update(self, item: ItemT, entity_id: int) -> Written:
        """Write an item again that changed at its source and was not edited here."""

    def join_again(self, item: ItemT, entity_id: int) -> None:
        """Accept that an item joined earlier changed, leaving what is here; or refuse."""
        raise AssertionError(f"{type(self).__name__} joins nothing")

    can_stand_beside: ClassVar[bool] = False
    """Whether a second one, with another title, can be there for the same item."""

    def find_edited_at(self, entity_id: int) -> datetime | None:
        """Return when the entity was last written, where its kind keeps that."""
        written_at = self.table.c.get("updated_at")
        if written_at is None:
            return None
        statement = select(written_at).where(
            self.table.c.site_id == self._batch.site_id, self.table.c.id == entity_id
        )
        found: datetime | None = self._batch.writer.connection.execute(statement).scalar()
        return found

    def find_remark(self, item: ItemT, entity_id: int) -> ItemRefusedError | None:
        """Return why the entity rightly is not as the item says, or None when it is."""
        return None

    def shown_id(self, entity_id: int) -> str:
        """Return the id callers know the entity by."""
        return str(entity_id)

    def is_outdated(self, item: ItemT, entity_id: int) -> bool:
        """Tell whether an item that says the same as before would be written otherwise by now."""
        return False

    def is_file_wanted(self, entity_id: int) -> bool:
        """Tell whether the bytes of the entity are still to come."""
        return False

    def flush(self) -> None:
        """Write what was decided so far: first what is new, then what changed, in order."""
        connection = self._batch.writer.connection
        if self._new:
            insert_rows(connection, self.table, self._new)
        if self._changed:
            statement = update(self.table).where(
                self.table.c.site_id == self._batch.site_id,
                self.table.c.id == bindparam("entity_id"),
            )
            connection.execute(statement, self._changed)
        self._new, self._changed = [], []

    def _add(self, entity_id: int, row: dict[str, Any]) -> None:
        self._new.append({"site_id": self._batch.site_id, "id": entity_id, **row})

    def _change(self, entity_id: int, row: dict[str, Any]) -> None:
        self._changed.append({"entity_id": entity_id, **row})
