"""What a listener reads of its transfer. docs/reference/gateway-api.md#transfers"""

import pytest

from support.app_side import a_move, enrol, install
from support.manifests import APP_KEY

PAGES = {"namespace": "confluence:page"}


def bring(move, *lines):
    body = "\n".join(lines).encode()
    path = f"migrations/{move.migration_id}/mappings"
    assert move.running.admin("POST", path, data=body).status_code == 200


def a_mapping(key, value, namespace="confluence:page"):
    return f'{{"namespace":"{namespace}","key":"{key}","value":"{value}"}}'


@pytest.fixture
def transfer_id(move):
    return move.start()


def test_a_listener_sees_its_transfer_and_what_was_granted(move, transfer_id):
    move.cloud.report(transfer_id, percent=30)

    state = move.server.call("GET", f"transfers/{transfer_id}").json

    assert (state["status"], state["percent"]) == ("IN_PROGRESS", 30)
    assert sorted(state["grantedScopes"]) == [
        "APP_DATA_PII",
        "APP_DATA_UGC",
        "MIGRATION_TRACING_IDENTITY",
        "MIGRATION_TRACING_PRODUCT",
    ]


def test_mappings_come_page_by_page_and_by_key(move, transfer_id):
    bring(move, *(a_mapping(f"p{number}", f"c{number}") for number in range(3)))
    path = f"transfers/{transfer_id}/mappings"

    first = move.server.call("GET", f"{path}/page", query={**PAGES, "pageSize": 2}).json
    last_entity = first["meta"]["lastEntity"]
    second = move.server.call(
        "GET", f"{path}/page", query={**PAGES, "pageSize": 2, "lastEntity": last_entity}
    ).json
    found = move.server.call("POST", f"{path}/find", query=PAGES, json=["p1", "nobody"]).json

    assert first == {
        "meta": {"pageSize": 2, "hasNext": True, "lastEntity": "p1"},
        "items": {"p0": "c0", "p1": "c1"},
    }
    assert second == {
        "meta": {"pageSize": 2, "hasNext": False, "lastEntity": None},
        "items": {"p2": "c2"},
    }
    assert found == {"p1": "c1"}


def test_containers_come_page_by_page(move, transfer_id):
    line = b'{"type":"ConfluenceSpace","sourceId":"100","key":"DEMO","name":"Demo"}'
    move.running.admin("POST", f"migrations/{move.migration_id}/containers", data=line)

    answer = move.server.call(
        "GET",
        f"transfers/{transfer_id}/containers/page",
        query={"containerType": "ConfluenceSpace"},
    )

    assert answer.json == {
        "meta": {"pageSize": 250, "hasNext": False, "lastEntity": None},
        "containers": [
            {"type": "ConfluenceSpace", "sourceId": "100", "key": "DEMO", "name": "Demo"}
        ],
    }


@pytest.mark.parametrize(
    ("granted", "namespace", "status", "code"),
    [
        (["MIGRATION_TRACING_PRODUCT"], "confluence:page", 200, None),
        (["MIGRATION_TRACING_PRODUCT"], "identity:user", 403, "scope_not_granted"),
        (["MIGRATION_TRACING_IDENTITY"], "identity:user", 200, None),
        (["MIGRATION_TRACING_IDENTITY"], "jira/classic:project", 403, "scope_not_granted"),
        (["MIGRATION_TRACING_IDENTITY"], "nothing:known", 400, "namespace_unknown"),
    ],
)
def test_each_namespace_needs_its_scope(running, granted, namespace, status, code):
    running.add_site()
    running.add_server()
    running.publish(scopes=["MIGRATION_TRACING_PRODUCT", "MIGRATION_TRACING_IDENTITY"])
    server = enrol(running, dataAccessScopes=[])
    install(running)
    running.agree(scopes=granted)
    migration = running.begin_migration(core="FINISHED")
    transfer_id = running.admin(
        "POST", f"migrations/{migration['migrationId']}/transfers", json={"appKey": APP_KEY}
    ).json["transferId"]

    path = f"transfers/{transfer_id}/mappings"
    page = server.call("GET", f"{path}/page", query={"namespace": namespace})
    find = server.call("POST", f"{path}/find", query={"namespace": namespace}, json=["x"])

    assert (page.status_code, find.status_code) == (status, status)
    if code:
        assert (page.json["code"], find.json["code"]) == (code, code)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("mappings/page", {**PAGES, "pageSize": 0}),
        ("mappings/page", {**PAGES, "pageSize": "many"}),
        ("containers/page", {}),
        ("containers/page", {"containerType": "Everything"}),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(move, transfer_id, path, query):
    answer = move.server.call("GET", f"transfers/{transfer_id}/{path}", query=query)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_a_question_without_a_namespace_is_refused(move, transfer_id):
    assert move.server.call("GET", f"transfers/{transfer_id}/mappings/page").status_code == 400


def test_more_than_a_hundred_keys_are_refused(move, transfer_id):
    path = f"transfers/{transfer_id}/mappings/find"
    keys = [f"k{number}" for number in range(101)]

    assert move.server.call("POST", path, query=PAGES, json=keys[:100]).status_code == 200
    assert move.server.call("POST", path, query=PAGES, json=keys).status_code == 400


def test_the_transfer_of_another_server_looks_like_one_that_does_not_exist(running):
    move = a_move(running)
    transfer_id = move.start()
    running.add_server("other-dc")
    stranger = enrol(running, server="other-dc")
    nowhere = "00000000-0000-0000-0000-000000000000"

    answers = [
        stranger.call(method, f"transfers/{wanted}{path}", **options)
        for wanted in (transfer_id, nowhere)
        for method, path, options in [
            ("GET", "", {}),
            ("GET", "/mappings/page", {"query": PAGES}),
            ("POST", "/mappings/find", {"query": PAGES, "json": ["x"]}),
            ("GET", "/containers/page", {"query": {"containerType": "Site"}}),
            ("GET", "/feedback", {}),
            ("POST", "/export-completion", {}),
            ("PUT", "/app-data", {"data": b"x"}),
        ]
    ]

    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {
        (403, "transfer_unknown")
    }
