"""Vendor checks: what an admin learns before the move. Wire contract, 2.5."""

import pytest

from portway_platform.listeners.rules import (
    CheckOutcome,
    WorkStatus,
    checks_to_run,
    fill_places,
    judge_check,
)
from portway_sdk.wire import CheckResult, CheckSpec, Declaration
from support.app_side import a_declaration, a_move, enrol
from support.manifests import APP_KEY

EMPTY_NOTES = {
    "checkId": "empty-notes",
    "title": "Notes without text",
    "description": "Some notes have no text.",
    "stepsToResolve": {"delete": "Delete the {count} empty notes, {nobody}."},
}
OLD_NOTES = {"checkId": "old-notes", "title": "Notes of an old format"}
CONTAINER = {"type": "ConfluenceSpace", "sourceId": "100", "key": "DEMO", "name": "Demo"}


def start(move, **changes):
    body = {"serverKey": "acme-dc", "siteKey": "acme", "containers": [CONTAINER], **changes}
    return move.running.admin("POST", f"apps/{APP_KEY}/check-runs", json=body)


def begin(move):
    answer = start(move)
    assert answer.status_code == 201, answer.text
    return answer.json["checkRunId"]


def seen(move, run_id):
    return move.running.admin("GET", f"check-runs/{run_id}").json


def complete(move, work, result):
    path = f"work/{work['workId']}/completion"
    return move.server.call("POST", path, json={"checkResult": result})


@pytest.fixture
def move(running):
    return a_move(running, checks=[EMPTY_NOTES, OLD_NOTES])


def test_a_run_calls_the_listener_once_for_each_check(move):
    run_id = begin(move)

    works = [move.server.take_work(), move.server.take_work()]

    assert [work["kind"] for work in works] == ["vendor-check"] * 2
    assert {work["check"]["checkId"] for work in works} == {"empty-notes", "old-notes"}
    assert works[0]["check"]["context"] == {
        "migrationId": None,
        "siteKey": "acme",
        "cloudUrl": "https://portway.example/sites/acme",
        "containers": [CONTAINER],
    }
    assert works[0]["transferId"] is None
    assert seen(move, run_id) == {"status": "RUNNING", "results": []}


def test_the_admin_reads_what_was_found_and_what_cures_it(move):
    run_id = begin(move)
    taken = [move.server.take_work(), move.server.take_work()]
    works = {work["check"]["checkId"]: work for work in taken}
    affected = {"headers": ["Note"], "rows": [["17"], ["18"]]}

    complete(
        move,
        works["empty-notes"],
        {
            "passed": False,
            "stepsToResolve": "delete",
            "values": {"count": "2"},
            "affected": affected,
        },
    )
    assert seen(move, run_id)["status"] == "RUNNING"
    complete(move, works["old-notes"], {"passed": True})

    assert seen(move, run_id) == {
        "status": "FINISHED",
        "results": [
            {
                "checkId": "empty-notes",
                "title": "Notes without text",
                "outcome": "warned",
                "message": "Some notes have no text.",
                "steps": "Delete the 2 empty notes, {nobody}.",
                "affected": affected,
            },
            {
                "checkId": "old-notes",
                "title": "Notes of an old format",
                "outcome": "passed",
                "message": "Nothing to mend.",
                "steps": None,
                "affected": None,
            },
        ],
    }


def test_a_check_that_never_answers_is_broken_and_the_run_ends(move):
    run_id = begin(move)
    complete(move, move.server.take_work(), {"passed": True})

    move.advance(minutes=5)

    found = seen(move, run_id)
    assert found["status"] == "FINISHED"
    assert sorted(result["outcome"] for result in found["results"]) == ["broken", "passed"]
    broken = next(result for result in found["results"] if result["outcome"] == "broken")
    assert "did not answer in time" in broken["message"]
    assert move.server.take_work() is None


def test_a_check_that_fails_is_broken_and_says_how(move):
    run_id = begin(move)
    for _ in range(2):
        work = move.server.take_work()
        error = {"exceptionType": "KeyError", "safeStackTrace": "checks.py:3 empty_notes"}
        move.server.call("POST", f"work/{work['workId']}/failure", json=error)

    found = seen(move, run_id)

    assert found["status"] == "FINISHED"
    assert {result["message"] for result in found["results"]} == {
        "The check itself failed: KeyError."
    }
    assert move.deliver() == []


def test_a_check_is_completed_with_its_result(move):
    begin(move)
    work = move.server.take_work()

    answer = move.server.call("POST", f"work/{work['workId']}/completion", json={})

    assert (answer.status_code, answer.json["details"][0]["field"]) == (400, "checkResult")


def test_an_app_without_checks_has_nothing_to_mend(running):
    move = a_move(running)

    assert seen(move, begin(move)) == {"status": "FINISHED", "results": []}


def test_checks_need_no_agreement(move):
    """They run on the customer's own server, before anybody agrees to anything."""
    move.withdraw_consent()

    assert start(move).status_code == 201


def test_the_same_idempotency_key_starts_one_run(move):
    body = {"serverKey": "acme-dc", "siteKey": "acme", "containers": []}
    path = f"apps/{APP_KEY}/check-runs"

    answers = [
        move.running.admin("POST", path, json=body, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]

    assert answers[0].json == answers[1].json


def test_a_run_needs_a_listener_a_server_a_site_and_an_app(ready):
    def code(**changes):
        body = {"serverKey": "acme-dc", "siteKey": "acme", "containers": []}
        app = changes.pop("app", APP_KEY)
        return ready.admin("POST", f"apps/{app}/check-runs", json=body | changes).json["code"]

    assert code() == "listener_missing"
    enrol(ready)
    assert code(serverKey="nowhere") == "server_unknown"
    assert code(siteKey="nowhere") == "site_unknown"
    assert code(app="com.nobody") == "app_unknown"
    assert code(contaners=[]) == "invalid_request"


def test_an_unknown_run_is_not_found(ready):
    assert ready.admin("GET", "check-runs/none").json["code"] == "check_run_unknown"


# Limits and judgement


def declared(*checks):
    return Declaration.model_validate(a_declaration(checks=list(checks)))


def test_an_overlong_check_is_cut_and_not_dropped():
    long_check = {"checkId": "x", "title": "t" * 100, "stepsToResolve": {"a": "s" * 2000}}

    [spec] = checks_to_run(declared(long_check))

    assert (len(spec.title), len(spec.steps_to_resolve["a"])) == (60, 1050)


def test_three_checks_are_run_and_each_id_once():
    specs = [{"checkId": name, "title": name} for name in "aabcd"]

    assert [spec.check_id for spec in checks_to_run(declared(*specs))] == ["a", "b", "c"]


def test_places_are_filled_once_and_only_by_plain_names():
    text = "{a} {b} {a.__class__} {missing}"

    assert fill_places(text, {"a": "{b}", "b": "2"}) == "{b} 2 {a.__class__} {missing}"


def test_steps_that_nobody_declared_are_left_out():
    spec = CheckSpec(check_id="x", title="Title")
    result = CheckResult(passed=False, steps_to_resolve="unheard-of")

    assert judge_check(spec, WorkStatus.DONE, result, None) == (CheckOutcome.WARNED, "Title", None)
