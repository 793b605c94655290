"""Items of what content was before: older versions of pages, blog posts and files."""

from typing import Annotated, Literal

from portway_cloud_site.bulk.item_parts import (
    AttachmentKey,
    ContentKey,
    Count,
    FileTitle,
    Instant,
    ItemBase,
    MediaType,
    Sha256,
    Size,
    Title,
    UserKey,
    key_of,
)


class VersionItem(ItemBase):
    """An older version of a page or blog post."""

    kind: Literal["version"]
    source_key: Annotated[str, key_of("version")]
    of: ContentKey
    title: Title
    body: str
    representation: Literal["storage", "wiki"]
    author: UserKey | None
    created_at: Instant | None
    version: Count
    version_message: str | None


class AttachmentVersionItem(ItemBase):
    """What is known of an older version of a file; its bytes come after."""

    kind: Literal["attachmentVersion"]
    source_key: Annotated[str, key_of("attachmentVersion")]
    of: AttachmentKey
    title: FileTitle
    media_type: MediaType
    comment: str | None
    size_bytes: Size
    sha256: Sha256
    author: UserKey | None
    created_at: Instant | None
    version: Count
