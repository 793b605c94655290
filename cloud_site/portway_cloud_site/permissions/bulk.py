"""How restrictions and space permissions enter through the bulk door."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select

from portway_cloud_site.bulk.access_items import RestrictionItem, SpacePermissionItem
from portway_cloud_site.bulk.holders import refer_to_holder
from portway_cloud_site.bulk.intake import Batch, Written
from portway_cloud_site.bulk.plain_intake import PlainIntake
from portway_cloud_site.permissions.tables import (
    ANONYMOUS,
    NOBODY,
    restriction_subjects,
    restrictions,
    space_permissions,
)
from portway_cloud_site.queries import insert_rows


class RestrictionsIntake(PlainIntake[RestrictionItem]):
    """Takes restrictions.

    Somebody who is not here stays in the set by name: whom it closes out stays out. Sent again
    once that person or group is here, it lets them in.
    """

    table = restrictions

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._unknown: dict[int, set[str]] = {}
        self._new_subjects: list[dict[str, Any]] = []
        self._emptied: list[dict[str, Any]] = []

    def load(self, items: Sequence[RestrictionItem]) -> None:
        """Read the restrictions with these keys, and whom of their subjects nobody knew."""
        super().load(items)
        columns = restriction_subjects.c
        statement = select(columns.restriction_id, columns.subject_key).where(
            columns.site_id == self._batch.site_id, columns.subject_id.is_(None)
        )
        ids = self._batch.entity_ids(item.source_key for item in items)
        for row in self._batch.fetch(statement, columns.restriction_id, ids):
            self._unknown.setdefault(row.restriction_id, set()).add(row.subject_key)

    def create(self, item: RestrictionItem) -> Written:
        """Close a page or blog post to all but these."""
        written = super().create(item)
        self._add_subjects(item, written.entity_id)
        return written

    def update(self, item: RestrictionItem, entity_id: int) -> Written:
        """Close it to all but these instead."""
        written = super().update(item, entity_id)
        self._emptied.append({"emptied_id": entity_id})
        self._new_subjects = [
            row for row in self._new_subjects if row["restriction_id"] != entity_id
        ]
        self._add_subjects(item, entity_id)
        return written

    def is_outdated(self, item: RestrictionItem, entity_id: int) -> bool:
        """Tell whether somebody in the set is here by now who was not when it was written."""
        return any(key in self._batch.origins for key in self._unknown.get(entity_id, ()))

    def decide(self, item: RestrictionItem) -> tuple[dict[str, Any], str | None]:
        """Return the row."""
        container_id = self._batch.refer("container", item.container)
        return {"container_id": container_id, "operation": item.operation}, None

    def flush(self) -> None:
        """Write restrictions, then who is in them."""
        super().flush()
        connection = self._batch.writer.connection
        if self._emptied:
            statement = delete(restriction_subjects).where(
                restriction_subjects.c.site_id == self._batch.site_id,
                restriction_subjects.c.restriction_id == bindparam("emptied_id"),
            )
            connection.execute(statement, self._emptied)
        if self._new_subjects:
            insert_rows(connection, restriction_subjects, self._new_subjects)
        self._emptied, self._new_subjects = [], []

    def _add_subjects(self, item: RestrictionItem, restriction_id: int) -> None:
        for place, key in enumerate(dict.fromkeys([*item.users, *item.groups])):
            origin = self._batch.origins.get(key)
            self._new_subjects.append(
                {
                    "site_id": self._batch.site_id,
                    "restriction_id": restriction_id,
                    "place": place,
                    "subject_kind": key.partition("/")[0],
                    "subject_id": None if origin is None else origin.entity_id,
                    "subject_key": key,
                }
            )


class SpacePermissionsIntake(PlainIntake[SpacePermissionItem]):
    """Takes space permissions; one of somebody who is not here is skipped."""

    table = space_permissions
    identity = ("space_id", "subject_kind", "subject_id", "operation", "target")

    def place(self, item: SpacePermissionItem) -> str:
        """Return the space."""
        return item.space

    def decide(self, item: SpacePermissionItem) -> tuple[dict[str, Any], str | None]:
        """Return the row."""
        subject_id, alias = NOBODY, None
        if item.subject != ANONYMOUS:
            subject_id, alias = refer_to_holder(self._batch, item.subject)
        row = {
            "space_id": self._batch.refer("space", item.space),
            "subject_kind": item.subject.partition("/")[0],
            "subject_id": subject_id,
            "operation": item.operation,
            "target": item.target,
        }
        return row, alias
