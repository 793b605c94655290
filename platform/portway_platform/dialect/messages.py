"""Switches as the admin API shows them. Source: docs/reference/dialect.md"""

from typing import Annotated

from pydantic import Field

from portway_platform.messages import Input, Output

Word = Annotated[str, Field(max_length=60)]


class SwitchOutput(Output):
    """One open point of the contract."""

    name: str
    point: int
    question: str
    default: str
    choices: dict[str, str]


class SwitchesInput(Input):
    """Switches to set; null puts one back to its default, what is not named stays."""

    switches: Annotated[dict[Word, Word | None], Field(min_length=1)]


class DialectOutput(Output):
    """How a site speaks: every switch with its value, and those that differ from the default."""

    site_key: str
    switches: dict[str, str]
    changed: list[str]
