"""The data of a Jira site as NDJSON: what an admin seeds it with, and reads back.

Each line is an object with a `kind`. Source: docs/reference/admin-api.md#data-of-jira-sites
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from portway_platform.jira.messages import Number, checked_value
from portway_platform.jira.rules import EntityType, FieldType
from portway_platform.migrations.lines import LineError
from portway_service.endpoints import faults_of

Kind = Literal["entity", "field", "fieldValue", "issue", "property", "workflowRule"]
Name = Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True)
class Item:
    """One row of a site's data."""

    kind: str
    key: str
    value: dict[str, Any]


class _Line(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class IssueLine(_Line):
    """An issue there is."""

    kind: Literal["issue"]
    issue_id: Number

    @property
    def place(self) -> str:
        """The key of its row."""
        return str(self.issue_id)


class FieldLine(_Line):
    """A custom field there is, and the app it belongs to."""

    kind: Literal["field"]
    field_id: Number
    type: FieldType
    app_key: Name
    options: tuple[Name, ...] = ()
    """Ids of its options; with none, every option will do."""

    @property
    def place(self) -> str:
        """The key of its row."""
        return str(self.field_id)


class FieldValueLine(_Line):
    """What an issue has in a field."""

    kind: Literal["fieldValue"]
    issue_id: Number
    field_id: Number
    value: Any

    _checked = field_validator("value")(checked_value)

    @property
    def place(self) -> str:
        """The key of its row."""
        return f"{self.issue_id}/{self.field_id}"


class EntityLine(_Line):
    """Something there is that can have properties; for issues `issue` says the same."""

    kind: Literal["entity"]
    entity_type: EntityType
    entity_id: Number

    @property
    def place(self) -> str:
        """The key of its row."""
        return f"{self.entity_type}/{self.entity_id}"


class PropertyLine(_Line):
    """A property something has."""

    kind: Literal["property"]
    entity_type: EntityType
    entity_id: Number
    key: Annotated[Name, Field(min_length=1)]
    value: Any

    _checked = field_validator("value")(checked_value)

    @property
    def place(self) -> str:
        """The key of its row."""
        return f"{self.entity_type}/{self.entity_id}/{self.key}"


class Transition(_Line):
    """The step of a workflow that a rule belongs to."""

    id: int
    name: Name


class RuleLine(_Line):
    """A rule of a workflow, and the app it belongs to."""

    kind: Literal["workflowRule"]
    workflow_entity_id: UUID
    rule_id: UUID
    app_key: Name
    workflow_name: Name
    draft: bool = False
    rule_kind: Literal["postFunction", "condition", "validator"]
    key: Name
    configuration: dict[str, Any] = Field(default_factory=dict)
    transition: Transition | None = None

    _checked = field_validator("configuration")(checked_value)

    @property
    def place(self) -> str:
        """The key of its row."""
        return f"{self.workflow_entity_id}/{self.rule_id}"


Line = IssueLine | FieldLine | FieldValueLine | EntityLine | PropertyLine | RuleLine
_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def parse_line(raw: bytes) -> Item:
    """Return the row a line of NDJSON holds.

    Raises:
        LineError: It holds none.
    """
    try:
        line = _LINE.validate_json(raw)
    except ValidationError as error:
        fault = faults_of(error)[0]
        raise LineError(f"{fault['field']}: {fault['problem']}") from None
    return item_of(line)


def item_of(line: Line) -> Item:
    """Return the row that holds what a line says."""
    value = line.model_dump(mode="json", by_alias=True, exclude={"kind"})
    return Item(line.kind, line.place, value)


def write_line(item: Item) -> bytes:
    """Return the line of NDJSON that says what a row holds."""
    return orjson.dumps({"kind": item.kind, **item.value}) + b"\n"
