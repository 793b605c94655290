"""The two bases of the admin API's messages: what comes in, and what goes out."""

from typing import Annotated

from pydantic import ConfigDict, Field

from portway_sdk.wire import WireModel

Line = Annotated[str, Field(min_length=1, max_length=200)]
"""A name a person reads: one line."""


class Input(WireModel):
    """A body that is refused when it holds a field nobody knows: it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid")


class Output(WireModel):
    """An answer; instants are ISO 8601 in UTC."""


class Nothing(Output):
    """An empty object: what was asked for is not there."""
