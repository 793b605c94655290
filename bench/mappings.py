"""Mappings: in as NDJSON, out in pages, found by keys. Source: docs/reference/bench.md#rows

The keys are those of pages: numbers of one length, in ascending order.
"""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import cycle

import orjson

from bench.measuring import Row, Target, alternate, percentile, seconds_of
from bench.moving import CloudApp, Moving, begin_move, start_cloud_app
from bench.processes import Served, helping, module, serving
from bench.raw_http import request
from bench.workplace import Workplace

WANTED_IN = 100_000
WANTED_PAGES = 800
WANTED_PAGES_SHARE = 0.3
WANTED_FLATNESS = 0.9
"""The design says flat; a tenth is what two measurements of the same thing may differ by."""
WANTED_FIND_MILLISECONDS = 10.0

NAMESPACE = "confluence:page"
PAGE_SIZE = 1200
FIND_KEYS = 100
SMALL_ROWS = 10_000
ROWS_AT_ONCE = 500_000
"""What one request brings when a table is filled: the body is made in memory first."""
PASSES = 4
_FLOOR_BATCH = 20_000
_CHOICES = 200


@dataclass
class Filled:
    """A served platform and the mappings it holds: rows 0 up to `count`."""

    served: Served
    moving: Moving
    count: int = 0

    def add(self, count: int) -> float:
        """Send the next rows in one request; return how long it took."""
        rows = range(self.count, self.count + count)
        body = b"".join(
            orjson.dumps(
                {"namespace": NAMESPACE, "key": server_key(row), "value": cloud_id(row)},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for row in rows
        )
        caller = self.served.door().caller()
        path = f"/admin/v1/migrations/{self.moving.migration_id}/mappings"
        headers = {"Content-Type": "application/x-ndjson"}
        seconds = seconds_of(lambda: caller.call("POST", path, content=body, headers=headers))
        self.count += count
        return seconds

    def fill_up_to(self, count: int) -> None:
        """Hold at least `count` rows."""
        while self.count < count:
            self.add(min(count - self.count, ROWS_AT_ONCE))

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Open the platform's database for reading, for the floors."""
        uri = f"{(self.served.data / 'platform.db').as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            yield database


def server_key(row: int) -> str:
    """Return the id of a page on the server."""
    return str(100_000_000 + 7 * row)


def cloud_id(row: int) -> str:
    """Return the id of the same page in the cloud."""
    return str(500_000_000 + row)


def measure_in(place: Workplace) -> Row:
    """Send mappings to the admin API; the floor inserts the same rows into the same table."""
    rows = large_rows(place) // PASSES
    filled = place.once(_large)
    with closing(_floor_database(place)) as database:
        counted = iter(range(0, PASSES * rows, rows))

        def floor() -> float:
            first = next(counted)
            values = [
                (1, server_key(row), cloud_id(row), filled.moving.migration_id, 1)
                for row in range(first, first + rows)
            ]
            return rows / seconds_of(lambda: _insert(database, values))

        found, floors = alternate(PASSES, lambda: rows / filled.add(rows), floor)
    best, best_floor = max(found), max(floors)
    return Row(
        measured=best,
        unit="rows/s",
        floor=best_floor,
        floor_unit="rows/s",
        floor_is="bare executemany, full sync",
        share=best / best_floor,
        targets=[Target("rate", best, WANTED_IN, "/s")],
        notes=[f"{len(found)} requests of {rows:,} rows, into a table that grows with each"],
        rounds={"rows": found, "floor": floors},
    )


def measure_page(place: Workplace) -> Row:
    """Ask for full pages anywhere in the namespace, as a cloud app does, with two clients."""
    large, small = place.once(_large), place.once(_small)
    large.fill_up_to(large_rows(place))
    seconds = place.pick(2.0, 0.7)
    found, found_small, floors = alternate(
        place.pick(4, 2),
        lambda: pages_per_second(large, seconds),
        lambda: pages_per_second(small, seconds),
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
            Target("rate", best, WANTED_PAGES, "/s"),
            Target("share", best / floor, WANTED_PAGES_SHARE),
            Target("flatness", best / best_small, WANTED_FLATNESS),
        ],
        notes=[
            f"{PAGE_SIZE:,} mappings a page, over Connect, two clients",
            f"{best:,.0f}/s with {large.count:,} rows, {best_small:,.0f}/s with {small.count:,}",
        ],
        rounds={"pages": found, "pages of few rows": found_small, "floor": floors},
    )


def measure_find(place: Workplace) -> Row:
    """Look up 100 keys at a time with one client; the figure is the wait 99 of 100 stay below."""
    large = place.once(_large)
    large.fill_up_to(large_rows(place))
    seconds = place.pick(2.0, 0.7)
    medians: list[float] = []

    def found() -> float:
        waits = find_waits(large, seconds)
        medians.append(1000 * percentile(waits, 0.5))
        return 1000 * percentile(waits, 0.99)

    waits, floors = alternate(
        place.pick(4, 2),
        found,
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
        targets=[Target("p99", best, WANTED_FIND_MILLISECONDS, " ms", at_most=True)],
        notes=[
            f"{FIND_KEYS} keys at a time among {large.count:,} rows; median {min(medians):.2f} ms"
        ],
        rounds={"p99": waits, "median": medians, "floor": floors},
    )


# The platforms


def large_rows(place: Workplace) -> int:
    """Return how many mappings the large platform holds."""
    rows: int = place.mappings or place.pick(1_000_000, 100_000)
    return rows


def _large(place: Workplace) -> Filled:
    return _start(place, "large")


def _small(place: Workplace) -> Filled:
    filled = _start(place, "small")
    filled.fill_up_to(SMALL_ROWS)
    return filled


def _start(place: Workplace, name: str) -> Filled:
    cloud_app: CloudApp = place.once(start_cloud_app)
    served = place.stack.enter_context(serving(place.folder / name))
    return Filled(served, begin_move(served.door(), cloud_app))


# Over HTTP


def pages_per_second(filled: Filled, seconds: float) -> float:
    """Ask for pages anywhere with two clients."""
    requests = []
    for row in random_rows(filled, PAGE_SIZE + 1):
        query = {"namespace": NAMESPACE, "lastEntity": server_key(row)}
        path = f"mapping/{filled.moving.transfer_id}/page"
        target, authorization = filled.moving.connect("GET", path, query)
        requests.append(request("GET", target, {"Authorization": authorization}))
    halves = [requests[::2], requests[1::2]]
    return sum(len(waits) / asked_for for asked_for, waits in _ask(filled.served, halves, seconds))


def find_waits(filled: Filled, seconds: float) -> list[float]:
    """Look up keys anywhere with one client; return each wait."""
    path = f"mapping/{filled.moving.transfer_id}/find"
    target, authorization = filled.moving.connect("POST", path, {"namespace": NAMESPACE})
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    requests = [
        request("POST", target, headers, orjson.dumps(keys)) for keys in random_keys(filled)
    ]
    ((_, waits),) = _ask(filled.served, [requests], seconds)
    return waits


def _ask(
    served: Served, requests_of_clients: list[list[bytes]], seconds: float
) -> list[tuple[float, list[float]]]:
    """Let several clients ask at the same time; return for each how long, and its waits."""
    with ExitStack() as stack:
        clients = [stack.enter_context(helping(module("asking"))) for _ in requests_of_clients]
        for client, requests in zip(clients, requests_of_clients, strict=True):
            texts = [raw_request.decode("latin-1") for raw_request in requests]
            client.tell({"port": served.port, "requests": texts})
        for client in clients:
            client.hear()
        for client in clients:
            client.tell(seconds)
        answers = [client.hear() for client in clients]
    return [(answer["seconds"], answer["waits"]) for answer in answers]


def random_rows(filled: Filled, from_the_end: int) -> list[int]:
    """Return rows anywhere, the same ones each time."""
    chance = random.Random(7)
    return [chance.randrange(max(filled.count - from_the_end, 1)) for _ in range(_CHOICES)]


def random_keys(filled: Filled) -> list[list[str]]:
    """Return keys anywhere, the same ones each time."""
    chance = random.Random(11)
    return [
        [server_key(chance.randrange(filled.count)) for _ in range(FIND_KEYS)]
        for _ in range(_CHOICES)
    ]


# Floors


def _bare_pages_per_second(filled: Filled, seconds: float) -> float:
    sql = """
        SELECT json_group_object(server_key, cloud_id) FROM (
            SELECT server_key, cloud_id FROM mappings WHERE set_id = ? AND server_key > ?
            ORDER BY server_key LIMIT ?
        )
    """
    cursors = cycle([server_key(row) for row in random_rows(filled, PAGE_SIZE + 1)])
    with filled.database() as database:
        set_id = _set_id(database)
        count = 0
        now = began = time.perf_counter()
        while now - began < seconds:
            database.execute(sql, (set_id, next(cursors), PAGE_SIZE)).fetchone()
            count += 1
            now = time.perf_counter()
    return count / (now - began)


def _bare_find_waits(filled: Filled, seconds: float) -> list[float]:
    marks = ", ".join("?" * FIND_KEYS)
    sql = f"SELECT server_key, cloud_id FROM mappings WHERE set_id = ? AND server_key IN ({marks})"
    choices = cycle(random_keys(filled))
    waits = []
    with filled.database() as database:
        set_id = _set_id(database)
        now = began = time.perf_counter()
        while now - began < seconds:
            dict(database.execute(sql, (set_id, *next(choices))).fetchall())
            before, now = now, time.perf_counter()
            waits.append(now - before)
    return waits


def _set_id(database: sqlite3.Connection) -> int:
    sql = "SELECT id FROM mapping_sets WHERE namespace = ?"
    return int(database.execute(sql, (NAMESPACE,)).fetchone()[0])


def _floor_database(place: Workplace) -> sqlite3.Connection:
    database = sqlite3.connect(place.folder / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(
        "CREATE TABLE mappings (set_id INTEGER, server_key TEXT, cloud_id TEXT, migration_id TEXT,"
        " version INTEGER, PRIMARY KEY (set_id, server_key)) WITHOUT ROWID"
    )
    return database


def _insert(database: sqlite3.Connection, values: list[tuple[object, ...]]) -> None:
    for first in range(0, len(values), _FLOOR_BATCH):
        database.execute("BEGIN IMMEDIATE")
        batch = values[first : first + _FLOOR_BATCH]
        database.executemany("INSERT INTO mappings VALUES (?, ?, ?, ?, ?)", batch)
        database.execute("COMMIT")


ROWS = {"mappings-in": measure_in, "mapping-page": measure_page, "mapping-find": measure_find}
