"""OpenAPI 3.1 documents of interfaces, made from what their endpoints declare.

An endpoint whose handler returns a ready response says in `answers` what that holds; one that says
nothing has no document. Source: docs/reference/openapi
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

import flask
from pydantic import TypeAdapter

from portway_service.endpoints import JSON, Api, AsSent, Endpoint, Media, Open
from portway_service.errors import ErrorCode

BINARY = "application/octet-stream"
REF = "#/components/schemas/{model}"
_ARGUMENT = re.compile(r"<(?:[a-z]+:)?([a-z0-9_]+)>")
_UNSAID = (500, 405)
"""Statuses of faults and of other methods; they belong to no operation."""

ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["code", "message", "cause", "fix", "request_id", "docs"],
    "properties": {
        "code": {"type": "string", "description": "Stable; see docs/reference/errors.md."},
        "message": {"type": "string"},
        "cause": {"type": "string"},
        "fix": {"type": "string"},
        "request_id": {"type": "string"},
        "docs": {"type": "string"},
        "details": {},
    },
}


class UndocumentedError(Exception):
    """Endpoints that do not say what they answer."""


@dataclass(frozen=True)
class Described:
    """An interface, with what its endpoints do not say about it."""

    api: Api
    title: str
    description: str
    errors: Iterable[ErrorCode]
    """Every refusal an endpoint may answer with, beside those any endpoint may."""
    security: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Security schemes by name; an endpoint that is open needs none."""


def document(described: Described, *, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of an interface.

    Raises:
        UndocumentedError: Endpoints whose answers are not known, all of them at once.
    """
    api = described.api
    unsaid = [
        f"{each.method} {api.prefix}{each.path}"
        for each in api.endpoints
        if answers_of(each) is None
    ]
    if unsaid:
        raise UndocumentedError(", ".join(unsaid))
    schemas = _Schemas(api.endpoints)
    refusals = _refusals(described.errors)
    paths: dict[str, dict[str, Any]] = {}
    for number, endpoint in enumerate(api.endpoints):
        path, arguments = _path_of(f"{api.prefix}{endpoint.path}")
        operation = _operation(endpoint, number, arguments, schemas, refusals)
        if isinstance(endpoint.access, Open):
            operation["security"] = []
        paths.setdefault(path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": described.title,
            "version": version,
            "description": described.description,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in described.security],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": dict(described.security),
            "schemas": {"Error": ERROR_SCHEMA, **schemas.definitions},
            "responses": {
                f"Refused{status}": _refusal(codes) for status, codes in sorted(refusals.items())
            },
        },
    }


def answers_of(endpoint: Endpoint) -> Mapping[int, Any] | None:
    """Return the type of each answer by its status, or None where nobody says it."""
    said = endpoint.answers or getattr(endpoint.handler, "answers", None)
    if said is not None:
        found: Mapping[int, Any] = said
        return found
    answer = get_type_hints(inspect.unwrap(endpoint.handler)).get("return", flask.Response)
    if answer is flask.Response:
        return None
    if answer is type(None):
        return {204 if endpoint.status == 200 else endpoint.status: None}
    # What may be missing is answered 204.
    present = [part for part in getattr(answer, "__args__", ()) if part is not type(None)]
    if type(None) in getattr(answer, "__args__", ()) and len(present) == 1:
        return {endpoint.status: present[0], 204: None}
    return {endpoint.status: answer}


class _Schemas:
    """The JSON schemas of every type the endpoints of an interface name."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        inputs: list[Any] = []
        for number, endpoint in enumerate(endpoints):
            if endpoint.body is not None:
                inputs.append((("body", number), "validation", endpoint.body))
            if endpoint.query is not None:
                inputs.append((("query", number), "validation", TypeAdapter(endpoint.query)))
            for status, answer in (answers_of(endpoint) or {}).items():
                key = ("answer", number, status)
                if isinstance(answer, AsSent):
                    # What a message may leave out is what its reader may do without.
                    inputs.append((key, "validation", TypeAdapter(answer.type)))
                elif answer is not None and not isinstance(answer, Media):
                    inputs.append((key, "serialization", TypeAdapter(answer)))
        found, rest = TypeAdapter.json_schemas(inputs, by_alias=True, ref_template=REF)
        self._found = {key: schema for (key, _), schema in found.items()}
        self.definitions: dict[str, Any] = rest.get("$defs", {})

    def get(self, *key: Any) -> dict[str, Any]:
        """Return the schema of a body, query or answer."""
        schema: dict[str, Any] = self._found[key]
        return schema

    def resolved(self, *key: Any) -> dict[str, Any]:
        """Return the same without the reference that stands for it."""
        schema = self.get(*key)
        name = schema.get("$ref", "").removeprefix("#/components/schemas/")
        return self.definitions[name] if name else schema


def _operation(
    endpoint: Endpoint,
    number: int,
    arguments: list[str],
    schemas: _Schemas,
    refusals: Mapping[int, list[ErrorCode]],
) -> dict[str, Any]:
    handler = inspect.unwrap(endpoint.handler)
    access = endpoint.access
    what = getattr(access, "reason", None) or getattr(access, "what", None)
    operation: dict[str, Any] = {
        "operationId": f"{handler.__name__}_{number}",
        "summary": str(what or getattr(access, "access", handler.__name__)),
        "parameters": [
            *(_path_parameter(name) for name in arguments),
            *_query_parameters(endpoint, number, schemas),
            *_header_parameters(endpoint),
        ],
        "responses": {},
    }
    if endpoint.body is not None:
        content = {JSON: {"schema": schemas.get("body", number)}}
        operation["requestBody"] = {"required": True, "content": content}
    elif endpoint.raw_body is not None:
        # Bytes of no known kind are named too: tools that cannot make the kind send those.
        kinds = dict.fromkeys((endpoint.raw_body, BINARY))
        operation["requestBody"] = {"content": {kind: {"schema": {}} for kind in kinds}}
    for status, answer in (answers_of(endpoint) or {}).items():
        operation["responses"][str(status)] = _answer(answer, number, status, schemas)
    for status in sorted(refusals):
        reference = {"$ref": f"#/components/responses/Refused{status}"}
        operation["responses"].setdefault(str(status), reference)
    return operation


def _answer(answer: Any, number: int, status: int, schemas: _Schemas) -> dict[str, Any]:
    if answer is None:
        return {"description": "Done; the answer is empty."}
    if isinstance(answer, Media):
        return {"description": "As asked.", "content": {answer.media_type: {}}}
    schema = schemas.get("answer", number, status)
    return {"description": "As asked.", "content": {JSON: {"schema": schema}}}


def _path_of(rule: str) -> tuple[str, list[str]]:
    """Return a Flask path as OpenAPI writes it, and the names of its arguments."""
    names = [_camel(name) for name in _ARGUMENT.findall(rule)]
    return _ARGUMENT.sub(lambda match: f"{{{_camel(match[1])}}}", rule), names


def _path_parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(endpoint: Endpoint, number: int, schemas: _Schemas) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    model = schemas.resolved("query", number)
    required = set(model.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(schema)}
        for name, schema in model.get("properties", {}).items()
    ]


def _header_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": bool(schema.get("required", False)),
            "schema": {key: value for key, value in schema.items() if key != "required"},
        }
        for name, schema in endpoint.headers.items()
    ]


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a query parameter: it is absent rather than null."""
    plain = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    choices = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    if len(choices) == 1:
        plain |= choices[0]
    elif choices:
        plain["anyOf"] = choices
    if schema.get("default") is not None:
        plain["default"] = schema["default"]
    return plain


def _refusals(errors: Iterable[ErrorCode]) -> dict[int, list[ErrorCode]]:
    found: dict[int, list[ErrorCode]] = {}
    for error in errors:
        if error.status not in _UNSAID:
            found.setdefault(error.status, []).append(error)
    return found


def _refusal(codes: list[ErrorCode]) -> dict[str, Any]:
    names = sorted({error.code for error in codes})
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Error"}],
        "properties": {"code": {"enum": names}},
    }
    return {
        "description": f"Refused: {', '.join(names)}.",
        "content": {JSON: {"schema": schema}},
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
