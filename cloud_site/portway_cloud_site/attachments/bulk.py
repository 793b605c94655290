"""How attachments enter through the bulk door: what is known of a file, before its bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.intake import Batch, Intake, Written
from portway_cloud_site.bulk.items import AttachmentItem


@dataclass(slots=True)
class _Attachment:
    sha256: str
    stored: bool
    revision: int


class AttachmentsIntake(Intake[AttachmentItem]):
    """Takes attachment items."""

    table = attachments

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._attachments: dict[int, _Attachment] = {}

    def load(self, items: Sequence[AttachmentItem]) -> None:
        """Read the attachments with these keys."""
        ids = self._batch.entity_ids(item.source_key for item in items)
        statement = select(
            attachments.c.id,
            attachments.c.sha256,
            attachments.c.stored,
            attachments.c.revision,
        ).where(attachments.c.site_id == self._batch.site_id)
        for row in self._batch.fetch(statement, attachments.c.id, ids):
            self._attachments[row.id] = _Attachment(*row[1:])

    def create(self, item: AttachmentItem) -> Written:
        """Note an attachment. It is shown once its bytes are here."""
        row, alias = self._decide(item)
        attachment_id = self._batch.take_id(item.source_key)
        self._attachments[attachment_id] = _Attachment(item.sha256, stored=False, revision=1)
        self._add(attachment_id, {"stored": False, "revision": 1, **row})
        return Written(attachment_id, revision=1, author_alias=alias)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the attachment's revision."""
        attachment = self._attachments.get(entity_id)
        return None if attachment is None else attachment.revision

    def update(self, item: AttachmentItem, entity_id: int) -> Written:
        """Change the attachment; other bytes than before are wanted anew."""
        row, alias = self._decide(item)
        attachment = self._attachments[entity_id]
        if attachment.sha256 != item.sha256:
            if attachment.stored:
                self.superseded.append((entity_id, attachment.sha256))
            attachment.sha256, attachment.stored = item.sha256, False
        attachment.revision += 1
        self._change(
            entity_id, {"stored": attachment.stored, "revision": attachment.revision, **row}
        )
        return Written(entity_id, attachment.revision, author_alias=alias)

    def is_file_wanted(self, entity_id: int) -> bool:
        """Tell whether the bytes are still to come."""
        return not self._attachments[entity_id].stored

    def _decide(self, item: AttachmentItem) -> tuple[dict[str, Any], str | None]:
        """Return the row, and the author's alias; or refuse."""
        author_id, alias = self._batch.refer_to_author("author", item.author)
        row = {
            "container_id": self._batch.refer_ahead("container", item.container),
            "container_kind": item.container.partition("/")[0],
            "title": item.title,
            "media_type": item.media_type,
            "comment": item.comment,
            "size_bytes": item.size_bytes,
            "sha256": item.sha256,
            "author_id": author_id,
            "created_at": item.created_at,
            "version": item.version,
        }
        return row, alias
