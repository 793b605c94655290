"""What the classes of items are made of: their base, and the types of their fields."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints
from pydantic.alias_generators import to_camel

from portway_service.instants import parse_instant

MAX_TITLE = 255
MAX_ID = (1 << 63) - 1


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("an instant is ISO 8601 text")
    return parse_instant(value)


def key_of(*kinds: str) -> Any:
    """Return the rule for source keys of these kinds."""
    return StringConstraints(pattern=rf"^(?:{'|'.join(kinds)})/[^\x00-\x1f]+$", max_length=512)


Instant = Annotated[datetime, PlainValidator(_instant)]
UserKey = Annotated[str, key_of("user")]
GroupKey = Annotated[str, key_of("group")]
SpaceKey = Annotated[str, key_of("space")]
PageKey = Annotated[str, key_of("page")]
CommentKey = Annotated[str, key_of("comment")]
ContentKey = Annotated[str, key_of("page", "blogPost")]
AttachmentKey = Annotated[str, key_of("attachment")]
Name = Annotated[str, StringConstraints(max_length=1_000)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TITLE)]
FileTitle = Annotated[str, StringConstraints(min_length=1, max_length=500)]
MediaType = Annotated[str, StringConstraints(max_length=255)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Field(ge=0, le=MAX_ID)]
Email = Annotated[str, StringConstraints(pattern=r"^[^\s@]+@[^\s@]+$", max_length=254)]
Count = Annotated[int, Field(ge=0, le=2_000_000_000)]


class ItemBase(BaseModel):
    """What every item obeys: the wire's spelling, and no field that is not known."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
