"""Items of who may do what: restrictions of content, and permissions in spaces."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from portway_cloud_site.bulk.item_parts import (
    ContentKey,
    GroupKey,
    ItemBase,
    SpaceKey,
    UserKey,
    key_of,
)

MAX_SUBJECTS = 10_000

Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]


class RestrictionItem(ItemBase):
    """One set of people and groups; only they may read, or update, a page or blog post."""

    kind: Literal["restriction"]
    source_key: Annotated[str, key_of("restriction")]
    container: ContentKey
    operation: Literal["read", "update"]
    users: Annotated[list[UserKey], Field(max_length=MAX_SUBJECTS)]
    groups: Annotated[list[GroupKey], Field(max_length=MAX_SUBJECTS)]


class SpacePermissionItem(ItemBase):
    """What somebody may do in a space."""

    kind: Literal["spacePermission"]
    source_key: Annotated[str, key_of("spacePermission")]
    space: SpaceKey
    subject: Annotated[
        str, StringConstraints(pattern=r"^(?:anonymous$|(?:user|group)/[^\x00-\x1f]+$)")
    ]
    operation: Word
    target: Word
