"""Bodies of the three endpoints that only Jira sites have. Source: wire contract, 3.5"""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    field_validator,
)

from portway_platform.messages import check_storable

VALUES_LIMIT = 200
PROPERTIES_LIMIT = 50
RULES_LIMIT = 10
PROPERTY_BYTES = 32_768
TEXT_CHARACTERS = 32_767


def _no_null_character(value: object) -> object:
    if isinstance(value, str) and "\0" in value:
        raise ValueError("may not hold the character U+0000")
    return value


def checked_value(value: Any) -> Any:
    """Return a JSON value that can be kept, or raise `ValueError`."""
    check_storable(value)
    if len(orjson.dumps(value)) > PROPERTY_BYTES:
        raise ValueError(f"may have {PROPERTY_BYTES} bytes as JSON")
    return value


Text = Annotated[str, Field(max_length=TEXT_CHARACTERS), BeforeValidator(_no_null_character)]
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]


class _Body(BaseModel):
    """The contract spells some of its members in a way of its own, so each is named."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="ignore")


class _Value(_Body):
    issue_id: Number = Field(alias="issueID")
    field_id: Number = Field(alias="fieldID")


class StringValue(_Value):
    """A line of text."""

    type: Literal["StringIssueField"] = Field(alias="_type")
    value: Annotated[Text, Field(max_length=255, alias="string")]


class TextValue(_Value):
    """Lines of text."""

    type: Literal["TextIssueField"] = Field(alias="_type")
    value: Text = Field(alias="text")


class RichTextValue(_Value):
    """Text with marks."""

    type: Literal["RichTextIssueField"] = Field(alias="_type")
    value: Text = Field(alias="richText")


WholeNumber = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
Fraction = Annotated[StrictFloat, Field(allow_inf_nan=False)]


class NumberValue(_Value):
    """A number."""

    type: Literal["NumberIssueField"] = Field(alias="_type")
    value: Annotated[WholeNumber | Fraction, Field(alias="number")]


def _as_text(value: object) -> object:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return _no_null_character(str(value) if is_number else value)


class OptionValue(_Value):
    """One option; several values of a multi-select field choose several."""

    type: Literal["SingleSelectIssueField", "MultiSelectIssueField"] = Field(alias="_type")
    value: Annotated[
        str, Field(min_length=1, max_length=255, alias="optionID"), BeforeValidator(_as_text)
    ]


FieldValue = Annotated[
    StringValue | TextValue | RichTextValue | NumberValue | OptionValue,
    Field(discriminator="type"),
]


class FieldUpdates(_Body):
    """Values of fields that belong to the app."""

    values: Annotated[
        tuple[FieldValue, ...],
        Field(min_length=1, max_length=VALUES_LIMIT, alias="updateValueList"),
    ]


class Property(_Body):
    """A property of an entity."""

    entity_id: Number = Field(alias="entityId")
    key: Annotated[str, Field(min_length=1, max_length=255), BeforeValidator(_no_null_character)]
    value: Any

    _checked = field_validator("value")(checked_value)


Properties = Annotated[list[Property], Field(min_length=1, max_length=PROPERTIES_LIMIT)]


class RuleSearch(_Body):
    """Which of its workflow rules an app looks up."""

    workflow_entity_id: UUID = Field(alias="workflowEntityId")
    rule_ids: Annotated[
        tuple[UUID, ...], Field(min_length=1, max_length=RULES_LIMIT, alias="ruleIds")
    ]
    expand: Literal["transition"] | None = None
