"""Several transfers of one app, and files sent ahead. Wire contract, 1.8, 2.8 and 13."""

import pytest

from support.app_side import a_declaration, a_move
from support.manifests import APP_KEY

BOTH = {"dataAccessScopes": ["APP_DATA_UGC", "MIGRATION_TRACING_PRODUCT"]}


def definition(name, **changes):
    return {"transferName": name, **changes}


def declare(move, *definitions, **changes):
    body = a_declaration(**{**BOTH, "transfers": list(definitions), **changes})
    answer = move.server.call("PUT", "listeners/self", json=body)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def move(running):
    return a_move(running, **BOTH)


def start(move, **body):
    path = f"migrations/{move.migration_id}/transfers"
    answer = move.running.admin("POST", path, json={"appKey": APP_KEY, **body})
    assert answer.status_code in {200, 201}, answer.text
    return answer


def by_name(move):
    listed = move.running.admin("GET", f"migrations/{move.migration_id}/transfers").json
    return {entry["definition"]["name"]: entry for entry in listed}


def settle(move, transfer, status="SUCCESS"):
    answer = move.cloud.report(transfer["transferId"], status)
    assert answer.status_code == 200, answer.text
    move.running.advance(seconds=1)
    move.deliver()


def test_starting_the_app_starts_all_of_them(move):
    declare(move, definition("settings", tags=["small"]), definition("notes", blocking=False))

    first = start(move).json

    found = by_name(move)
    assert list(found) == ["settings", "notes"] or set(found) == {"settings", "notes"}
    assert first["definition"]["name"] == "settings"
    assert found["settings"]["definition"] == {
        "name": "settings",
        "accessScopes": None,
        "tags": ["small"],
        "dependsOn": [],
        "blocking": True,
        "preload": False,
    }
    assert found["notes"]["definition"]["blocking"] is False
    works = [move.server.take_work(), move.server.take_work()]
    assert {work["transferName"] for work in works} == {"settings", "notes"}
    assert {work["transferId"] for work in works} == {each["transferId"] for each in found.values()}
    assert next(work for work in works if work["transferName"] == "settings")["tags"] == ["small"]
    state = move.server.call("GET", f"transfers/{found['settings']['transferId']}").json
    assert (state["transferName"], state["tags"]) == ("settings", ["small"])


def test_one_that_depends_on_others_waits_for_their_success(move):
    declare(
        move,
        definition("links", dependsOn=["notes", "people"]),
        definition("notes"),
        definition("people"),
    )
    start(move)
    found = by_name(move)
    assert found["links"]["status"] == "READY"
    assert found["links"]["listener"] is None
    assert "depends on" in found["links"]["next"]["action"]

    settle(move, found["notes"])
    assert by_name(move)["links"]["status"] == "READY"
    settle(move, found["people"])

    assert by_name(move)["links"]["status"] == "IN_PROGRESS"
    names = [work["transferName"] for work in iter(move.server.take_work, None)]
    assert "links" in names


@pytest.mark.parametrize("status", ["FAILED", "INCOMPLETE"])
def test_what_depends_on_a_failure_is_skipped_down_the_line(move, status):
    declare(
        move,
        definition("notes"),
        definition("links", dependsOn=["notes"]),
        definition("index", dependsOn=["links"]),
        definition("other"),
    )
    start(move)

    settle(move, by_name(move)["notes"], status)

    found = by_name(move)
    assert [found[name]["status"] for name in ("links", "index", "other")] == [
        "SKIPPED",
        "SKIPPED",
        "IN_PROGRESS",
    ]
    assert found["links"]["reason"] == "dependency_not_met"


def test_one_is_run_again_and_the_skipped_start_anew(move):
    declare(move, definition("notes"), definition("links", dependsOn=["notes"]))
    start(move)
    failed = by_name(move)["notes"]
    settle(move, failed, "FAILED")
    move.running.advance(minutes=1)

    again = move.running.admin("POST", f"transfers/{failed['transferId']}/rerun")
    assert again.status_code == 201, again.text
    assert again.json["definition"]["name"] == "notes"
    twice = move.running.admin("POST", f"transfers/{failed['transferId']}/rerun")
    assert twice.json["code"] == "transfer_present"
    settle(move, again.json)

    move.running.advance(minutes=1)
    assert start(move, transferName="links").status_code == 201
    assert by_name(move)["links"]["status"] == "IN_PROGRESS"


def test_starting_again_starts_only_what_is_missing(move):
    declare(move, definition("notes"), definition("people"))
    assert start(move, transferName="notes").status_code == 201
    assert set(by_name(move)) == {"notes"}

    assert start(move).status_code == 201
    assert set(by_name(move)) == {"notes", "people"}
    assert start(move).status_code == 200
    assert len(move.running.admin("GET", f"migrations/{move.migration_id}/transfers").json) == 2


def test_a_name_nobody_declared_is_refused(move):
    declare(move, definition("notes"))
    path = f"migrations/{move.migration_id}/transfers"

    answer = move.running.admin("POST", path, json={"appKey": APP_KEY, "transferName": "x"})

    assert (answer.status_code, answer.json["code"]) == (404, "transfer_name_unknown")


def test_each_transfer_has_only_the_scopes_of_its_definition(move):
    declare(
        move,
        definition("files", accessScopes=["APP_DATA_UGC"]),
        definition("links", accessScopes=["MIGRATION_TRACING_PRODUCT"]),
    )
    start(move)
    files, links = (by_name(move)[name]["transferId"] for name in ("files", "links"))
    pages = {"namespace": "confluence:page"}

    assert move.server.put(files).status_code == 201
    assert (
        move.server.call("GET", f"transfers/{links}/mappings/page", query=pages).status_code == 200
    )
    for answer in (
        move.server.put(links),
        move.server.call("GET", f"transfers/{files}/mappings/page", query=pages),
        move.cloud.call("GET", f"mapping/{files}/page", query=pages),
        move.cloud.call("GET", f"data/{links}/all"),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "scope_not_of_transfer")
    granted = move.server.call("GET", f"transfers/{files}").json["grantedScopes"]
    assert granted == ["APP_DATA_UGC"]


@pytest.mark.parametrize(
    ("definitions", "problem"),
    [
        ([definition("a"), definition("a")], "declared twice"),
        ([definition("a", dependsOn=["b"])], "not declared"),
        ([definition("a", dependsOn=["b"]), definition("b", dependsOn=["a"])], "wait for each"),
        ([definition("a", dependsOn=["a"])], "wait for each"),
        ([definition("a", accessScopes=["APP_DATA_PII"])], "does not declare"),
        ([definition("")], "transferName"),
        ([definition(str(number)) for number in range(101)], "at most 100"),
    ],
)
def test_definitions_that_do_not_fit_together_are_refused(move, definitions, problem):
    body = a_declaration(**{**BOTH, "transfers": definitions})

    answer = move.server.call("PUT", "listeners/self", json=body)

    assert answer.status_code == 400
    assert problem in answer.text


def test_a_transfer_that_waits_is_cancelled_at_once(move):
    declare(move, definition("notes"), definition("links", dependsOn=["notes"]))
    start(move)
    waiting = by_name(move)["links"]["transferId"]

    answer = move.running.admin("POST", f"transfers/{waiting}/cancellation")

    assert (answer.status_code, answer.json["status"]) == (202, "CANCELLED")
    assert move.cloud.report(waiting, "SUCCESS").status_code == 403


def test_the_app_cannot_report_on_a_transfer_that_waits(move):
    declare(move, definition("notes"), definition("links", dependsOn=["notes"]))
    start(move)
    waiting = by_name(move)["links"]["transferId"]

    answer = move.cloud.report(waiting, "SUCCESS")

    assert (answer.status_code, answer.json["code"]) == (409, "transfer_not_running")
    assert by_name(move)["links"]["status"] == "READY"


# Preload


def preload(move, migration_id=None):
    path = f"migrations/{migration_id or move.migration_id}/preloads"
    return move.running.admin("POST", path, json={"appKey": APP_KEY})


def test_files_are_sent_ahead_while_core_migration_has_not_ended(move):
    declare(move, preloads=True)
    early = move.running.begin_migration()["migrationId"]

    answer = preload(move, early)

    assert answer.status_code == 201, answer.text
    transfer_id = answer.json["transferId"]
    assert answer.json["definition"]["preload"] is True
    work = move.server.take_work()
    assert (work["kind"], work["transferId"]) == ("preload-app-data", transfer_id)
    key = move.server.put(transfer_id, b"early", label="notes-1").json["key"]
    event = move.deliver()[-1]
    assert (event["eventType"], event["s3Key"], event["label"]) == (
        "app-data-preloaded",
        key,
        "notes-1",
    )
    assert move.cloud.download(key).data == b"early"
    assert preload(move, early).status_code == 200


def test_a_preload_stands_in_the_way_of_no_start_and_is_not_run_again(move):
    declare(move, preloads=True)
    ahead = preload(move).json["transferId"]

    started = start(move)

    assert started.status_code == 201
    assert started.json["transferId"] != ahead
    move.cloud.report(ahead, "FAILED")
    again = move.running.admin("POST", f"transfers/{ahead}/rerun")
    assert (again.status_code, again.json["code"]) == (409, "rerun_impossible")
    assert preload(move).status_code == 201


def test_a_listener_that_declares_no_preload_is_not_asked_for_one(move):
    answer = preload(move)

    assert (answer.status_code, answer.json["code"]) == (409, "preload_unsupported")


def test_a_preload_needs_the_agreement_like_everything(move):
    declare(move, preloads=True)
    move.withdraw_consent()

    assert preload(move).status_code == 403
