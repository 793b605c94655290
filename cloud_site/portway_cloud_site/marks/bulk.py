"""How likes, watches, properties and templates enter through the bulk door."""

from typing import Any

from portway_cloud_site.bulk.holders import refer_to_holder
from portway_cloud_site.bulk.mark_items import LikeItem, PropertyItem, TemplateItem, WatchItem
from portway_cloud_site.bulk.plain_intake import PlainIntake
from portway_cloud_site.marks.tables import likes, properties, templates, watches


class LikesIntake(PlainIntake[LikeItem]):
    """Takes likes; of two people who are one account, one."""

    table = likes
    identity = ("container_id", "person_id")

    def place(self, item: LikeItem) -> str:
        """Return what is liked."""
        return item.container

    def decide(self, item: LikeItem) -> tuple[dict[str, Any], str | None]:
        """Return the row."""
        person_id, alias = refer_to_holder(self._batch, item.user)
        row = {
            "container_id": self._batch.refer("container", item.container),
            "container_kind": item.container.partition("/")[0],
            "person_id": person_id,
            "created_at": item.created_at,
        }
        return row, alias


class WatchesIntake(PlainIntake[WatchItem]):
    """Takes watches; of two people who are one account, one."""

    table = watches
    identity = ("container_id", "person_id", "type")

    def place(self, item: WatchItem) -> str:
        """Return what is watched."""
        return item.container

    def decide(self, item: WatchItem) -> tuple[dict[str, Any], str | None]:
        """Return the row."""
        person_id, alias = refer_to_holder(self._batch, item.user)
        row = {
            "container_id": self._batch.refer("container", item.container),
            "container_kind": item.container.partition("/")[0],
            "person_id": person_id,
            "type": item.type,
        }
        return row, alias


class PropertiesIntake(PlainIntake[PropertyItem]):
    """Takes named values."""

    table = properties

    def decide(self, item: PropertyItem) -> tuple[dict[str, Any], str | None]:
        """Return the row."""
        row = {
            "container_id": self._batch.refer("container", item.container),
            "container_kind": item.container.partition("/")[0],
            "name": item.name,
            "text": item.text,
            "number": item.number,
            "instant": item.instant,
        }
        return row, None


class TemplatesIntake(PlainIntake[TemplateItem]):
    """Takes page templates."""

    table = templates

    def decide(self, item: TemplateItem) -> tuple[dict[str, Any], str | None]:
        """Return the row."""
        author_id, alias = self._batch.refer_to_author("author", item.author)
        row = {
            "space_id": None if item.space is None else self._batch.refer("space", item.space),
            "name": item.name,
            "description": item.description,
            "body": item.body,
            "representation": item.representation,
            "author_id": author_id,
            "created_at": item.created_at,
            "version": item.version,
        }
        return row, alias
