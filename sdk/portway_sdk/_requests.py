"""Requests and responses of a cloud app, whatever web framework brings them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pydantic

BUSY_SECONDS = 5
"""When to come back with something that cannot be taken just now."""

Payload = TypeVar("Payload", bound=pydantic.BaseModel)


@dataclass(frozen=True)
class Request:
    """An HTTP request as it reached the app."""

    method: str
    path: str
    """Percent-encoded, as sent, from the first slash."""
    query: str
    """Without the question mark; empty when there is none."""
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def find_header(self, name: str) -> str | None:
        """Return a header's value whatever the case of its name, or None."""
        wanted = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == wanted), None)


@dataclass(frozen=True)
class Response:
    """What to answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class MalformedError(Exception):
    """A body that is not what its path takes; `fields` names what does not fit."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


def parse_body(model: type[Payload], request: Request) -> Payload:
    """Return the body as a message; raise `MalformedError` when it is none."""
    try:
        return model.model_validate_json(request.body)
    except pydantic.ValidationError as exc:
        raise MalformedError([".".join(map(str, error["loc"])) for error in exc.errors()]) from None


def url_of(request: Request) -> str:
    """Return path and query, as sent."""
    return f"{request.path}?{request.query}" if request.query else request.path


def json_response(status: int, content: Mapping[str, Any]) -> Response:
    """Return an answer in JSON."""
    return Response(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def refusal(status: int, code: str, message: str, *, busy: bool = False) -> Response:
    """Return a refusal; a `busy` one asks to come back in a moment."""
    answer = json_response(status, {"code": code, "message": message})
    if not busy:
        return answer
    return Response(status, answer.body, {**answer.headers, "Retry-After": str(BUSY_SECONDS)})
