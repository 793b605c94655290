"""The rows that a database makes, on PostgreSQL. Source: docs/reference/bench.md#rows

The server is the one `PORTWAY_TEST_DATABASE_URL` names, else the one at 127.0.0.1:5432 with a
database `test`. Each row has databases of its own there, which are dropped at the end.
"""

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import cycle

import orjson
import psycopg
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from bench import app_data, mappings
from bench.events import let_events_wait, measure_delivering
from bench.mappings import FIND_KEYS, NAMESPACE, PAGE_SIZE, Filled, cloud_id, server_key
from bench.measuring import CannotMeasureError, Row, Target, alternate, percentile, seconds_of
from bench.moving import begin_move, start_cloud_app
from bench.processes import Served, serving
from bench.workplace import Workplace

WANTED_IN = 60_000
_FLOOR_BATCH = 20_000


# Databases


def _server() -> URL:
    named = os.environ.get("PORTWAY_TEST_DATABASE_URL")
    usual = make_url("postgresql://127.0.0.1:5432/test")
    candidates = [make_url(named)] if named else [usual, usual.set(username="postgres")]
    for candidate in candidates:
        try:
            _connect(candidate).close()
        except psycopg.Error:
            continue
        return candidate
    raise CannotMeasureError("there is no PostgreSQL: set PORTWAY_TEST_DATABASE_URL")


def _connect(url: URL) -> "psycopg.Connection[tuple[object, ...]]":
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=5)


@contextmanager
def a_database(template: str = "template1") -> Iterator[URL]:
    """Make a database for the length of the block."""
    server, name = _server(), f"portway_bench_{uuid.uuid4().hex[:12]}"
    with closing(_connect(server)) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.set(database=name)
    finally:
        with closing(_connect(server)) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _as_setting(url: URL) -> str:
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


# Mappings


class OnPostgresql:
    """A platform on PostgreSQL, its mappings, and its database for the floors."""

    def __init__(self, place: Workplace, name: str) -> None:
        self.url = place.stack.enter_context(a_database())
        served = place.stack.enter_context(
            serving(place.folder / name, database_url=_as_setting(self.url))
        )
        self.filled = Filled(served, begin_move(served.door(), place.once(start_cloud_app)))


def _large(place: Workplace) -> OnPostgresql:
    return OnPostgresql(place, "large-postgresql")


def _small(place: Workplace) -> OnPostgresql:
    made = OnPostgresql(place, "small-postgresql")
    made.filled.fill_up_to(mappings.SMALL_ROWS)
    return made


def measure_in(place: Workplace) -> Row:
    """Send mappings to the admin API; the floor copies the same rows into a table like it."""
    rows = mappings.large_rows(place) // mappings.PASSES
    filled = place.once(_large).filled
    url = place.stack.enter_context(a_database())
    counted = iter(range(0, mappings.PASSES * rows, rows))
    with closing(_connect(url)) as database:
        database.execute(
            'CREATE TABLE mappings (set_id integer, server_key varchar(500) COLLATE "C",'
            " cloud_id text, migration_id varchar(36), version bigint, since bigint,"
            " PRIMARY KEY (set_id, server_key))"
        )

        def floor() -> float:
            first = next(counted)
            return rows / seconds_of(lambda: _copy(database, range(first, first + rows)))

        found, floors = alternate(mappings.PASSES, lambda: rows / filled.add(rows), floor)
    best, best_floor = max(found), max(floors)
    return Row(
        measured=best,
        unit="rows/s",
        floor=best_floor,
        floor_unit="rows/s",
        floor_is="bare COPY into the table",
        share=best / best_floor,
        targets=[Target("rate", best, WANTED_IN, "/s")],
        notes=[f"{len(found)} requests of {rows:,} rows, into a table that grows with each"],
        rounds={"rows": found, "floor": floors},
    )


def _copy(database: "psycopg.Connection[tuple[object, ...]]", rows: range) -> None:
    for first in range(rows.start, rows.stop, _FLOOR_BATCH):
        lines = "".join(
            f"1\t{server_key(row)}\t{cloud_id(row)}\tfloor\t1\t0\n"
            for row in range(first, min(first + _FLOOR_BATCH, rows.stop))
        )
        with (
            database.transaction(),
            database.cursor().copy("COPY mappings FROM STDIN") as copy,
        ):
            copy.write(lines)


def measure_page(place: Workplace) -> Row:
    """Ask for full pages anywhere in the namespace, as a cloud app does, with two clients."""
    large, small = place.once(_large), place.once(_small)
    large.filled.fill_up_to(mappings.large_rows(place))
    seconds = place.pick(2.0, 0.7)
    found, found_small, floors = alternate(
        place.pick(4, 2),
        lambda: mappings.pages_per_second(large.filled, seconds),
        lambda: mappings.pages_per_second(small.filled, seconds),
        lambda: _bare_pages_per_second(large, seconds / 2),
    )
    best, best_small, floor = max(found), max(found_small), max(floors)
    return Row(
        measured=best,
        unit="pages/s",
        floor=floor,
        floor_unit="queries/s",
        floor_is="the bare query in process, one thread",
        share=best / floor,
        targets=[
            Target("share", best / floor, mappings.WANTED_PAGES_SHARE),
            Target("flatness", best / best_small, mappings.WANTED_FLATNESS),
        ],
        notes=[
            f"{PAGE_SIZE:,} mappings a page, over Connect, two clients",
            f"{best:,.0f}/s with {large.filled.count:,} rows",
            f"{best_small:,.0f}/s with {small.filled.count:,}",
        ],
        rounds={"pages": found, "pages of few rows": found_small, "floor": floors},
    )


def measure_find(place: Workplace) -> Row:
    """Look up 100 keys at a time with one client; the figure is the wait 99 of 100 stay below."""
    large = place.once(_large)
    large.filled.fill_up_to(mappings.large_rows(place))
    seconds = place.pick(2.0, 0.7)
    waits, floors = alternate(
        place.pick(4, 2),
        lambda: 1000 * percentile(mappings.find_waits(large.filled, seconds), 0.99),
        lambda: 1000 * percentile(_bare_find_waits(large, seconds / 2), 0.99),
    )
    best, best_floor = min(waits), min(floors)
    return Row(
        measured=best,
        unit="ms (p99)",
        floor=best_floor,
        floor_unit="ms (p99)",
        floor_is="the bare query in process",
        share=best_floor / best,
        targets=[Target("p99", best, mappings.WANTED_FIND_MILLISECONDS, " ms", at_most=True)],
        notes=[f"{FIND_KEYS} keys at a time among {large.filled.count:,} rows"],
        rounds={"p99": waits, "floor": floors},
    )


def _bare_pages_per_second(large: OnPostgresql, seconds: float) -> float:
    sql = (
        "SELECT server_key, cloud_id FROM mappings WHERE set_id = %s AND server_key > %s"
        " ORDER BY server_key LIMIT %s"
    )
    rows = mappings.random_rows(large.filled, PAGE_SIZE + 1)
    cursors = cycle([server_key(row) for row in rows])
    with closing(_connect(large.url)) as database:
        set_id = _set_id(database)
        count = 0
        now = began = time.perf_counter()
        while now - began < seconds:
            found = database.execute(sql, (set_id, next(cursors), PAGE_SIZE)).fetchall()
            orjson.dumps(dict(found))
            count += 1
            now = time.perf_counter()
    return count / (now - began)


def _bare_find_waits(large: OnPostgresql, seconds: float) -> list[float]:
    sql = "SELECT server_key, cloud_id FROM mappings WHERE set_id = %s AND server_key = ANY(%s)"
    choices = cycle(mappings.random_keys(large.filled))
    waits = []
    with closing(_connect(large.url)) as database:
        set_id = _set_id(database)
        now = began = time.perf_counter()
        while now - began < seconds:
            dict(database.execute(sql, (set_id, next(choices))).fetchall())
            before, now = now, time.perf_counter()
            waits.append(now - before)
    return waits


def _set_id(database: "psycopg.Connection[tuple[object, ...]]") -> object:
    row = database.execute("SELECT id FROM mapping_sets WHERE namespace = %s", (NAMESPACE,))
    return row.fetchall()[0][0]


# App data and events


def _storage(place: Workplace) -> app_data.Storage:
    url = place.stack.enter_context(a_database())
    served = place.stack.enter_context(
        serving(place.folder / "data-postgresql", database_url=_as_setting(url))
    )
    return app_data.Storage(served, begin_move(served.door(), place.once(start_cloud_app)))


def measure_upload(place: Workplace) -> Row:
    """Send the same bytes to the gateway and to the floor."""
    return app_data.measure_upload(place, _storage)


def measure_download(place: Workplace) -> Row:
    """Fetch what was uploaded, and the same bytes from a plain file."""
    return app_data.measure_download(place, _storage)


def measure_events(place: Workplace) -> Row:
    """Deliver the same waiting events several times, each time from a fresh copy."""
    count = place.pick(1500, 300)
    cloud_app = start_cloud_app(place)
    waiting = place.folder / "waiting-postgresql"
    url = place.stack.enter_context(a_database())
    moving = let_events_wait(waiting, cloud_app, count, database_url=_as_setting(url))

    @contextmanager
    def fresh(number: int) -> Iterator[Served]:
        data = place.folder / f"data-postgresql-{number}"
        shutil.copytree(waiting, data)
        with (
            a_database(template=str(url.database)) as copy,
            serving(data, database_url=_as_setting(copy)) as served,
        ):
            yield served

    return measure_delivering(place, cloud_app, moving, count, fresh)


ROWS = {
    "mappings-in-postgresql": measure_in,
    "mapping-page-postgresql": measure_page,
    "mapping-find-postgresql": measure_find,
    "upload-postgresql": measure_upload,
    "download-postgresql": measure_download,
    "events-postgresql": measure_events,
}
