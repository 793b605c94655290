"""Mappings as they were: at a moment, of one migration, after a deletion and a new migration."""

import json
import random
from datetime import timedelta

import pytest

from support.app_side import Moving, a_move

PAGES = "confluence:page"


def ndjson(lines):
    return "\n".join(map(json.dumps, lines)).encode()


@pytest.fixture
def move(running) -> Moving:
    return a_move(running)


def send(running, migration_id, values):
    lines = [{"namespace": PAGES, "key": k, "value": v} for k, v in values.items()]
    answer = running.admin("POST", f"migrations/{migration_id}/mappings", data=ndjson(lines))
    assert answer.status_code == 200, answer.text
    return answer.json["changed"]


def delete(running, migration_id, *keys):
    """Delete mappings as they are now."""
    present = read(running)
    lines = [{"namespace": PAGES, "key": key, "value": present.get(key, "?")} for key in keys]
    answer = running.admin("DELETE", f"migrations/{migration_id}/mappings", data=ndjson(lines))
    assert answer.status_code == 200, answer.text
    return answer.json


def read(running, *, at=None, page_size=1200, **more):
    query = {"server": "acme-dc", "site": "acme", "namespace": PAGES, "pageSize": page_size, **more}
    if at is not None:
        query["asOf"] = at.isoformat()
    found, last = {}, None
    while True:
        page = running.admin(
            "GET", "mappings", query_string=query | ({"lastEntity": last} if last else {})
        ).json
        found |= page["items"]
        last = page["meta"]["lastEntity"]
        if not page["meta"]["hasNext"]:
            return found


def test_a_read_as_of_a_moment_gives_what_was_so_then(move):
    running, migration_id = move.running, move.migration_id
    before = running.clock.now()
    running.advance(hours=1)
    send(running, migration_id, {"1": "a", "2": "b"})
    first = running.clock.now()
    running.advance(hours=1)
    send(running, migration_id, {"2": "B", "3": "c"})

    assert read(running, at=before) == {}
    assert read(running, at=first) == {"1": "a", "2": "b"}
    assert read(running, at=running.clock.now()) == read(running) == {"1": "a", "2": "B", "3": "c"}


def test_deleted_mappings_are_gone_and_come_back_with_a_new_migration(move):
    running, migration_id = move.running, move.migration_id
    send(running, migration_id, {"1": "a", "2": "b"})
    then = running.clock.now()
    running.advance(hours=1)

    assert delete(running, migration_id, "1", "absent") == {"received": 2, "changed": 1}
    gone = running.clock.now()
    running.advance(hours=1)
    second = running.begin_migration()["migrationId"]
    send(running, second, {"1": "A"})
    running.advance(hours=1)
    send(running, second, {"1": "AA"})

    assert read(running) == {"1": "AA", "2": "b"}
    assert read(running, at=then) == {"1": "a", "2": "b"}
    assert read(running, at=gone) == {"2": "b"}
    assert read(running, at=gone + timedelta(hours=1)) == {"1": "A", "2": "b"}
    assert read(running, migrationId=second) == {"1": "AA"}
    assert read(running, migrationId=migration_id, at=then) == {"1": "a", "2": "b"}


def test_a_cloud_app_reads_as_of_a_moment_too(move):
    running, migration_id = move.running, move.migration_id
    send(running, migration_id, {"1": "a"})
    then = running.clock.now().isoformat()
    running.advance(minutes=1)
    send(running, migration_id, {"1": "A"})
    transfer_id = move.start()
    query = {"namespace": PAGES, "asOf": then}

    page = move.cloud.call("GET", f"mapping/{transfer_id}/page", query=query)
    found = move.cloud.call("POST", f"mapping/{transfer_id}/find", query=query, json=["1"])
    at_gateway = move.server.call("GET", f"transfers/{transfer_id}/mappings/page", query=query)

    assert page.json["items"] == found.json == at_gateway.json["items"] == {"1": "a"}


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01T00:00:00"])
def test_a_moment_has_a_time_zone(running, ready, moment):
    query = {"server": "acme-dc", "site": "acme", "namespace": PAGES, "asOf": moment}
    answer = running.admin("GET", "mappings", query_string=query)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request"), answer.text


@pytest.mark.parametrize("seed", range(6))
def test_every_moment_of_any_history_is_read_as_it_was(move, seed):
    """The oracle keeps a copy of everything after each change."""
    chance = random.Random(seed)
    running, migration_id = move.running, move.migration_id
    present, moments = {}, []
    for _ in range(12):
        running.advance(seconds=1)
        keys = chance.sample("abcdef", chance.randint(1, 4))
        if chance.random() < 0.7:
            change = {key: chance.choice("XYZ") for key in keys}
            send(running, migration_id, change)
            present = present | change
        else:
            delete(running, migration_id, *keys)
            present = {key: value for key, value in present.items() if key not in keys}
        moments.append((running.clock.now(), present))

    for at, expected in moments:
        assert read(running, at=at, page_size=2) == expected
    assert read(running) == present


@pytest.mark.parametrize("value", ["a\tb", "a\nb", "a\\b", "\\N", "\\.", "a\rb", '"q"', "ü\u2028"])
def test_any_text_survives_the_way_in(move, value):
    running, migration_id = move.running, move.migration_id

    assert send(running, migration_id, {value: value, "x": "y"}) == 2
    assert send(running, migration_id, {value: value, "x": "y"}) == 0
    assert read(running) == {value: value, "x": "y"}
