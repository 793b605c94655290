"""Every endpoint of the Forge REST, and the gate before each. Wire contract, 4.1 and 13."""

import pytest

from portway_platform.rate_limits.rules import RateLimits
from support.forge import FORGE_APP_ID, a_forge_move, install_forge
from support.manifests import APP_KEY
from support.platform import PUBLIC_URL, a_platform

NOWHERE = "00000000-0000-4000-8000-00000000dead"


def calls_of(transfer_id, key):
    """Every call of the REST: name, method, path, and what goes with it."""
    spaces = {"containerType": "ConfluenceSpace"}
    pages = {"namespace": "confluence:page"}
    return [
        ("status", "POST", f"message/{transfer_id}/status", {"json": {
            "status": "SUCCESS", "messageIds": [NOWHERE]}}),
        ("find", "POST", f"mapping/{transfer_id}/find", {"query": pages, "json": ["1"]}),
        ("page", "GET", f"mapping/{transfer_id}/page", {"query": pages}),
        ("all", "GET", f"data/{transfer_id}/all", {}),
        ("files", "GET", f"data/{transfer_id}/page", {}),
        ("address", "GET", f"data/{key}", {}),
        ("payload", "GET", f"data/{key}/payload", {}),
        ("containers", "GET", f"container/{transfer_id}/page", {"query": spaces}),
        ("log", "POST", f"log/{transfer_id}", {"json": {"message": "half way"}}),
    ]  # fmt: skip


@pytest.fixture
def transfer_id(move):
    return move.begin()


@pytest.fixture
def key(move, transfer_id):
    return move.upload(transfer_id, b"the notes", label="notes-1")


def answers(app, transfer_id, key):
    return {
        name: app.call(method, path, **options)
        for name, method, path, options in calls_of(transfer_id, key)
    }


def test_files_are_listed_paged_addressed_and_read(move, transfer_id, key):
    move.running.advance(seconds=1)
    unlabelled = move.upload(transfer_id, b"more")

    assert move.app.call("GET", f"data/{transfer_id}/all").json == [
        {"key": key, "s3Key": key, "label": "notes-1"},
        {"key": unlabelled, "s3Key": unlabelled, "label": None},
    ]
    payload = move.app.call("GET", f"data/{key}/payload")
    assert (payload.data, payload.mimetype) == (b"the notes", "application/octet-stream")
    url = move.app.call("GET", f"data/{key}").json["url"]
    assert move.running.call("GET", url.removeprefix(PUBLIC_URL)).data == b"the notes"


def test_the_list_of_files_comes_in_pages(move, transfer_id):
    keys = sorted(move.upload(transfer_id, bytes(n), label=str(n)) for n in range(5))
    path = f"data/{transfer_id}/page"

    first = move.app.call("GET", path, query={"pageSize": 2}).json
    second = move.app.call(
        "GET", path, query={"pageSize": 2, "lastEvaluatedKey": first["lastEvaluatedKey"]}
    ).json
    third = move.app.call(
        "GET", path, query={"pageSize": 2, "lastEvaluatedKey": second["lastEvaluatedKey"]}
    ).json

    assert [item["key"] for page in (first, second, third) for item in page["items"]] == keys
    assert third["lastEvaluatedKey"] is None
    assert all(item["fileSize"] == int(item["label"]) for item in first["items"])
    assert move.app.call("GET", path, query={"pageSize": 1001}).status_code == 400


def test_mappings_and_containers_are_those_of_the_migration(move, transfer_id):
    lines = b'{"namespace":"confluence:page","key":"10","value":"77"}\n'
    path = f"migrations/{move.migration_id}/mappings"
    move.running.admin("POST", path, data=lines)
    space = b'{"type":"ConfluenceSpace","sourceId":"1","key":"DS","name":"Docs"}\n'
    move.running.admin("POST", f"migrations/{move.migration_id}/containers", data=space)
    query = {"namespace": "confluence:page"}

    found = move.app.call("POST", f"mapping/{transfer_id}/find", query=query, json=["10", "11"])
    page = move.app.call("GET", f"mapping/{transfer_id}/page", query=query)
    containers = move.app.call(
        "GET", f"container/{transfer_id}/page", query={"containerType": "ConfluenceSpace"}
    )

    assert found.json == {"10": "77"}
    assert page.json["items"] == {"10": "77"}
    assert page.json["meta"]["hasNext"] is False
    assert containers.json["containers"] == [
        {"type": "ConfluenceSpace", "sourceId": "1", "key": "DS", "name": "Docs"}
    ]


def test_an_accept_header_and_a_content_type_on_a_get_change_nothing(move, transfer_id, key):
    headers = {"Accept": "*/*", "Content-Type": "application/json"}

    answer = move.app.call("GET", f"data/{transfer_id}/all", headers=headers)

    assert (answer.status_code, len(answer.json)) == (200, 1)


# The log


def test_the_admin_reads_what_the_app_logs(move, transfer_id):
    for message in ("imported 3 notes", "größer \N{SNOWMAN}", "", "x" * 65_536):
        answer = move.app.call("POST", f"log/{transfer_id}", json={"message": message})
        assert (answer.status_code, answer.data) == (200, b"")
        move.running.advance(seconds=1)

    logs = move.running.admin("GET", f"transfers/{transfer_id}/logs").json
    assert [entry["message"] for entry in logs] == [
        "imported 3 notes",
        "größer \N{SNOWMAN}",
        "",
        "x" * 65_536,
    ]
    assert logs[0]["writtenAt"] == "2026-01-01T00:00:00Z"


def test_a_log_message_has_its_limit(move, transfer_id):
    answer = move.app.call("POST", f"log/{transfer_id}", json={"message": "x" * 65_537})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert move.running.admin("GET", f"transfers/{transfer_id}/logs").json == []


# Acknowledging


@pytest.mark.parametrize(
    "body",
    [
        {"status": "DONE", "messageIds": [NOWHERE]},
        {"status": "SUCCESS", "messageIds": []},
        {"status": "SUCCESS"},
        {"messageIds": [NOWHERE]},
        [],
    ],
)
def test_a_malformed_acknowledgement_is_refused(move, transfer_id, body):
    answer = move.app.call("POST", f"message/{transfer_id}/status", json=body)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_an_unknown_message_refuses_the_whole_call(move, transfer_id, key):
    move.work()
    (event,) = move.app.uploads()

    answer = move.app.say(transfer_id, "SUCCESS", event["messageId"], NOWHERE)

    assert (answer.status_code, answer.json["code"]) == (404, "message_unknown")
    assert move.transfer(transfer_id)["forge"]["processed"] == 0


def test_a_message_of_another_transfer_is_unknown(move, transfer_id, key):
    move.work()
    (event,) = move.app.uploads()
    other = move.running.begin_migration(core="FINISHED")["migrationId"]
    path = f"migrations/{other}/transfers"
    second = move.running.admin("POST", path, json={"appKey": APP_KEY}).json["transferId"]

    answer = move.app.say(second, "SUCCESS", event["messageId"])

    assert answer.json["code"] == "message_unknown"
    assert move.transfer(transfer_id)["forge"]["processed"] == 0


def test_many_events_are_acknowledged_in_one_call(move, transfer_id):
    for number in range(600):
        move.upload(transfer_id, b"n", label=str(number))
    move.complete_export(transfer_id)
    move.work()

    ids = [event["messageId"] for event in move.app.uploads()]
    assert len(ids) == 600
    assert move.app.say(transfer_id, "SUCCESS", *ids).status_code == 200
    move.work()

    assert move.status(transfer_id) == "SUCCESS"


# Who may


def test_without_a_token_every_call_is_refused(move, transfer_id, key):
    for _, method, path, options in calls_of(transfer_id, key):
        options = {name: value for name, value in options.items() if name != "query"}
        answer = move.running.call(method, f"/app/migration/forge/v1/{path}", **options)
        assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_settled_transfer_answers_409_everywhere(move, transfer_id, key):
    move.complete_export(transfer_id)
    move.work()
    move.app.say(transfer_id, "SUCCESS", move.app.uploads()[0]["messageId"])
    move.work()
    assert move.status(transfer_id) == "SUCCESS"

    for name, answer in answers(move.app, transfer_id, key).items():
        assert (answer.status_code, answer.json["code"]) == (409, "transfer_settled"), name


def test_unknown_and_foreign_are_the_same_answer(move, transfer_id, key):
    other = install_forge(move.running, environment="staging")
    other.token = other.fresh_token()

    foreign = answers(other, transfer_id, key)
    unknown = answers(other, NOWHERE, NOWHERE)
    odd = answers(other, "no-uuid", "no-uuid")

    for name in foreign:
        told = [(one.status_code, one.json["code"]) for one in (foreign[name], unknown[name])]
        assert told[0] == told[1]
        assert told[0] in {(403, "transfer_unknown"), (404, "app_data_unknown")}, name
        assert odd[name].status_code == told[0][0]


def test_an_environment_of_another_site_sees_nothing(move, transfer_id, key):
    move.running.add_site("other")
    other = install_forge(move.running, site="other")
    other.token = other.fresh_token()

    assert {answer.status_code for answer in answers(other, transfer_id, key).values()} == {
        403,
        404,
    }


def test_the_connect_api_does_not_reach_a_forge_transfer(move, transfer_id, key):
    """Nobody holds a secret of an app that is on the site as Forge only (wire contract, 3.1)."""
    path = f"/sites/acme/wiki/rest/atlassian-connect/1/migration/data/{transfer_id}/all"
    bearer = {"Authorization": f"Bearer {move.app.fresh_token()}"}

    answer = move.running.call("GET", path, headers=bearer)

    assert (answer.status_code, answer.json["code"]) == (403, "connect_apps_only")


@pytest.mark.parametrize(
    ("scopes", "refused"),
    [
        (("APP_DATA_UGC",), {"find", "page"}),
        (("MIGRATION_TRACING_PRODUCT",), {"all", "files"}),
        (("MIGRATION_TRACING_IDENTITY",), {"find", "page", "all", "files"}),
    ],
)
def test_each_call_needs_its_scope(running, scopes, refused):
    declared = {"dataAccessScopes": list(scopes)}
    move = a_forge_move(running, scopes=scopes, **declared)
    transfer_id = move.begin()

    told = answers(move.app, transfer_id, NOWHERE)

    codes = {
        name: answer.json["code"] for name, answer in told.items() if answer.status_code == 403
    }
    assert set(codes) == refused
    assert set(codes.values()) == {"scope_not_declared"}


def test_the_app_id_of_the_token_is_that_of_the_catalogue(move):
    assert FORGE_APP_ID in move.transfer(move.begin())["forge"]["forgeAppId"]


def test_a_refused_namespace_is_answered_as_the_sites_dialect_says(running):
    scopes = ("APP_DATA_UGC",)
    move = a_forge_move(running, scopes=scopes, dataAccessScopes=list(scopes))
    transfer_id = move.begin()
    asked = {"namespace": "confluence:page"}
    path = f"mapping/{transfer_id}/page"

    def switched(value):
        body = {"switches": {"refused-namespace": value}}
        assert running.admin("PATCH", "sites/acme/dialect", json=body).status_code == 200
        return move.app.call("GET", path, query=asked)

    assert switched("403").status_code == 403
    assert switched("404").status_code == 404
    assert switched("empty").json["items"] == {}


def test_a_forge_app_over_its_limit_is_asked_to_wait():
    with a_platform(rate_limits=RateLimits(app_per_minute=3)) as running:
        move = a_forge_move(running)
        transfer_id = move.begin()

        answers = [move.app.call("GET", f"data/{transfer_id}/all") for _ in range(5)]

        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert answers[-1].json["code"] == "rate_limited"
        assert int(answers[-1].headers["Retry-After"]) >= 1
