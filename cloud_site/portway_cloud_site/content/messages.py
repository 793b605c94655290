"""Pages and blog posts as the product REST takes and shows them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from portway_cloud_site.messages import Body, Message, Version, WebLinks, WrittenInstant
from portway_cloud_site.paging import ListQuery

MAX_TITLE = 255

IdText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
TitleText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TITLE)]


class ContentQuery(ListQuery):
    """What lists of content take."""

    title: str | None = None
    body_format: Literal["storage"] | None = None
    depth: Literal["all", "root"] = "all"


class OneContentQuery(ListQuery):
    """What reading one page or blog post takes."""

    body_format: Literal["storage", "view"] | None = None
    version: int | None = None


class Content(Message):
    """What pages and blog posts have in common."""

    id: str
    status: str
    title: str
    space_id: str
    author_id: str | None
    owner_id: str | None
    last_owner_id: str | None
    created_at: WrittenInstant | None
    version: Version
    body: Body
    links: WebLinks = Field(alias="_links")


class Page(Content):
    """A page."""

    parent_id: str | None
    parent_type: str | None
    position: int | None


class BlogPost(Content):
    """A blog post."""


class ChildPage(Message):
    """A page as one of its parent's children."""

    id: str
    status: str
    title: str
    space_id: str
    child_position: int | None


class BodyWrite(Message):
    """A body to write: `{"representation","value"}`, or the same under `storage` or `wiki`."""

    model_config = ConfigDict(extra="ignore")

    representation: Literal["storage", "wiki"]
    value: str

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, given: Any) -> Any:
        if isinstance(given, dict) and "representation" not in given:
            for representation in ("storage", "wiki"):
                inner = given.get(representation)
                if isinstance(inner, dict):
                    return {"representation": representation, **inner}
        return given


class VersionWrite(Message):
    """The version an update makes."""

    model_config = ConfigDict(extra="ignore")

    number: int
    message: str | None = None


class PageCreate(Message):
    """A page to create."""

    model_config = ConfigDict(extra="ignore")

    space_id: IdText
    status: Literal["current"] = "current"
    title: TitleText
    parent_id: IdText | None = None
    body: BodyWrite


class PageUpdate(Message):
    """What a page shall be from now on."""

    model_config = ConfigDict(extra="ignore")

    id: IdText
    status: Literal["current"]
    title: TitleText
    space_id: IdText | None = None
    parent_id: IdText | None = None
    body: BodyWrite
    version: VersionWrite


class PageCreateQuery(Message):
    """Where a new page without a parent goes: below the home page, or beside it."""

    model_config = ConfigDict(extra="ignore", alias_generator=lambda name: name.replace("_", "-"))

    root_level: bool = False
