"""What messages are built on: the bases of the admin API's, and what of JSON can be kept."""

import json
from typing import Annotated, Any

import orjson
from pydantic import ConfigDict, Field

from portway_sdk.wire import WireModel

Line = Annotated[str, Field(min_length=1, max_length=200)]
"""A name a person reads: one line."""


def check_storable(value: Any) -> None:
    """Raise `ValueError` for JSON that not every database keeps as it is."""
    try:
        raw = json.dumps(value, allow_nan=False)
        orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("may hold no number beyond 64 bits, and no NaN or Infinity") from None
    if "\\u0000" in raw:
        raise ValueError("may not hold the character U+0000")


class Input(WireModel):
    """A body that is refused when it holds a field nobody knows: it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid")


class Output(WireModel):
    """An answer; instants are ISO 8601 in UTC."""


class Nothing(Output):
    """An empty object: what was asked for is not there."""
