"""Comments as the product REST shows them."""

from typing import Literal

from pydantic import Field

from portway_cloud_site.messages import Body, Message, Version, WebLinks
from portway_cloud_site.paging import ListQuery


class CommentQuery(ListQuery):
    """What reading comments takes."""

    body_format: Literal["storage"] | None = None


class InlineProperties(Message):
    """What an inline comment is tied to, in today's spelling and in the older one."""

    inline_marker_ref: str | None
    inline_original_selection: str | None
    old_marker_ref: str | None = Field(alias="inline-marker-ref")
    old_original_selection: str | None = Field(alias="inline-original-selection")


class Comment(Message):
    """A comment. Which of the ids of containers it has depends on what it is on."""

    id: str
    status: str
    title: str
    page_id: str | None = None
    blog_post_id: str | None = None
    attachment_id: str | None = None
    parent_comment_id: str | None = None
    version: Version
    body: Body
    resolution_status: str | None = None
    properties: InlineProperties | None = None
    links: WebLinks = Field(alias="_links")
