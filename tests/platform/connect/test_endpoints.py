"""The Connect API, endpoint by endpoint. Wire contract, 3.4 and 3.7."""

import pytest

from support.app_side import a_move, enrol, install
from support.manifests import APP_KEY
from support.vendor import sign_as_app

NOWHERE = "00000000-0000-0000-0000-000000000000"
PAGES = {"namespace": "confluence:page"}


@pytest.fixture
def transfer_id(move):
    return move.start()


def bring(move, lines):
    path = f"migrations/{move.migration_id}/mappings"
    assert move.running.admin("POST", path, data="\n".join(lines).encode()).status_code == 200


def mapping_lines(count, namespace="confluence:page"):
    return [
        f'{{"namespace":"{namespace}","key":"k{number:05}","value":"v{number}"}}'
        for number in range(count)
    ]


# webhook


def test_an_app_registers_addresses_for_its_events(move):
    urls = ["https://notes.example/one", "https://notes.example/two"]
    assert move.cloud.call("GET", "webhook").json == {"endpoints": []}

    answer = move.cloud.call("PUT", "webhook", json={"endpoints": [*urls, urls[0]]})

    assert (answer.status_code, answer.json) == (200, {"endpoints": urls})
    assert move.cloud.call("GET", "webhook").json == {"endpoints": urls}


def test_registering_replaces_what_was_registered_and_an_empty_list_removes_it(move):
    move.cloud.call("PUT", "webhook", json={"endpoints": ["https://notes.example/one"]})
    move.cloud.call("PUT", "webhook", json={"endpoints": ["https://notes.example/two"]})
    assert move.cloud.call("GET", "webhook").json == {"endpoints": ["https://notes.example/two"]}

    move.cloud.call("PUT", "webhook", json={"endpoints": []})

    assert move.cloud.call("GET", "webhook").json == {"endpoints": []}


def test_registered_addresses_are_deleted_in_one_call(move):
    move.cloud.call("PUT", "webhook", json={"endpoints": ["https://notes.example/one"]})

    answer = move.cloud.call("DELETE", "webhook")

    assert (answer.status_code, answer.json) == (200, {"endpoints": []})
    assert move.cloud.call("GET", "webhook").json == {"endpoints": []}


def test_the_version_of_2021_may_still_be_asked_for(move):
    """Wire contract, 3.4: it chose the payload that is the only one today."""
    body = {"endpoints": ["https://notes.example/one"]}

    answer = move.cloud.call("PUT", "webhook", query={"version": 1}, json=body)

    assert (answer.status_code, answer.json) == (200, body)


@pytest.mark.parametrize(
    "url",
    [
        "http://notes.example/events",
        "/events",
        "notes.example/events",
        "ftp://notes.example/events",
        "https://user:secret@notes.example/events",
        "https://notes.example/events#part",
        "https://notes.example:0/events",
        "https://notes example/events",
        "https://[half/events",
        "https://",
        "",
        "https://notes.example/" + "x" * 2000,
    ],
)
def test_only_absolute_https_addresses_are_registered(move, url):
    good = "https://notes.example/good"

    answer = move.cloud.call("PUT", "webhook", json={"endpoints": [good, url]})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["details"][0]["field"] == "endpoints.1"
    assert move.cloud.call("GET", "webhook").json == {"endpoints": []}


def test_ten_addresses_are_enough(move):
    urls = [f"https://notes.example/{number}" for number in range(11)]

    assert move.cloud.call("PUT", "webhook", json={"endpoints": urls}).status_code == 400
    assert move.cloud.call("PUT", "webhook", json={"endpoints": urls[:10]}).status_code == 200


@pytest.mark.parametrize("body", [{}, [], {"endpoints": "x"}, {"endpoints": [1]}])
def test_a_registration_that_makes_no_sense_is_refused(move, body):
    assert move.cloud.call("PUT", "webhook", json=body).status_code == 400


def test_each_site_has_registrations_of_its_own(move):
    move.running.add_site("other")
    other = install(move.running, site="other")

    move.cloud.call("PUT", "webhook", json={"endpoints": ["https://notes.example/one"]})

    assert other.call("GET", "webhook").json == {"endpoints": []}


# transfer/recent


def test_recent_lists_running_transfers_newest_first(move, transfer_id):
    move.running.advance(minutes=1)
    second_migration = move.running.begin_migration(core="FINISHED")
    second = move.running.admin(
        "POST",
        f"migrations/{second_migration['migrationId']}/transfers",
        json={"appKey": APP_KEY},
    ).json["transferId"]

    recent = move.cloud.call("GET", "transfer/recent").json

    assert [(entry["transferId"], entry["status"]) for entry in recent] == [
        (second, "IN_PROGRESS"),
        (transfer_id, "IN_PROGRESS"),
    ]
    assert set(recent[0]) == {"transferId", "status", "migrationDetails"}
    move.cloud.report(second, "SUCCESS")
    assert [entry["transferId"] for entry in move.cloud.call("GET", "transfer/recent").json] == [
        transfer_id
    ]


def test_recent_leaves_out_what_no_agreement_covers(move, transfer_id):
    move.running.publish(version="2.0.0")

    assert move.cloud.call("GET", "transfer/recent").json == []


# mapping


def test_a_page_has_the_contracts_shape(move, transfer_id):
    bring(move, mapping_lines(3))
    path = f"mapping/{transfer_id}/page"

    first = move.cloud.call("GET", path, query={**PAGES, "pageSize": 2})
    rest = move.cloud.call("GET", path, query={**PAGES, "pageSize": 2, "lastEntity": "k00001"})

    assert first.headers["Content-Type"] == "application/json"
    assert first.json == {
        "meta": {"pageSize": 2, "hasNext": True, "lastEntity": "k00001"},
        "items": {"k00000": "v0", "k00001": "v1"},
    }
    assert rest.json == {
        "meta": {"pageSize": 2, "hasNext": False, "lastEntity": None},
        "items": {"k00002": "v2"},
    }


def test_a_larger_page_is_cut_to_1200(move, transfer_id):
    """Wire contract, 2.3 and 14: public code passes 5000."""
    bring(move, mapping_lines(1201))

    page = move.cloud.call(
        "GET", f"mapping/{transfer_id}/page", query={**PAGES, "pageSize": 5000}
    ).json

    assert page["meta"] == {"pageSize": 1200, "hasNext": True, "lastEntity": "k01199"}
    assert len(page["items"]) == 1200


@pytest.mark.parametrize("page_size", [5, 100, 1200, 5000])
def test_a_walk_in_any_page_size_meets_every_mapping_once(move, transfer_id, page_size):
    """Wire contract, 14: the sizes public code asks for."""
    bring(move, mapping_lines(1203))
    path, met, query = f"mapping/{transfer_id}/page", [], {**PAGES, "pageSize": page_size}

    while True:
        page = move.cloud.call("GET", path, query=query).json
        met += page["items"]
        if not page["meta"]["hasNext"]:
            break
        query["lastEntity"] = page["meta"]["lastEntity"]

    assert met == [f"k{number:05}" for number in range(1203)]


def test_a_page_has_1200_mappings_or_250_containers_unless_told_otherwise(move, transfer_id):
    """Wire contract, 13."""
    mappings = move.cloud.call("GET", f"mapping/{transfer_id}/page", query=PAGES).json
    query = {"containerType": "Site"}
    containers = move.cloud.call("GET", f"container/{transfer_id}/page", query=query).json

    assert (mappings["meta"]["pageSize"], containers["meta"]["pageSize"]) == (1200, 250)


@pytest.mark.parametrize("page_size", [0, -1, "x"])
def test_a_page_size_that_makes_no_sense_is_refused(move, transfer_id, page_size):
    query = {**PAGES, "pageSize": page_size}

    assert move.cloud.call("GET", f"mapping/{transfer_id}/page", query=query).status_code == 400


def test_find_leaves_out_unknown_keys(move, transfer_id):
    bring(move, mapping_lines(3))
    path = f"mapping/{transfer_id}/find"

    found = move.cloud.call("POST", path, query=PAGES, json=["k00001", "nobody", "k00001"])
    nothing = move.cloud.call("POST", path, query=PAGES, json=["nobody"])

    assert found.json == {"k00001": "v1"}
    assert (nothing.status_code, nothing.json) == (200, {})


def test_find_takes_a_hundred_keys(move, transfer_id):
    path = f"mapping/{transfer_id}/find"
    keys = [str(number) for number in range(101)]

    assert move.cloud.call("POST", path, query=PAGES, json=keys[:100]).status_code == 200
    assert move.cloud.call("POST", path, query=PAGES, json=keys).status_code == 400
    assert move.cloud.call("POST", path, query=PAGES, json={"keys": []}).status_code == 400
    assert move.cloud.call("POST", path, query=PAGES, json=[1]).status_code == 400


@pytest.mark.parametrize(
    ("namespace", "status", "code"),
    [
        ("confluence:space", 200, None),
        ("jira/classic:customField", 200, None),
        ("identity:user", 403, "scope_not_declared"),
        ("identity:group", 403, "scope_not_declared"),
        ("weather:today", 400, "namespace_unknown"),
        ("confluence", 400, "namespace_unknown"),
    ],
)
def test_each_namespace_needs_its_scope(running, namespace, status, code):
    move = a_move(running, scopes=["MIGRATION_TRACING_PRODUCT"], dataAccessScopes=[])
    transfer_id = move.start()
    query = {"namespace": namespace}

    page = move.cloud.call("GET", f"mapping/{transfer_id}/page", query=query)
    find = move.cloud.call("POST", f"mapping/{transfer_id}/find", query=query, json=["k"])

    assert (page.status_code, find.status_code) == (status, status)
    if code:
        assert (page.json["code"], find.json["code"]) == (code, code)
        assert "items" not in page.json


# container


def test_containers_have_their_type_id_key_and_name(move, transfer_id):
    line = '{{"type":"{}","sourceId":"{}","key":"K{}","name":"N"}}'
    lines = [line.format("ConfluenceSpace", number, number) for number in range(3)]
    lines.append(line.format("Site", "s", "s"))
    path = f"migrations/{move.migration_id}/containers"
    move.running.admin("POST", path, data="\n".join(lines).encode())

    def page(**query):
        return move.cloud.call("GET", f"container/{transfer_id}/page", query=query).json

    first = page(containerType="ConfluenceSpace", pageSize=2)
    assert first == {
        "meta": {"pageSize": 2, "hasNext": True, "lastEntity": "1"},
        "containers": [
            {"type": "ConfluenceSpace", "sourceId": str(n), "key": f"K{n}", "name": "N"}
            for n in (0, 1)
        ],
    }
    rest = page(containerType="ConfluenceSpace", pageSize=2, lastEntity="1")
    assert [entry["sourceId"] for entry in rest["containers"]] == ["2"]
    assert rest["meta"]["hasNext"] is False
    assert len(page(containerType="Site")["containers"]) == 1
    assert page(containerType="JiraProject")["containers"] == []
    assert page(containerType="Site", pageSize=9999)["meta"]["pageSize"] == 250


@pytest.mark.parametrize("query", [{}, {"containerType": "Planet"}])
def test_only_known_container_types_are_asked_for(move, transfer_id, query):
    answer = move.cloud.call("GET", f"container/{transfer_id}/page", query=query)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


# What callers send and do not send


def test_a_content_type_on_a_get_and_any_accept_header_do_no_harm(move, transfer_id):
    """Wire contract, 14."""
    target = f"/sites/acme/wiki/rest/atlassian-connect/1/migration/data/{transfer_id}/all"
    signed = sign_as_app(move.cloud.vendor.secret, "GET", target, now=move.running.clock.now())

    answer = move.running.call(
        "GET", target, headers={**signed, "Accept": "*/*", "Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json) == (200, [])


def test_a_token_in_the_query_is_as_good_as_one_in_the_header(move, transfer_id):
    target = (
        f"/sites/acme/wiki/rest/atlassian-connect/1/migration/mapping/{transfer_id}/page"
        "?namespace=confluence%3Apage"
    )
    signed = sign_as_app(move.cloud.vendor.secret, "GET", target, now=move.running.clock.now())
    token = signed["Authorization"].removeprefix("JWT ")

    assert move.running.call("GET", f"{target}&jwt={token}").status_code == 200


def test_a_jira_site_has_no_wiki_in_its_address(running):
    running.add_site("jira", product="JIRA")
    running.add_server()
    running.publish()
    enrol(running)
    cloud = install(running, site="jira", context_path="/sites/jira")

    assert cloud.call("GET", "transfer/recent").json == []
    cloud.context_path = "/sites/jira/wiki"
    assert cloud.call("GET", "transfer/recent").status_code in {401, 404}


def test_forge_apps_and_oauth_clients_are_told_whose_api_this_is(move, transfer_id):
    """Wire contract, 3.1."""
    target = "/sites/acme/wiki/rest/atlassian-connect/1/migration/transfer/recent"

    answer = move.running.call("GET", target, headers={"Authorization": "Bearer e30.e30.e30"})

    assert (answer.status_code, answer.json["code"]) == (403, "connect_apps_only")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "mapping/{}/page?namespace=confluence:page%00", None),
        ("GET", "mapping/{}/page?namespace=confluence:page&lastEntity=%00", None),
        ("GET", "container/{}/page?containerType=Site&lastEntity=%00", None),
        ("GET", "data/%00", None),
        ("GET", "error/%00", None),
        ("POST", "mapping/{}/find?namespace=confluence:page", ["\0"]),
        ("POST", "feedback/{}", {"details": {"a": ["\0"]}}),
        ("POST", "feedback/{}", {"details": {"a": 2**64}}),
        ("POST", "progress/{}", {"status": "IN_PROGRESS", "message": "\0"}),
    ],
)
def test_a_character_no_database_keeps_is_no_fault_of_the_platform(
    move, transfer_id, method, path, body
):
    target = "/sites/acme/wiki/rest/atlassian-connect/1/migration/" + path.format(transfer_id)
    signed = sign_as_app(move.cloud.vendor.secret, method, target, now=move.running.clock.now())

    answer = move.running.call(method, target, headers=signed, json=body)

    assert answer.status_code in {400, 404}, answer.text


# Isolation


def every_call(app, transfer_id, key):
    container = {"containerType": "Site"}
    return [
        app.report(transfer_id, percent=10),
        app.report(transfer_id, "SUCCESS"),
        app.call("POST", f"mapping/{transfer_id}/find", query=PAGES, json=["k"]),
        app.call("GET", f"mapping/{transfer_id}/page", query=PAGES),
        app.call("GET", f"data/{transfer_id}/all"),
        app.call("GET", f"container/{transfer_id}/page", query=container),
        app.call("POST", f"feedback/{transfer_id}", json={"details": {}}),
        app.call("GET", f"error/{transfer_id}"),
        app.call("GET", f"data/{key}"),
    ]


def test_what_belongs_to_another_site_looks_like_what_does_not_exist(running):
    move = a_move(running)
    transfer_id = move.start()
    key = move.server.put(transfer_id).json["key"]
    running.add_site("other")
    stranger = install(running, site="other")

    foreign = every_call(stranger, transfer_id, key)
    absent = every_call(stranger, NOWHERE, NOWHERE)

    assert [answer.status_code for answer in foreign] == [403] * 8 + [404]
    for one, other in zip(foreign, absent, strict=True):
        assert one.status_code == other.status_code
        assert one.json["code"] == other.json["code"]
        assert (
            one.json["message"].replace(transfer_id, NOWHERE).replace(key, NOWHERE)
            == (other.json["message"])
        )
    assert stranger.call("GET", "transfer/recent").json == []
    assert move.transfer(transfer_id)["status"] == "IN_PROGRESS"


def test_a_token_of_one_site_opens_nothing_on_another(running):
    move = a_move(running)
    move.start()
    running.add_site("other")
    install(running, site="other")
    target = "/sites/other/wiki/rest/atlassian-connect/1/migration/transfer/recent"
    signed = sign_as_app(
        move.cloud.vendor.secret,
        "GET",
        target,
        now=running.clock.now(),
        context_path="/sites/other/wiki",
    )

    assert running.call("GET", target, headers=signed).status_code == 401


@pytest.mark.parametrize("ending", ["withdrawn", "stale"])
def test_without_a_standing_agreement_nothing_of_the_data_is_answered(move, ending):
    transfer_id = move.start()
    key = move.server.put(transfer_id, b"the secret note").json["key"]
    bring(move, mapping_lines(1))
    if ending == "withdrawn":
        move.withdraw_consent()
    else:
        move.running.publish(version="2.0.0")

    answers = every_call(move.cloud, transfer_id, key)

    assert {answer.status_code for answer in answers} == {403}
    for answer in answers:
        assert answer.json["code"] == f"consent_{ending}"
        assert answer.json["cause"]
        assert answer.json["fix"]
        assert b"secret note" not in answer.data
        assert "v0" not in answer.text


# One migration's mappings: an extension


def test_what_one_migration_brought_can_be_read_alone(move):
    bring(move, mapping_lines(3))
    first = move.migration_id
    move.migration_id = second = move.running.begin_migration(core="FINISHED")["migrationId"]
    changed = '{"namespace":"confluence:page","key":"k00001","value":"again"}'
    bring(move, [*mapping_lines(1, "confluence:space"), changed])
    transfer_id = move.start()

    def read(**query):
        path = f"mapping/{transfer_id}/page"
        return move.cloud.call("GET", path, query={**PAGES, **query}).json["items"]

    everything = {"k00000": "v0", "k00001": "again", "k00002": "v2"}
    assert read() == everything
    assert read(migrationId=second) == {"k00001": "again"}
    assert read(migrationId=first) == {"k00000": "v0", "k00002": "v2"}
    assert read(migrationId="another") == {}
    found = move.cloud.call(
        "POST",
        f"mapping/{transfer_id}/find",
        query={**PAGES, "migrationId": second},
        json=["k00000", "k00001"],
    )
    assert found.json == {"k00001": "again"}
