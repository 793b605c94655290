"""The base of the product REST's answers: camel case, instants in their one written form."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

from portway_service.instants import format_instant

WrittenInstant = Annotated[datetime, PlainSerializer(format_instant, return_type=str)]


class Message(BaseModel):
    """One answer. What was not set is left out; what was set to None is null."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, frozen=True)

    def as_json(self) -> dict[str, Any]:
        """Return the answer as JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Version(Message):
    """A version of something: its number, who made it and when."""

    number: int
    message: str
    minor_edit: bool
    author_id: str | None
    created_at: WrittenInstant | None


class BodyValue(Message):
    """A body in one representation."""

    representation: str
    value: str


class Body(Message):
    """The body in the representations asked for; empty when none was."""

    storage: BodyValue | None = None
    view: BodyValue | None = None


class WebLinks(Message):
    """Where a browser finds it, relative to `_links.base`."""

    webui: str | None = None
    tinyui: str | None = None
    download: str | None = None
    base: str | None = None
