"""What both clients send and read: newline-delimited JSON, whole or not at all."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import httpx
import orjson

from portway_sdk import APIError
from portway_sdk.http import Caller

NDJSON = {"Content-Type": "application/x-ndjson"}


def ndjson(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as newline-delimited JSON."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


class InventoryCutError(Exception):
    """The answer ended before its last line: it says nothing about what is missing."""


def counted_rows(response: httpx.Response, what: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of an answer whose last line says how many there are.

    Raises:
        InventoryCutError: Fewer or more came, or the last line did not.
    """
    count = 0
    for line in split_lines(response):
        row = orjson.loads(line)
        if row.get("end"):
            if row["items"] != count:
                raise InventoryCutError(f"{count} of {row['items']} rows of the {what} arrived")
            return
        count += 1
        yield row
    raise InventoryCutError(f"the {what} broke off after {count} rows")


def split_lines(response: httpx.Response) -> Iterator[bytes]:
    """Yield the lines of NDJSON. Only a line feed ends one: texts may hold U+2028 and the like."""
    held = b""
    for chunk in response.iter_bytes():
        *lines, held = (held + chunk).split(b"\n")
        yield from filter(None, lines)
    if held:
        yield held


def is_there(caller: Caller, path: str) -> bool:
    """Tell whether there is something at an address."""
    try:
        caller.call("GET", path)
    except APIError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True
