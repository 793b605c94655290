"""Items of what stands beside content: templates, properties, likes and watches."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from portway_cloud_site.bulk.item_parts import (
    MAX_ID,
    Count,
    Instant,
    ItemBase,
    SpaceKey,
    Title,
    UserKey,
    key_of,
)


class TemplateItem(ItemBase):
    """A page template of a space, or of the whole site."""

    kind: Literal["template"]
    source_key: Annotated[str, key_of("template")]
    space: SpaceKey | None
    name: Title
    description: str | None
    body: str
    representation: Literal["storage", "wiki"]
    author: UserKey | None
    created_at: Instant | None
    version: Count


class PropertyItem(ItemBase):
    """A named value of something: a text, a number or an instant."""

    kind: Literal["property"]
    source_key: Annotated[str, key_of("property")]
    container: Annotated[str, key_of("space", "page", "blogPost", "comment", "attachment")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    text: str | None
    number: Annotated[int, Field(ge=-MAX_ID, le=MAX_ID)] | None
    instant: Instant | None


class LikeItem(ItemBase):
    """Somebody likes something."""

    kind: Literal["like"]
    source_key: Annotated[str, key_of("like")]
    container: Annotated[str, key_of("page", "blogPost", "comment", "attachment")]
    user: UserKey
    created_at: Instant | None


class WatchItem(ItemBase):
    """Somebody wants to hear of changes to something."""

    kind: Literal["watch"]
    source_key: Annotated[str, key_of("watch")]
    container: Annotated[str, key_of("space", "page", "blogPost", "comment", "attachment")]
    user: UserKey
    type: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None
