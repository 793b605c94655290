"""Attachments as the product REST shows them, and what became of files sent to the bulk door."""

from pydantic import Field

from portway_cloud_site.messages import Message, Version, WebLinks, WrittenInstant
from portway_cloud_site.paging import ListQuery
from portway_service.errors import Refusal

FileResult = dict[str, str | None]
"""`sourceKey`, `outcome`, `code`, `reason`: what became of the bytes of one attachment."""


def stored_result(source_key: str, *, is_new: bool) -> FileResult:
    """Return the result of a file that is here now."""
    outcome = "created" if is_new else "unchanged"
    return {"sourceKey": source_key, "outcome": outcome, "code": None, "reason": None}


def failed_result(source_key: str, refusal: Refusal) -> FileResult:
    """Return the result of a file that was refused."""
    reason = f"{refusal.message} {refusal.error.fix}"
    return {"sourceKey": source_key, "outcome": "failed", "code": refusal.code, "reason": reason}


class SourceKeyQuery(Message):
    """Which item the bytes belong to."""

    source_key: str = Field(min_length=1, max_length=512)


class AttachmentsQuery(ListQuery):
    """What lists of attachments take."""

    filename: str | None = None


class Attachment(Message):
    """An attachment. Which of the ids of containers it has depends on what it is on."""

    id: str
    status: str
    title: str
    created_at: WrittenInstant | None
    page_id: str | None = None
    blog_post_id: str | None = None
    media_type: str
    media_type_description: str
    comment: str
    file_id: str
    file_size: int
    webui_link: str
    download_link: str
    version: Version
    links: WebLinks = Field(alias="_links")
