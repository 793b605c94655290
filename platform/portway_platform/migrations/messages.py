"""Migrations, containers and mappings as they travel. Source: docs/reference/admin-api.md"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import orjson
from pydantic import AwareDatetime, Field

from portway_platform.messages import Input, Line, Output
from portway_platform.migrations.lines import LineError
from portway_platform.migrations.rules import CoreStatus
from portway_scopes import find_scope_for_namespace
from portway_sdk.wire import ContainerType

KEY_LENGTH = 500
NAMESPACE_LENGTH = 100

MappingLine = tuple[str, str, str]
"""Namespace, server key, cloud id."""
ContainerLine = tuple[str, str, str, str]
"""Type, source id, key, name."""


class MigrationInput(Input):
    """A new run of a plan."""

    server_key: str
    site_key: str
    name: Line


class MigrationOutput(Output):
    """A run of a plan."""

    migration_id: str
    migration_scope_id: str
    name: str
    core_status: CoreStatus
    created_at: datetime
    server_key: str
    site_key: str


class CoreInput(Input):
    """How far the core migration is."""

    status: CoreStatus


class MappingsReceived(Output):
    """What became of the lines that were sent."""

    received: int
    changed: int


class ContainersReceived(Output):
    """How many lines were sent."""

    received: int


class MappingsQuery(Input):
    """Which page of which mappings an admin wants to see."""

    server: str
    site: str
    namespace: str
    migration_id: str | None = None
    as_of: AwareDatetime | None = None
    last_entity: str | None = None
    page_size: Annotated[int, Field(ge=1)] = 1200


class ContainersQuery(Input):
    """Which page of a migration's containers an admin wants to see."""

    container_type: ContainerType
    last_entity: str | None = None
    page_size: Annotated[int, Field(ge=1)] = 250


def parse_mapping_line(line: bytes) -> MappingLine:
    """Return the mapping a line of NDJSON holds.

    A sound line is recognised in one expression, because there are millions of them; what is
    wrong with another is found out afterwards.

    Raises:
        LineError: It holds none.
    """
    try:
        fields = orjson.loads(line)
        namespace, key, value = fields["namespace"], fields["key"], fields["value"]
        if (
            0 < len(key) <= KEY_LENGTH
            and 0 < len(value) <= KEY_LENGTH
            and "\0" not in key
            and "\0" not in value
            and type(key) is type(value) is str
            and len(fields) == 3
            and _is_namespace(namespace)
        ):
            return namespace, key, value
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    raise LineError(_mapping_fault(line))


def parse_container_line(line: bytes) -> ContainerLine:
    """Return the container a line of NDJSON holds.

    Raises:
        LineError: It holds none.
    """
    fields = _parse_object(line)
    names = ("type", "sourceId", "key", "name")
    for name in names:
        _check_text(name, fields.get(name), 255)
    if len(fields) != len(names):
        raise LineError(f"it has fields other than {', '.join(names)}")
    if fields["type"] not in set(ContainerType):
        raise LineError(f"type is none of {', '.join(ContainerType)}")
    return fields["type"], fields["sourceId"], fields["key"], fields["name"]


def _mapping_fault(line: bytes) -> str:
    try:
        fields = _parse_object(line)
        if not isinstance(fields.get("namespace"), str) or not _is_namespace(fields["namespace"]):
            return "namespace is no mapping namespace, such as confluence:page"
        _check_text("key", fields.get("key"), KEY_LENGTH)
        _check_text("value", fields.get("value"), KEY_LENGTH)
    except LineError as error:
        return str(error)
    return "it has fields other than namespace, key and value"


def _parse_object(line: bytes) -> Mapping[str, Any]:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise LineError(f"it is no JSON, at character {error.pos + 1}") from None
    if not isinstance(fields, dict):
        raise LineError("it is no JSON object")
    return fields


def _check_text(name: str, value: object, limit: int) -> None:
    if not isinstance(value, str) or not value:
        raise LineError(f"{name} is no text, or empty")
    if len(value) > limit:
        raise LineError(f"{name} is longer than {limit} characters")
    if "\0" in value:
        raise LineError(f"{name} holds a zero character")


@lru_cache(maxsize=1024)
def _is_namespace(namespace: str) -> bool:
    return len(namespace) <= NAMESPACE_LENGTH and find_scope_for_namespace(namespace) is not None
