"""Running a transfer again. Wire contract, 1.7: a new transfer, like a first migration."""

import pytest

from support.app_side import a_move


def settled(move, status="FAILED"):
    transfer_id = move.start()
    work = move.server.take_work()
    move.server.call("POST", f"work/{work['workId']}/completion", json={})
    assert move.cloud.report(transfer_id, status).status_code == 200
    return transfer_id


def rerun(move, transfer_id, **options):
    return move.running.admin("POST", f"transfers/{transfer_id}/rerun", **options)


@pytest.mark.parametrize("status", ["FAILED", "INCOMPLETE"])
def test_a_rerun_is_a_new_transfer_that_names_the_first(move, status):
    first = settled(move, status)
    move.running.advance(days=11)

    answer = rerun(move, first)

    assert answer.status_code == 201
    again = answer.json
    assert again["transferId"] != first
    assert (again["rerunOf"], again["status"]) == (first, "IN_PROGRESS")
    assert again["dueAt"] == "2026-01-26T00:00:00Z"
    work = move.server.take_work()
    assert work["kind"] == "rerun-app-migration"
    assert (work["transferId"], work["originalTransferId"]) == (again["transferId"], first)
    assert move.deliver()[-1]["eventType"] == "listener-triggered"
    assert move.transfer(first)["status"] == status


@pytest.mark.parametrize("status", ["SUCCESS", "IN_PROGRESS"])
def test_only_what_did_not_succeed_is_run_again(move, status):
    transfer_id = move.start()
    move.cloud.report(transfer_id, status)

    answer = rerun(move, transfer_id)

    assert (answer.status_code, answer.json["code"]) == (409, "rerun_impossible")
    assert status in answer.json["message"]


def test_twelve_days_count_from_the_first_attempt(move):
    first = settled(move)
    move.running.advance(days=10)
    second = rerun(move, first).json["transferId"]
    move.cloud.report(second, "FAILED")
    move.running.advance(days=2, seconds=1)

    answer = rerun(move, second)

    assert (answer.status_code, answer.json["code"]) == (409, "rerun_impossible")
    assert "12 days" in answer.json["message"]


def test_beside_a_running_or_succeeded_one_nothing_is_run_again(move):
    first = settled(move)
    second = rerun(move, first).json["transferId"]

    beside_running = rerun(move, first)
    move.cloud.report(second, "SUCCESS")
    after_success = rerun(move, first)

    for answer in (beside_running, after_success):
        assert (answer.status_code, answer.json["code"]) == (409, "transfer_present")
        assert second in answer.json["message"]


def test_a_lost_answer_is_asked_for_again(move):
    first = settled(move)

    answers = [rerun(move, first, headers={"Idempotency-Key": "again"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json


def test_a_rerun_needs_the_agreement_as_a_first_start_does(move):
    first = settled(move)
    move.withdraw_consent()

    assert rerun(move, first).json["code"] == "consent_withdrawn"


def test_a_listener_may_declare_that_it_is_not_run_again(running):
    move = a_move(running, reruns=False)
    first = settled(move)

    answer = rerun(move, first)

    assert (answer.status_code, answer.json["code"]) == (409, "rerun_impossible")
    assert move.start_answer().status_code == 201


def test_the_admin_reads_what_can_be_done_after_a_failure(move):
    step = move.transfer(settled(move))["next"]

    assert step["party"] == "admin"
    assert "run the transfer again" in step["action"]
    assert "2026-01-13" in step["action"]
