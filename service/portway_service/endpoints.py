"""Endpoints that state their access, read typed input and answer in one shape.

An interface of Portway (admin, gateway, Connect, product REST) is an `Api`: a list of endpoints
behind one `admit` function, which finds out who calls and whether the stated access is open to
them. A route that states no access keeps the whole service from starting.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import flask
import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.exceptions import HTTPException

from portway_service import error_codes
from portway_service.errors import Refusal
from portway_service.ids import Ids

log = logging.getLogger(__name__)

JSON = "application/json"
MAX_JSON_BYTES = 1 << 20
NUL_PROBLEM = "it holds a zero character"


@dataclass(frozen=True)
class Open:
    """The access of an address anybody may call, with the reason why."""

    reason: str


@dataclass(frozen=True)
class Media:
    """An answer that is no JSON."""

    media_type: str


@dataclass(frozen=True)
class AsSent:
    """An answer of this type that leaves out what there is nothing to say about."""

    type: Any


@dataclass(frozen=True)
class Call:
    """One request, admitted and read."""

    request: flask.Request
    path: Mapping[str, str]
    admitted: Any
    """What the Api's `admit` returned: who calls, and what was granted."""
    query: Any = None
    body: Any = None


Admit = Callable[[flask.Request, Any, Mapping[str, str], Any], Any]
Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Endpoint:
    """One method and path of an interface, with everything its documentation needs."""

    method: str
    path: str
    access: Any
    handler: Handler
    query: type[BaseModel] | None
    body: TypeAdapter[Any] | None
    status: int
    max_body_bytes: int
    answers: Mapping[int, Any] | None = None
    """Type of the answer by status, or `Media`; None where the handler's annotation says it."""
    raw_body: str | None = None
    """Media type of a body that the handler reads by itself."""
    headers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Schemas of headers an endpoint asks for, by name; those that are required say so."""


@dataclass
class Api:
    """One interface: its endpoints, and the function that admits calls to them.

    Args:
        name: Unique in its service.
        prefix: Path before every endpoint, such as `/gateway/v1`.
        admit: Called with the request, the stated access, the path's arguments and the query
            (None where it is not valid), before the body is read. Returns what handlers get as
            `call.admitted`; refuses by raising `Refusal`.
    """

    name: str
    prefix: str
    admit: Admit
    endpoints: list[Endpoint] = field(default_factory=list)

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        access: Any,
        query: type[BaseModel] | None = None,
        body: Any = None,
        status: int = 200,
        max_body_bytes: int = MAX_JSON_BYTES,
        answers: Mapping[int, Any] | None = None,
        raw_body: str | None = None,
        headers: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Add an endpoint; the decorated function takes a `Call`.

        It returns a pydantic model, a value `orjson` can write, None for an empty answer, or a
        ready response. `body` is a type for the JSON body; without it the handler may read the
        request's stream itself. `answers`, `raw_body` and `headers` are for the documentation:
        they say what the function's annotation does not.
        """
        if access is None:
            raise TypeError(f"{method} {self.prefix}{path} states no access")

        def add(handler: Handler) -> Handler:
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    access=access,
                    handler=handler,
                    query=query,
                    body=None if body is None else TypeAdapter(body),
                    status=status,
                    max_body_bytes=max_body_bytes,
                    answers=answers,
                    raw_body=raw_body,
                    headers=headers or {},
                )
            )
            return handler

        return add

    def register(self, app: flask.Flask) -> None:
        """Give the endpoints to a Flask app."""
        for number, endpoint in enumerate(self.endpoints):
            view = _view(self, endpoint)
            app.add_url_rule(
                f"{self.prefix}{endpoint.path}",
                endpoint=f"{self.name}.{number}",
                view_func=view,
                methods=[endpoint.method],
                provide_automatic_options=False,
            )


def _view(api: Api, endpoint: Endpoint) -> Callable[..., flask.Response]:
    def view(**path: str) -> flask.Response:
        request = flask.request
        if any("\0" in part for part in path.values()):
            # No name holds this character, and PostgreSQL keeps no text that does.
            raise Refusal(error_codes.NOT_FOUND)
        query, fault = _read_query(endpoint.query, request)
        admitted = api.admit(request, endpoint.access, path, query)
        if fault is not None:
            # Only now: who may not call is not told what is wrong with the query.
            raise fault
        body = _read_body(endpoint, request)
        answer = endpoint.handler(
            Call(request=request, path=path, admitted=admitted, query=query, body=body)
        )
        return as_response(answer, endpoint.status)

    view.stated_access = endpoint.access  # type: ignore[attr-defined]
    return view


Marked = TypeVar("Marked", bound=Callable[..., Any])


def answering(answers: Mapping[int, Any]) -> Callable[[Marked], Marked]:
    """Say what a handler answers that several interfaces share: type by status."""

    def mark(handler: Marked) -> Marked:
        handler.answers = answers  # type: ignore[attr-defined]
        return handler

    return mark


def states_access(access: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a plain Flask view, such as a page, with the access it needs."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        view.stated_access = access  # type: ignore[attr-defined]
        return view

    return mark


def refuse_unstated_access(app: flask.Flask) -> None:
    """Raise `RuntimeError`, naming them, when routes of `app` state no access."""
    unstated = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "stated_access", None) is None
    ]
    if unstated:
        raise RuntimeError(f"routes that state no access: {', '.join(sorted(unstated))}")


def as_response(answer: Any, status: int) -> flask.Response:
    """Turn what a handler returned into a response."""
    if isinstance(answer, flask.Response):
        return answer
    if answer is None:
        return flask.Response(status=204 if status == 200 else status)
    if isinstance(answer, BaseModel):
        return flask.Response(answer.model_dump_json(by_alias=True), status, mimetype=JSON)
    return flask.Response(orjson.dumps(answer, default=_as_json), status, mimetype=JSON)


def _as_json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(f"cannot answer with a {type(value).__name__}")


def _read_query(
    model: type[BaseModel] | None, request: flask.Request
) -> tuple[BaseModel | None, Refusal | None]:
    """Return the query and None, or None and what is wrong with it."""
    if model is None:
        return None, None
    values = {name: request.args.get(name) for name in request.args}
    faults = [
        {"field": name, "problem": NUL_PROBLEM}
        for name, said in values.items()
        if said is not None and "\0" in said
    ]
    if faults:
        return None, invalid_fields(faults)
    try:
        return model.model_validate(values), None
    except ValidationError as error:
        return None, invalid_request(error)


def _read_body(endpoint: Endpoint, request: flask.Request) -> Any:
    if endpoint.body is None:
        return None
    raw_body = read_limited(request, endpoint.max_body_bytes)
    try:
        body = endpoint.body.validate_json(raw_body)
    except ValidationError as error:
        raise invalid_request(error) from None
    if b"\\u0000" in raw_body and _holds_nul(orjson.loads(raw_body)):
        raise invalid_fields([{"field": "body", "problem": NUL_PROBLEM}])
    return body


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(name) or _holds_nul(held) for name, held in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def read_limited(request: flask.Request, limit_bytes: int) -> bytes:
    """Return the whole body; refuse one above `limit_bytes` without reading further."""
    raw_body = request.stream.read(limit_bytes + 1)
    if len(raw_body) > limit_bytes:
        raise Refusal(error_codes.BODY_TOO_LARGE, limit_bytes=limit_bytes)
    return bytes(raw_body)


def faults_of(error: ValidationError) -> list[Mapping[str, str]]:
    """Return every fault of the input as `field` and `problem`, without the values sent."""
    return [
        {
            "field": ".".join(str(part) for part in fault["loc"]) or "body",
            "problem": fault["msg"].removeprefix("Value error, "),
        }
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def invalid_request(error: ValidationError) -> Refusal:
    """Refuse a request for every fault pydantic found in it."""
    return invalid_fields(faults_of(error))


def invalid_fields(faults: Iterable[Mapping[str, str]]) -> Refusal:
    """Refuse a request for its fields: each fault has `field` and `problem`."""
    details = list(faults)
    summary = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in details[:3])
    return Refusal(error_codes.INVALID_REQUEST, summary=summary, details=details)


def install_error_answers(app: flask.Flask, *, ids: Ids) -> None:
    """Give every request an id, and every refusal and fault the one JSON body."""

    @app.before_request
    def number_request() -> None:
        flask.g.request_id = ids.uuid()

    @app.after_request
    def show_request_id(response: flask.Response) -> flask.Response:
        response.headers["X-Request-Id"] = flask.g.get("request_id", "")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> flask.Response:
        return _error_response(refusal)

    @app.errorhandler(HTTPException)
    def not_http(error: HTTPException) -> flask.Response:
        if error.response is not None and isinstance(error.response, flask.Response):
            return error.response
        if error.code == 404:
            return _error_response(Refusal(error_codes.NOT_FOUND))
        if error.code == 405:
            allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
            return _error_response(
                Refusal(
                    error_codes.METHOD_NOT_ALLOWED,
                    headers={"Allow": allowed},
                    method=flask.request.method,
                )
            )
        response = _error_response(Refusal(error_codes.HTTP_ERROR, problem=error.name.lower()))
        response.status_code = error.code or 400
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> flask.Response:
        log.exception("request failed", extra={"request_id": flask.g.get("request_id")})
        return _error_response(Refusal(error_codes.INTERNAL_ERROR))


def _error_response(refusal: Refusal) -> flask.Response:
    body = orjson.dumps(refusal.body(flask.g.get("request_id", "")))
    return flask.Response(body, refusal.error.status, dict(refusal.headers), mimetype=JSON)
