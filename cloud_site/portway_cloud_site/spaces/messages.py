"""Spaces as the product REST shows them."""

from typing import Literal

from pydantic import Field

from portway_cloud_site.messages import BodyValue, Message, WebLinks, WrittenInstant
from portway_cloud_site.paging import ListQuery


class SpaceQuery(ListQuery):
    """What `GET spaces/{id}` takes."""

    description_format: Literal["plain", "view"] | None = None


class Description(Message):
    """A space's description in the representation asked for."""

    plain: BodyValue | None = None
    view: BodyValue | None = None


class Space(Message):
    """A space."""

    id: str
    key: str
    name: str
    type: str
    status: str
    author_id: str | None
    space_owner_id: str | None
    current_active_alias: str
    created_at: WrittenInstant | None
    homepage_id: str | None
    description: Description | None
    icon: None
    links: WebLinks = Field(alias="_links")
