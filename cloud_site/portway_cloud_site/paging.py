"""Lists in pages, as the product REST hands them out: keyset paging behind an opaque cursor.

A page begins after the last row of the one before, so it costs the same however deep it lies, and
rows that come or go in between neither repeat nor hide others.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import flask
import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_

from portway_cloud_site.addresses import Addresses
from portway_cloud_site.messages import Message
from portway_cloud_site.queries import AnyRow, AnySelect
from portway_service.database import Instant, by_bytes
from portway_service.endpoints import Call, as_response, invalid_fields
from portway_service.errors import Refusal

T = TypeVar("T", covariant=True)
U = TypeVar("U")

MAX_LIMIT = 250
MAX_FILTER_VALUES = 250
_BY_PLACE = "place"
_OLDEST = datetime(1, 1, 1, tzinfo=UTC)


class ListQuery(BaseModel):
    """What every list takes. Parameters we do not know are left alone, as Cloud does."""

    model_config = ConfigDict(
        extra="ignore", alias_generator=lambda name: name.replace("_", "-"), frozen=True
    )

    limit: int = Field(25, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=2_000)
    sort: str | None = Field(None, max_length=40)


@dataclass(frozen=True)
class Order:
    """One order a list can come in. Rows that sort alike follow by id."""

    column: ColumnElement[Any]
    value_type: type
    descending: bool = False


Orders = Mapping[str, Order]


@dataclass(frozen=True)
class ResultPage(Generic[T]):
    """One page of a list."""

    results: list[T]
    next_cursor: str | None


def both_ways(name: str, column: ColumnElement[Any], value_type: type) -> dict[str, Order]:
    """Return the order by `column` under `name`, and its reverse under `-name`."""
    if value_type is str:
        column = by_bytes(column)
    return {
        name: Order(column, value_type),
        f"-{name}": Order(column, value_type, descending=True),
    }


def by_instant(name: str, column: ColumnElement[Any]) -> dict[str, Order]:
    """Return the orders by an instant; rows without one count as the oldest."""
    return both_ways(name, func.coalesce(column, literal(_OLDEST, Instant())), datetime)


def read_page(
    connection: Connection,
    statement: AnySelect,
    query: ListQuery,
    *,
    id_column: ColumnElement[int],
    orders: Orders,
    default: str = "id",
    as_result: Callable[[AnyRow], T],
) -> ResultPage[T]:
    """Read the page of `statement` that `query` asks for; `orders[default]` when it names none."""
    name = query.sort or default
    if name not in orders:
        raise _fault("sort", f"is none of {', '.join(sorted(orders))}")
    order = orders[name]
    if query.cursor is not None:
        place = _place(order, _read_cursor(query.cursor, name, order.value_type), id_column)
        statement = statement.where(place)
    last_id = id_column.label("cursor_id")
    last_value = order.column.label("cursor_value")
    rows = connection.execute(
        statement.add_columns(last_id, last_value)
        .order_by(
            order.column.desc() if order.descending else order.column,
            id_column.desc() if order.descending else id_column,
        )
        .limit(query.limit + 1)
    ).all()
    cursor = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1]
        cursor = _write_cursor(name, last.cursor_value, last.cursor_id)
    return ResultPage([as_result(row) for row in rows[: query.limit]], cursor)


def slice_page(
    items: Sequence[U], query: ListQuery, *, as_result: Callable[[U], T]
) -> ResultPage[T]:
    """Return the page of a list that is short enough to be read whole, in its own order."""
    start = 0
    if query.cursor is not None:
        _, start = _read_cursor(query.cursor, _BY_PLACE, int)
    end = start + query.limit
    cursor = _write_cursor(_BY_PLACE, 0, end) if end < len(items) else None
    return ResultPage([as_result(item) for item in items[start:end]], cursor)


def _place(order: Order, after: tuple[Any, int], id_column: ColumnElement[int]) -> Any:
    value, last_id = after
    if order.descending:
        beyond, later = order.column < value, id_column < last_id
    else:
        beyond, later = order.column > value, id_column > last_id
    return later if order.column is id_column else or_(beyond, and_(order.column == value, later))


def _write_cursor(name: str, value: object, last_id: int) -> str:
    raw = orjson.dumps([name, value, last_id])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read_cursor(cursor: str, name: str, value_type: type) -> tuple[Any, int]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        made_for, value, last_id = orjson.loads(raw)
        if value_type is datetime:
            value = datetime.fromisoformat(value).astimezone(UTC)
        if made_for != name or type(value) is not value_type or type(last_id) is not int:
            raise ValueError
    except (binascii.Error, ValueError, TypeError, OverflowError):
        raise _fault("cursor", "is not one this list gave out, in this order") from None
    return value, last_id


def _fault(field: str, problem: str) -> Refusal:
    return invalid_fields([{"field": field, "problem": problem}])


def read_values(request: flask.Request, name: str) -> list[str]:
    """Return the values of a filter: repeated, separated by commas, or both."""
    values = [
        value for given in request.args.getlist(name) for value in given.split(",") if value.strip()
    ]
    if len(values) > MAX_FILTER_VALUES:
        raise _fault(name, f"takes at most {MAX_FILTER_VALUES} values")
    return [value.strip() for value in values]


def read_ids(request: flask.Request, name: str) -> list[int]:
    """Return the numeric ids of a filter."""
    return [read_id(value, name) for value in read_values(request, name)]


def read_id(text: str, field: str = "id", *, prefix: str = "") -> int:
    """Return the number of an id as it stands in an address; `prefix` may go before it."""
    digits = text.removeprefix(prefix)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18):
        raise _fault(field, "is not a numeric id")
    return int(digits)


def list_response(addresses: Addresses, call: Call, page: ResultPage[Message]) -> flask.Response:
    """Answer with one page of a list, its `_links` and its `Link` header."""
    base = addresses.base(call.admitted.site.key)
    links = {"base": base}
    header = f'<{base}>; rel="base"'
    if page.next_cursor is not None:
        arguments = [
            (name, value)
            for name, value in call.request.args.items(multi=True)
            if name not in {"cursor", "jwt"}
        ]
        query = urlencode([*arguments, ("cursor", page.next_cursor)])
        links["next"] = f"{addresses.prefix}{call.request.path}?{query}"
        header = f'<{links["next"]}>; rel="next", {header}'
    results = [result.as_json() for result in page.results]
    response = as_response({"results": results, "_links": links}, 200)
    response.headers["Link"] = header
    return response
