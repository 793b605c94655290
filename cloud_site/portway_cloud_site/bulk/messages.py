"""What the bulk door asks and answers."""

from pydantic import Field

from portway_cloud_site.bulk.tables import MAX_RUN
from portway_cloud_site.messages import Message

CREATED = "created"
MERGED = "merged"
UNCHANGED = "unchanged"
UPDATED = "updated"
SKIPPED = "skipped"
FAILED = "failed"

ItemResult = dict[str, str | bool | None]
"""`sourceKey`, `outcome`, `id`, `code`, `reason`, `fileWanted`: what became of one line."""


class BatchQuery(Message):
    """Which run a batch belongs to, and whether attachments may come ahead of their pages."""

    run: str | None = Field(None, min_length=1, max_length=MAX_RUN)
    ahead: bool = False


class IdsQuery(Message):
    """Whether ids are kept for what is not here yet."""

    reserve: bool = False


IdResult = dict[str, str | None]
"""`sourceKey`, `id`, `state`: the id an item has, or will have."""
