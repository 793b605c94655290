"""How labels enter through the bulk door: each item puts one label on one thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from portway_cloud_site.bulk.intake import Batch, Intake, ItemRefusedError, Written
from portway_cloud_site.bulk.items import LabelItem
from portway_cloud_site.error_codes import INVALID_ITEM
from portway_cloud_site.labels.tables import labellings, labels


@dataclass(slots=True)
class _Labelling:
    label_id: int
    revision: int


class LabelsIntake(Intake[LabelItem]):
    """Takes label items."""

    table = labellings

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._labels: dict[tuple[str, str], int] = {}
        self._labellings: dict[int, _Labelling] = {}
        self._by_place: dict[tuple[int, int], int] = {}
        self._new_labels: list[dict[str, Any]] = []

    def load(self, items: Sequence[LabelItem]) -> None:
        """Read the labels of these names, and what is on these containers."""
        site_id = self._batch.site_id
        statement = select(labels.c.id, labels.c.prefix, labels.c.name).where(
            labels.c.site_id == site_id
        )
        for row in self._batch.fetch(statement, labels.c.name, {item.name for item in items}):
            self._labels[row.prefix, row.name] = row.id
        own = self._batch.entity_ids(item.source_key for item in items)
        places = self._batch.entity_ids(item.container for item in items)
        for column, values in ((labellings.c.id, own), (labellings.c.container_id, places)):
            statement = select(
                labellings.c.id,
                labellings.c.container_id,
                labellings.c.label_id,
                labellings.c.revision,
            ).where(labellings.c.site_id == site_id)
            for row in self._batch.fetch(statement, column, values):
                self._labellings[row.id] = _Labelling(row.label_id, row.revision)
                self._by_place[row.container_id, row.label_id] = row.id

    def create(self, item: LabelItem) -> Written:
        """Put a label on something, or join the one that is on it."""
        container_id = self._batch.refer("container", item.container)
        label_id = self._labels.get((item.prefix, item.name))
        if label_id is None:
            label_id = self._batch.writer.take_id()
            self._labels[item.prefix, item.name] = label_id
            self._new_labels.append(
                {
                    "site_id": self._batch.site_id,
                    "id": label_id,
                    "prefix": item.prefix,
                    "name": item.name,
                }
            )
        labelling_id = self._by_place.get((container_id, label_id))
        if labelling_id is not None:
            return Written(labelling_id, self._labellings[labelling_id].revision, merged=True)
        labelling_id = self._batch.writer.take_id()
        self._labellings[labelling_id] = _Labelling(label_id, revision=1)
        self._by_place[container_id, label_id] = labelling_id
        self._add(
            labelling_id,
            {
                "container_id": container_id,
                "container_kind": item.container.partition("/")[0],
                "label_id": label_id,
                "revision": 1,
            },
        )
        return Written(labelling_id, revision=1)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the labelling's revision."""
        labelling = self._labellings.get(entity_id)
        return None if labelling is None else labelling.revision

    def update(self, item: LabelItem, entity_id: int) -> Written:
        """Refuse: a label item is all identity, so another label is another item."""
        problem = "a label keeps its `container`, `name` and `prefix`; send a new key"
        raise ItemRefusedError(INVALID_ITEM, problem=problem)

    def join_again(self, item: LabelItem, entity_id: int) -> None:
        """Refuse, like `update`."""
        self.update(item, entity_id)

    def shown_id(self, entity_id: int) -> str:
        """Return the id of the label, which the product REST shows."""
        return str(self._labellings[entity_id].label_id)

    def flush(self) -> None:
        """Write new labels and where they are put."""
        if self._new_labels:
            self._batch.writer.connection.execute(insert(labels), self._new_labels)
            self._new_labels = []
        super().flush()
