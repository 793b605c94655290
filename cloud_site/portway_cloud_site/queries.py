"""Pieces of queries every feature needs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    Row,
    Select,
    Table,
    and_,
    insert,
)

from portway_cloud_site.people.tables import people
from portway_service.database import Instant

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]

_VALUES_PER_QUERY = 500
_INSTANT = Instant()


def fetch_by(
    connection: Connection,
    statement: AnySelect,
    column: ColumnElement[Any],
    values: Iterable[Any],
) -> Iterator[AnyRow]:
    """Yield the rows of `statement` whose `column` holds one of `values`, in rounds."""
    wanted = list(values)
    for start in range(0, len(wanted), _VALUES_PER_QUERY):
        some = wanted[start : start + _VALUES_PER_QUERY]
        yield from connection.execute(statement.where(column.in_(some)))


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns: SQL made once, values straight to the driver.

    Half as long as SQLAlchemy's own way through, where the bulk door spends most of its time.
    """
    names = tuple(rows[0])
    instants = [name for name in names if isinstance(table.c[name].type, Instant)]
    if instants:
        dialect = connection.dialect
        rows = [
            {**row, **{name: _INSTANT.process_bind_param(row[name], dialect) for name in instants}}
            for row in rows
        ]
    sql, order = _insert_sql(table, names, connection.dialect)
    if order is None:
        connection.exec_driver_sql(sql, [dict(row) for row in rows])
    else:
        take = itemgetter(*order)
        connection.exec_driver_sql(sql, [take(row) for row in rows])


@lru_cache(maxsize=64)
def _insert_sql(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[str, ...] | None]:
    """Return an INSERT in the driver's own style, and the order of its values if that counts."""
    compiled = insert(table).compile(dialect=dialect, column_keys=names)
    positions = compiled.positiontup if compiled.positional else None
    return str(compiled), None if positions is None else tuple(positions)


def same_entity(table: FromClause, site_id: ColumnElement[Any], entity_id: Any) -> Any:
    """Return the condition that a row of `table` is the entity, in the same site."""
    return and_(table.c.site_id == site_id, table.c.id == entity_id)


author = people.alias("author")
last_author = people.alias("last_author")
