"""Runs of a plan, and the containers they cover."""

import orjson
import pytest


def a_container(number, container_type="ConfluenceSpace"):
    return {
        "type": container_type,
        "sourceId": f"{number}",
        "key": f"KEY{number}",
        "name": f"Space {number}",
    }


def send(running, migration, containers):
    path = f"migrations/{migration['migrationId']}/containers"
    return running.admin("POST", path, data=b"\n".join(map(orjson.dumps, containers)))


def page(running, migration, container_type="ConfluenceSpace", **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    path = f"migrations/{migration['migrationId']}/containers?containerType={container_type}{more}"
    return running.admin("GET", path)


def test_a_migration_begins_with_its_core_running(ready):
    migration = ready.begin_migration()

    assert migration == {
        "migrationId": migration["migrationId"],
        "migrationScopeId": migration["migrationScopeId"],
        "name": "Wave 3",
        "coreStatus": "RUNNING",
        "createdAt": "2026-01-01T00:00:00Z",
        "serverKey": "acme-dc",
        "siteKey": "acme",
    }
    assert ready.admin("GET", f"migrations/{migration['migrationId']}").json == migration


def test_migrations_of_one_pair_share_its_scope(ready):
    """Wire contract, 1.2: `migrationScopeId` is the pair, not the run."""
    ready.add_server("other-dc")
    first, second = ready.begin_migration(), ready.begin_migration()
    other = ready.begin_migration(server="other-dc")

    assert first["migrationScopeId"] == second["migrationScopeId"]
    assert other["migrationScopeId"] != first["migrationScopeId"]


@pytest.mark.parametrize("status", ["FINISHED", "INCOMPLETE", "FAILED", "RUNNING"])
def test_the_assistant_says_how_far_the_core_is(ready, status):
    assert ready.begin_migration(core=status)["coreStatus"] == status


def test_a_core_status_nobody_knows_is_refused(ready):
    migration = ready.begin_migration()

    path = f"migrations/{migration['migrationId']}/core"
    answer = ready.admin("PUT", path, json={"status": "DONE"})

    assert (answer.status_code, answer.json["details"][0]["field"]) == (400, "status")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"serverKey": "none"}, "server_unknown"), ({"siteKey": "none"}, "site_unknown")],
)
def test_a_migration_needs_a_server_and_a_site(ready, changes, code):
    body = {"serverKey": "acme-dc", "siteKey": "acme", "name": "Wave 3", **changes}

    answer = ready.admin("POST", "migrations", json=body)

    assert (answer.status_code, answer.json["code"]) == (404, code)


def test_containers_come_back_by_type_and_page(ready):
    migration = ready.begin_migration()
    received = send(ready, migration, [a_container(2), a_container(1), a_container(9, "Site")])

    first = page(ready, migration, pageSize=1).json
    second = page(ready, migration, pageSize=1, lastEntity=first["meta"]["lastEntity"]).json

    assert received.json == {"received": 3}
    assert first == {
        "meta": {"pageSize": 1, "hasNext": True, "lastEntity": "1"},
        "containers": [a_container(1)],
    }
    assert second == {
        "meta": {"pageSize": 1, "hasNext": False, "lastEntity": None},
        "containers": [a_container(2)],
    }
    assert page(ready, migration, "Site").json["containers"] == [a_container(9, "Site")]


def test_a_container_sent_again_takes_its_new_name(ready):
    migration = ready.begin_migration()
    send(ready, migration, [a_container(1)])

    send(ready, migration, [{**a_container(1), "name": "Renamed"}])

    containers = page(ready, migration).json["containers"]
    assert [container["name"] for container in containers] == ["Renamed"]


def test_containers_belong_to_their_migration(ready):
    send(ready, ready.begin_migration(), [a_container(1)])

    assert page(ready, ready.begin_migration()).json["containers"] == []


def test_a_larger_page_of_containers_is_cut_to_250(ready):
    migration = ready.begin_migration()
    send(ready, migration, [a_container(1000 + number) for number in range(251)])

    answer = page(ready, migration, pageSize=5000).json

    assert answer["meta"] == {"pageSize": 250, "hasNext": True, "lastEntity": "1249"}
    assert len(answer["containers"]) == 250


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ({**a_container(1), "type": "TrelloBoard"}, "type is none of"),
        ({**a_container(1), "name": None}, "name is no text"),
        ({**a_container(1), "colour": "blue"}, "fields other than"),
        ({"type": "Site"}, "sourceId is no text"),
    ],
)
def test_one_bad_container_refuses_all_of_them(ready, bad, problem):
    migration = ready.begin_migration()

    answer = send(ready, migration, [a_container(1), bad])

    assert (answer.status_code, answer.json["code"]) == (400, "line_invalid")
    assert answer.json["details"]["line"] == 2
    assert problem in answer.json["message"]
    assert page(ready, migration).json["containers"] == []
