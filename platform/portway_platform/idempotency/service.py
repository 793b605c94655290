"""Creations that may be sent twice. Source: docs/reference/admin-api.md#idempotency"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

import flask
import orjson
from pydantic import BaseModel
from sqlalchemy import Connection, delete, select, update

from portway_platform import error_codes
from portway_platform.idempotency.tables import idempotency_keys
from portway_platform.services import Services
from portway_service.database import insert_if_absent
from portway_service.endpoints import Call, as_response, invalid_fields
from portway_service.errors import Refusal

HEADER = "Idempotency-Key"
KEY_LIFE = timedelta(days=7)

Create = Callable[[Connection], tuple[int, BaseModel]]
"""Creates something in the transaction it is given; returns status and body of the answer."""


def answer_once(services: Services, call: Call, *, caller: str, create: Create) -> flask.Response:
    """Answer a creating call; with an `Idempotency-Key` seen before, give the first answer again.

    Key and creation are kept in one transaction, so there is no moment at which only one of them
    exists. A refused creation leaves no trace of its key.

    Args:
        caller: Who calls, at most 100 characters; keys of different callers do not meet.
        create: Called at most once per key.

    Raises:
        Refusal: `idempotency_key_reused` when the key came with another request before.
    """
    key = find_key(call.request)
    with services.database.write() as connection:
        if key is None:
            status, body = create(connection)
            return as_response(body, status)
        digest = _request_digest(call)
        values = {
            "caller": caller,
            "key": key,
            "request_digest": digest,
            "status": 0,
            "answer": None,
            "request": f"{call.request.method} {call.request.path}",
            "created_at": services.clock.now(),
        }
        connection.execute(
            delete(idempotency_keys).where(
                idempotency_keys.c.created_at < services.clock.now() - KEY_LIFE
            )
        )
        if not insert_if_absent(connection, idempotency_keys, values):
            return _first_answer(connection, caller, key, digest)
        status, body = create(connection)
        connection.execute(
            update(idempotency_keys)
            .where(idempotency_keys.c.caller == caller, idempotency_keys.c.key == key)
            .values(status=status, answer=body.model_dump(mode="json", by_alias=True))
        )
        return as_response(body, status)


def find_key(request: flask.Request) -> str | None:
    """Return the request's idempotency key, or None; refuse one that is no such key."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(r"[\x21-\x7e]{1,100}", key):
        problem = "use 1 to 100 visible ASCII characters, for example a UUID"
        raise invalid_fields([{"field": HEADER, "problem": problem}])
    return key


def _first_answer(connection: Connection, caller: str, key: str, digest: str) -> flask.Response:
    first = connection.execute(
        select(idempotency_keys).where(
            idempotency_keys.c.caller == caller, idempotency_keys.c.key == key
        )
    ).one()
    if first.request_digest != digest:
        raise Refusal(error_codes.IDEMPOTENCY_KEY_REUSED)
    response = as_response(first.answer, first.status)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _request_digest(call: Call) -> str:
    request = call.request
    said = call.body.model_dump(mode="json") if isinstance(call.body, BaseModel) else None
    parts = [
        request.method.encode(),
        request.path.encode(),
        request.query_string,
        orjson.dumps(said, option=orjson.OPT_SORT_KEYS),
    ]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()
