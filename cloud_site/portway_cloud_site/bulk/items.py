"""The items of a batch, one class a kind. Unknown fields are refused: none is lost in silence."""

import hashlib
from typing import Annotated, Literal

import orjson
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from portway_cloud_site.bulk.access_items import RestrictionItem, SpacePermissionItem
from portway_cloud_site.bulk.history_items import AttachmentVersionItem, VersionItem
from portway_cloud_site.bulk.item_parts import (
    MAX_ID,
    CommentKey,
    Count,
    FileTitle,
    Instant,
    ItemBase,
    MediaType,
    Name,
    PageKey,
    Sha256,
    Size,
    SpaceKey,
    Title,
    UserKey,
    key_of,
)
from portway_cloud_site.bulk.mark_items import LikeItem, PropertyItem, TemplateItem, WatchItem
from portway_cloud_site.bulk.people_items import GroupItem, MembershipItem, UserItem


class SpaceItem(ItemBase):
    """A space."""

    kind: Literal["space"]
    source_key: SpaceKey
    key: Annotated[str, StringConstraints(pattern=r"^[^\s/?#%\\\x00-\x1f]+$", max_length=255)]
    name: Name
    description: str | None
    type: Literal["global", "personal", "collaboration"]
    status: Literal["current", "archived"]
    author: UserKey | None
    created_at: Instant | None


class _WrittenItem(ItemBase):
    body: str
    representation: Literal["storage", "wiki"]
    author: UserKey | None
    created_at: Instant | None
    last_author: UserKey | None
    updated_at: Instant | None
    version: Count


class PageItem(_WrittenItem):
    """A page, with its place in the tree."""

    kind: Literal["page"]
    source_key: PageKey
    space: SpaceKey
    parent: PageKey | None
    home: bool
    title: Title
    status: Literal["current", "archived"]
    restricted: bool
    position: Annotated[int, Field(ge=-MAX_ID, le=MAX_ID)] | None
    version_message: str | None


class BlogPostItem(_WrittenItem):
    """A blog post."""

    kind: Literal["blogPost"]
    source_key: Annotated[str, key_of("blogPost")]
    space: SpaceKey
    title: Title
    status: Literal["current", "archived"]
    restricted: bool
    version_message: str | None


class Inline(ItemBase):
    """What ties a comment to a selection of the text."""

    marker_ref: Name | None
    selection: str | None
    resolved: bool
    resolved_by: UserKey | None
    resolved_at: Instant | None


class CommentItem(_WrittenItem):
    """A comment."""

    kind: Literal["comment"]
    source_key: CommentKey
    container: Annotated[str, key_of("page", "blogPost", "attachment")]
    parent: CommentKey | None
    inline: Inline | None


class AttachmentItem(ItemBase):
    """What is known of a file; its bytes come after."""

    kind: Literal["attachment"]
    source_key: Annotated[str, key_of("attachment")]
    container: Annotated[str, key_of("space", "page", "blogPost", "comment")]
    title: FileTitle
    media_type: MediaType
    comment: str | None
    size_bytes: Size
    sha256: Sha256
    author: UserKey | None
    created_at: Instant | None
    version: Count


class LabelItem(ItemBase):
    """A label on something."""

    kind: Literal["label"]
    source_key: Annotated[str, key_of("label")]
    container: Annotated[str, key_of("space", "page", "blogPost", "attachment", "template")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    prefix: Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f]{1,64}$")]


Item = (
    UserItem
    | GroupItem
    | MembershipItem
    | SpaceItem
    | PageItem
    | BlogPostItem
    | VersionItem
    | CommentItem
    | AttachmentItem
    | AttachmentVersionItem
    | TemplateItem
    | LabelItem
    | PropertyItem
    | RestrictionItem
    | LikeItem
    | WatchItem
    | SpacePermissionItem
)

_ITEM: TypeAdapter[Item] = TypeAdapter(Annotated[Item, Field(discriminator="kind")])


class UnreadableLineError(Exception):
    """A line that is no valid item.

    Attributes:
        source_key: The line's key, when that much of it can be read.
    """

    def __init__(self, source_key: str | None, problem: str) -> None:
        super().__init__(problem)
        self.source_key = source_key
        self.problem = problem


def parse_item(line: bytes) -> Item:
    """Return the item of one line; raise `UnreadableLineError`, naming its first faults."""
    if rb"\u0000" in line:
        _refuse_null_characters(line)
    try:
        return _ITEM.validate_json(line)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        problem = "; ".join(
            ": ".join([*[str(part) for part in fault["loc"][1:]], fault["msg"]])
            for fault in faults[:3]
        )
        raise UnreadableLineError(_find_source_key(line), problem) from None


def item_fingerprint(item: Item) -> bytes:
    """Return the SHA-256 over every field, to tell an item sent again from a changed one."""
    return hashlib.sha256(orjson.dumps(item.__dict__, default=lambda part: part.__dict__)).digest()


def _find_source_key(line: bytes) -> str | None:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    key = fields.get("sourceKey") if isinstance(fields, dict) else None
    return key if isinstance(key, str) else None


def _refuse_null_characters(line: bytes) -> None:
    """PostgreSQL keeps no U+0000 in texts, and no source may mean one."""
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return
    if b"\x00" in orjson.dumps(fields).replace(rb"\\", b"").replace(rb"\u0000", b"\x00"):
        raise UnreadableLineError(_find_source_key(line), "a text holds the character U+0000")
