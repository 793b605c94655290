"""How items enter that need no more than their references: a row each."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import select

from portway_cloud_site.bulk.intake import Batch, Intake, ItemRefusedError, ItemT, Written
from portway_cloud_site.error_codes import INVALID_ITEM


class PlainIntake(Intake[ItemT]):
    """Takes items of a kind whose entities are a row each, with a `revision`.

    Where `identity` names columns, the site holds one row for each of their values: an item that
    says the same as a row here, such as the like of two keys that are one account, joins it.
    """

    identity: ClassVar[tuple[str, ...]] = ()
    """Columns; rows with the same values in them are the same. The first is a reference."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._revisions: dict[int, int] = {}
        self._by_identity: dict[tuple[Any, ...], int] = {}

    @abstractmethod
    def decide(self, item: ItemT) -> tuple[dict[str, Any], str | None]:
        """Return the row an item becomes, and its author's alias; or refuse."""

    def further_columns(self, item: ItemT, entity_id: int) -> dict[str, Any]:
        """Return the columns that depend on what is here already."""
        return {}

    def place(self, item: ItemT) -> str:
        """Return the reference that the first column of `identity` holds."""
        raise AssertionError(f"{type(self).__name__} has no identity")

    def load(self, items: Sequence[ItemT]) -> None:
        """Read the rows with these keys, and those the items might be the same as."""
        columns = self.table.c
        names = ("id", "revision", *self.identity)
        statement = select(*(columns[name] for name in names)).where(
            columns.site_id == self._batch.site_id
        )
        rounds = [(columns.id, self._batch.entity_ids(item.source_key for item in items))]
        if self.identity:
            places = self._batch.entity_ids(self.place(item) for item in items)
            rounds.append((columns[self.identity[0]], places))
        for column, values in rounds:
            for row in self._batch.fetch(statement, column, values):
                self._revisions[row.id] = row.revision
                self._by_identity[tuple(row[2:])] = row.id

    def create(self, item: ItemT) -> Written:
        """Write a row, or join the one that says the same."""
        row, alias = self.decide(item)
        if self.identity:
            same = self._by_identity.get(self._identity_of(row))
            if same is not None:
                return Written(same, self._revisions[same], merged=True, author_alias=alias)
        entity_id = self._batch.writer.take_id()
        self._revisions[entity_id] = 1
        if self.identity:
            self._by_identity[self._identity_of(row)] = entity_id
        self._add(entity_id, {"revision": 1, **row, **self.further_columns(item, entity_id)})
        return Written(entity_id, revision=1, author_alias=alias)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the row's revision."""
        return self._revisions.get(entity_id)

    def update(self, item: ItemT, entity_id: int) -> Written:
        """Write the row anew."""
        row, alias = self.decide(item)
        if self.identity and self._by_identity.get(self._identity_of(row)) != entity_id:
            problem = f"{', '.join(self.identity)} make it what it is; send a new key"
            raise ItemRefusedError(INVALID_ITEM, problem=problem)
        self._revisions[entity_id] += 1
        revision = {"revision": self._revisions[entity_id]}
        self._change(entity_id, revision | row | self.further_columns(item, entity_id))
        return Written(entity_id, self._revisions[entity_id], author_alias=alias)

    def join_again(self, item: ItemT, entity_id: int) -> None:
        """Leave the row, which says the same for somebody else too."""

    def _identity_of(self, row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.identity)
