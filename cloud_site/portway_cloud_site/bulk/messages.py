"""What the bulk door asks and answers."""

from typing import Any

from pydantic import Field

from portway_cloud_site.bulk.tables import MAX_RUN
from portway_cloud_site.messages import Message
from portway_service.edit_rules import EditPolicy

CREATED = "created"
MERGED = "merged"
UNCHANGED = "unchanged"
UPDATED = "updated"
SKIPPED = "skipped"
FAILED = "failed"
DELETED = "deleted"

ItemResult = dict[str, Any]
"""`sourceKey`, `outcome`, `id`, `code`, `reason`, `fileWanted`: what became of one line; with
`beside`, also that of the copy that stands beside it."""


class BatchQuery(Message):
    """Which run a batch belongs to, who wins where both sides changed an item, and whether
    attachments may come ahead of their pages."""

    run: str | None = Field(None, min_length=1, max_length=MAX_RUN)
    edited: EditPolicy = EditPolicy.LEAVE
    ahead: bool = False


class KeysToDelete(Message):
    """Items the source has no longer."""

    source_keys: list[str] = Field(max_length=1_000)


class IdsQuery(Message):
    """Whether ids are kept for what is not here yet."""

    reserve: bool = False


IdResult = dict[str, str | None]
"""`sourceKey`, `id`, `state`: the id an item has, or will have."""
