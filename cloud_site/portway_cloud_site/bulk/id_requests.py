"""Reading what asks for ids: source keys as NDJSON, or as one JSON list."""

import re
from dataclasses import dataclass

import orjson

from portway_cloud_site.error_codes import BATCH_TOO_LARGE
from portway_cloud_site.settings import Limits
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal

MAX_KEY = 512

_KEY = re.compile(r"[A-Za-z]{1,40}/[^\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class WantedId:
    """An item whose id somebody asks for.

    Attributes:
        email: Of a user who may not be here yet: tells which account it will be.
    """

    source_key: str
    email: str | None = None


def read_wanted(raw_body: bytes, limits: Limits) -> list[WantedId]:
    """Return the items a request names, each once, in order.

    An entry is a source key, or an object with `sourceKey` and, for users, `email`.

    Args:
        raw_body: The body, or its first `batch_bytes` + 1 bytes when it is larger.

    Raises:
        Refusal: `batch_too_large`; or `invalid_request`, naming the first entry at fault.
    """
    if len(raw_body) > limits.batch_bytes:
        raise Refusal(BATCH_TOO_LARGE, limit=f"{limits.batch_bytes} bytes")
    wanted: dict[str, WantedId] = {}
    for number, entry in enumerate(_entries(raw_body), start=1):
        if number > limits.ids:
            raise Refusal(BATCH_TOO_LARGE, limit=f"{limits.ids} keys")
        email = None
        key = entry
        if isinstance(entry, dict):
            key, email = entry.get("sourceKey"), entry.get("email")
        is_key = isinstance(key, str) and len(key) <= MAX_KEY and _KEY.fullmatch(key)
        if not is_key or not (email is None or isinstance(email, str)):
            raise _fault(number)
        wanted[str(key)] = WantedId(str(key), email)
    return list(wanted.values())


def _entries(raw_body: bytes) -> list[object]:
    """Return the entries of a list, or of lines; a body that is neither is at fault itself."""
    text = raw_body.strip()
    try:
        if text.startswith(b"["):
            return list(orjson.loads(text))
        return list(orjson.loads(b"[" + b",".join(text.splitlines()) + b"]"))
    except orjson.JSONDecodeError:
        raise _fault(None) from None


def _fault(number: int | None) -> Refusal:
    field = "body" if number is None else f"body[{number - 1}]"
    problem = "is not a source key such as `page/200`, nor an object with `sourceKey`"
    return invalid_fields([{"field": field, "problem": problem}])
