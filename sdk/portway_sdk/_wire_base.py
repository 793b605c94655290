"""The bases of every message: how it reads in JSON, and instants.

JSON keeps the contract's `transferId`, Python says `transfer_id`; `WireModel` converts.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

_FIRST_MILLISECONDS = 100_000_000_000
"""As seconds this would be the year 5138, so a larger number counts milliseconds."""


class WireModel(BaseModel):
    """A message: camelCase as JSON, snake_case in Python, unchangeable once made."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )

    def to_wire(self) -> dict[str, Any]:
        """Return what `json.dumps` takes, with the contract's field names."""
        return self.model_dump(mode="json", by_alias=True)


class OpenWireModel(WireModel):
    """A message whose unknown fields are kept in `model_extra`."""

    model_config = ConfigDict(extra="allow")


def _parse_instant(value: object) -> object:
    """Accept seconds and milliseconds: published samples show both (wire contract, 1.2)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    seconds = value / 1000 if abs(value) >= _FIRST_MILLISECONDS else value
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, OSError) as exc:
        raise ValueError("is not an instant in seconds or milliseconds") from exc


Instant = Annotated[
    datetime,
    BeforeValidator(_parse_instant),
    PlainSerializer(lambda instant: round(instant.timestamp() * 1000), return_type=int),
]
"""An aware instant; in JSON a number of milliseconds, read also when it counts seconds."""
