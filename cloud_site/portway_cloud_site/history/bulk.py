"""How older versions enter through the bulk door."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from portway_cloud_site.bulk.history_items import AttachmentVersionItem, VersionItem
from portway_cloud_site.bulk.intake import Batch
from portway_cloud_site.bulk.plain_intake import PlainIntake
from portway_cloud_site.history.tables import attachment_versions, versions


class VersionsIntake(PlainIntake[VersionItem]):
    """Takes older versions of pages and blog posts."""

    table = versions

    def decide(self, item: VersionItem) -> tuple[dict[str, Any], str | None]:
        """Return the row."""
        author_id, alias = self._batch.refer_to_author("author", item.author)
        row = {
            "content_id": self._batch.refer("of", item.of),
            "version": item.version,
            "title": item.title,
            "representation": item.representation,
            "author_id": author_id,
            "created_at": item.created_at,
            "message": item.version_message,
            "body": item.body,
        }
        return row, alias


class AttachmentVersionsIntake(PlainIntake[AttachmentVersionItem]):
    """Takes what is known of older versions of files."""

    table = attachment_versions

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._files: dict[int, tuple[str, bool]] = {}
        self.superseded: list[tuple[int, str]] = []
        """Id and SHA-256 of stored files whose place new ones take; to delete after the commit."""

    def load(self, items: Sequence[AttachmentVersionItem]) -> None:
        """Read the versions with these keys, and whether their bytes are here."""
        super().load(items)
        columns = self.table.c
        statement = select(columns.id, columns.sha256, columns.stored).where(
            columns.site_id == self._batch.site_id
        )
        ids = self._batch.entity_ids(item.source_key for item in items)
        for row in self._batch.fetch(statement, columns.id, ids):
            self._files[row.id] = (row.sha256, row.stored)

    def further_columns(self, item: AttachmentVersionItem, entity_id: int) -> dict[str, Any]:
        """Return whether the bytes are here; other ones than before are wanted anew."""
        sha256, stored = self._files.get(entity_id, (item.sha256, False))
        if sha256 != item.sha256:
            if stored:
                self.superseded.append((entity_id, sha256))
            stored = False
        self._files[entity_id] = (item.sha256, stored)
        return {"stored": stored}

    def is_file_wanted(self, entity_id: int) -> bool:
        """Tell whether the bytes are still to come."""
        return not self._files[entity_id][1]

    def decide(self, item: AttachmentVersionItem) -> tuple[dict[str, Any], str | None]:
        """Return the row, without whether its bytes are here."""
        author_id, alias = self._batch.refer_to_author("author", item.author)
        row = {
            "attachment_id": self._batch.refer("of", item.of),
            "version": item.version,
            "title": item.title,
            "media_type": item.media_type,
            "comment": item.comment,
            "size_bytes": item.size_bytes,
            "sha256": item.sha256,
            "author_id": author_id,
            "created_at": item.created_at,
        }
        return row, alias
