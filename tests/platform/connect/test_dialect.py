"""Each switch of a site's dialect does what the reference says it does, on the Connect API."""

import pytest

from support.app_side import a_move

PAGES = {"namespace": "confluence:page"}


def switch(move, **switches):
    """Set switches of the site; names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in switches.items()}
    answer = move.running.admin("PATCH", "sites/acme/dialect", json={"switches": named})
    assert answer.status_code == 200, answer.text


@pytest.fixture
def transfer_id(move):
    return move.start()


def bring(move, count, *, prefix="k"):
    lines = [
        f'{{"namespace":"confluence:page","key":"{prefix}{number:05}","value":"v{number}"}}'
        for number in range(count)
    ]
    path = f"migrations/{move.migration_id}/mappings"
    assert move.running.admin("POST", path, data="\n".join(lines).encode()).status_code == 200


def page(move, transfer_id, **query):
    return move.cloud.call("GET", f"mapping/{transfer_id}/page", query={**PAGES, **query})


def find(move, transfer_id, keys, **query):
    path = f"mapping/{transfer_id}/find"
    return move.cloud.call("POST", path, query={**PAGES, **query}, json=keys)


@pytest.mark.parametrize("code", [403, 409, 400])
def test_calls_on_a_settled_transfer_get_the_sites_code(move, transfer_id, code):
    key = move.server.put(transfer_id).json["key"]
    switch(move, settled_code=str(code), expired_code="403")
    move.cloud.report(transfer_id, "SUCCESS")

    answers = [
        move.cloud.report(transfer_id),
        move.cloud.call("POST", f"feedback/{transfer_id}", json={"details": {}}),
        page(move, transfer_id),
        move.cloud.call("GET", f"data/{key}"),
        move.cloud.call("GET", f"error/{transfer_id}"),
    ]

    assert {(it.status_code, it.json["code"]) for it in answers} == {(code, "transfer_settled")}


def test_a_transfer_past_its_14_days_has_a_code_of_its_own(move, transfer_id):
    switch(move, settled_code="409", expired_code="400")
    move.running.advance(days=14)
    move.running.platform.worker.run_due()

    assert page(move, transfer_id).status_code == 400
    move.migration_id = move.running.begin_migration(core="FINISHED")["migrationId"]
    second = move.start()
    move.cloud.report(second, "FAILED")
    assert page(move, second).status_code == 409


def test_a_page_above_the_limit_is_cut_or_refused(move, transfer_id):
    bring(move, 3)
    containers = {"containerType": "Site", "pageSize": 251}
    path = f"container/{transfer_id}/page"
    assert page(move, transfer_id, pageSize=1201).json["meta"]["pageSize"] == 1200

    switch(move, page_size_over_limit="refuse")

    refused = page(move, transfer_id, pageSize=1201)
    assert (refused.status_code, refused.json["details"][0]["field"]) == (400, "pageSize")
    assert page(move, transfer_id, pageSize=1200).status_code == 200
    assert move.cloud.call("GET", path, query=containers).status_code == 400


@pytest.mark.parametrize(
    ("value", "status", "found"), [("refuse", 400, 0), ("cut", 200, 100), ("answer-all", 200, 150)]
)
def test_a_find_of_more_than_100_keys_is_refused_cut_or_answered(
    move, transfer_id, value, status, found
):
    bring(move, 150)
    switch(move, find_over_limit=value)

    answer = find(move, transfer_id, [f"k{number:05}" for number in range(150)])

    assert answer.status_code == status
    assert len(answer.json if status == 200 else []) == found


@pytest.mark.parametrize("status", [200, 400, 409])
def test_a_lower_percent_is_ignored_whatever_the_answer(move, transfer_id, status):
    switch(move, lower_percent_code=str(status))
    move.cloud.report(transfer_id, percent=50, message="half")

    answer = move.cloud.report(transfer_id, percent=10, message="back")

    assert answer.status_code == status
    assert answer.json.get("code") == (None if status == 200 else "percent_lowered")
    transfer = move.transfer(transfer_id)
    assert (transfer["percent"], transfer["message"]) == (50, "half")


def test_created_at_counts_milliseconds_or_seconds(move, transfer_id):
    def created_at():
        (recent,) = move.cloud.call("GET", "transfer/recent").json
        return recent["migrationDetails"]["createdAt"]

    milliseconds = created_at()
    switch(move, created_at_unit="seconds")

    assert len(str(milliseconds)) == 13
    assert created_at() == milliseconds // 1000


def test_the_last_page_may_name_its_last_key(move, transfer_id):
    bring(move, 3)
    assert page(move, transfer_id).json["meta"]["lastEntity"] is None

    switch(move, last_page_cursor="last-key")

    meta = page(move, transfer_id, pageSize=3).json["meta"]
    assert meta == {"pageSize": 3, "hasNext": False, "lastEntity": "k00002"}
    assert page(move, transfer_id, lastEntity="k00002").json == {
        "meta": {"pageSize": 1200, "hasNext": False, "lastEntity": None},
        "items": {},
    }


def test_a_missing_label_is_null_in_the_list_or_absent(move, transfer_id):
    move.server.put(transfer_id)
    (file,) = move.cloud.files(transfer_id)
    assert file["label"] is None

    switch(move, list_label="absent")

    assert move.cloud.files(transfer_id) == [{"s3Key": file["s3Key"]}]


@pytest.mark.parametrize("status", [403, 400, 404])
def test_a_namespace_without_its_scope_gets_the_sites_code(running, status):
    move = a_move(running, scopes=["APP_DATA_UGC"], dataAccessScopes=["APP_DATA_UGC"])
    transfer_id = move.start()
    switch(move, refused_namespace=str(status))

    for answer in (page(move, transfer_id), find(move, transfer_id, ["k"])):
        assert (answer.status_code, answer.json["code"]) == (status, "scope_not_declared")


def test_a_refused_namespace_may_look_empty_and_gives_nothing_away(running):
    move = a_move(running, scopes=["APP_DATA_UGC"], dataAccessScopes=["APP_DATA_UGC"])
    transfer_id = move.start()
    bring(move, 3)
    switch(move, refused_namespace="empty")

    answer = page(move, transfer_id, pageSize=2)

    meta = {"pageSize": 2, "hasNext": False, "lastEntity": None}
    assert (answer.status_code, answer.json) == (200, {"meta": meta, "items": {}})
    assert find(move, transfer_id, ["k00001"]).json == {}
    move.withdraw_consent()
    assert page(move, transfer_id).json["code"] == "consent_withdrawn"


@pytest.mark.parametrize("status", [400, 403, 404, 200])
def test_an_unknown_namespace_gets_the_sites_code(move, transfer_id, status):
    switch(move, unknown_namespace="empty" if status == 200 else str(status))

    answer = page(move, transfer_id, namespace="weather:today")

    assert answer.status_code == status
    assert answer.json.get("code", "namespace_unknown") == "namespace_unknown"


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ("all", {"type", "sourceId", "key", "name"}),
        ("key", {"type", "key"}),
        ("source-id", {"type", "sourceId"}),
        ("type", {"type"}),
    ],
)
def test_containers_show_the_fields_the_site_gives_them(move, transfer_id, value, fields):
    path = f"migrations/{move.migration_id}/containers"
    body = b'{"type":"ConfluenceSpace","sourceId":"1","key":"DEMO","name":"Demo"}'
    move.running.admin("POST", path, data=body)
    switch(move, container_fields=value)

    path = f"container/{transfer_id}/page"
    found = move.cloud.call("GET", path, query={"containerType": "ConfluenceSpace"}).json

    assert set(found["containers"][0]) == fields


def test_mappings_of_earlier_migrations_are_read_or_left_out(move):
    bring(move, 3)
    move.migration_id = move.running.begin_migration(core="FINISHED")["migrationId"]
    bring(move, 2, prefix="later")
    transfer_id = move.start()
    assert len(page(move, transfer_id).json["items"]) == 5

    switch(move, mapping_history="this-migration")

    assert set(page(move, transfer_id).json["items"]) == {"later00000", "later00001"}
    one = page(move, transfer_id, pageSize=1).json
    assert one["meta"] == {"pageSize": 1, "hasNext": True, "lastEntity": "later00000"}
    assert find(move, transfer_id, ["k00001", "later00001"]).json == {"later00001": "v1"}


def test_a_site_that_was_never_told_otherwise_speaks_by_the_defaults(move, transfer_id):
    move.running.add_site("other")
    answer = move.running.admin(
        "PATCH", "sites/other/dialect", json={"switches": {"settled-code": "409"}}
    )
    assert answer.status_code == 200
    move.cloud.report(transfer_id, "SUCCESS")

    assert move.cloud.report(transfer_id).status_code == 403
