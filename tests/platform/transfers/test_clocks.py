"""What happens when nobody does anything, when the admin cancels, and when consent ends.

Wire contract, 1.5; everything here takes days, and no time at all.
"""

import pytest


@pytest.fixture
def transfer_id(move):
    return move.start()


def cancel(move, transfer_id, *, at_once=True):
    query = "?atOnce=true" if at_once else ""
    return move.running.admin("POST", f"transfers/{transfer_id}/cancellation{query}")


def test_a_transfer_nobody_settles_times_out_after_14_days(move, transfer_id):
    move.advance(days=13, hours=23, minutes=59, seconds=59)
    assert move.transfer(transfer_id)["status"] == "IN_PROGRESS"

    move.advance(seconds=1)

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["reason"]) == ("TIMED_OUT", "not_settled_in_time")
    assert (seen["settledBy"], seen["settledAt"]) == ("platform", "2026-01-15T00:00:00Z")
    assert move.cloud.events[-1]["transferStatus"] == "TIMED_OUT"
    assert move.cloud.report(transfer_id, "SUCCESS").status_code == 403


def test_a_settled_transfer_has_no_clock_any_more(move, transfer_id):
    move.cloud.report(transfer_id, "SUCCESS")

    move.advance(days=20)

    assert move.transfer(transfer_id)["status"] == "SUCCESS"
    assert move.cloud.event_types().count("transfer-settled") == 1


# Cancellation


def test_cancelling_asks_both_sides_to_stop(move, transfer_id):
    work = move.server.take_work()

    answer = cancel(move, transfer_id)

    assert answer.status_code == 202
    assert (answer.json["status"], answer.json["dueAt"]) == (
        "CANCELLATION_REQUESTED",
        "2026-01-01T01:00:00Z",
    )
    beat = move.server.call("POST", f"work/{work['workId']}/heartbeat").json
    assert beat["cancellationRequested"] is True
    assert move.deliver()[-1]["eventType"] == "transfer-cancellation-requested"
    assert [entry["status"] for entry in move.cloud.call("GET", "transfer/recent").json] == [
        "CANCELLATION_REQUESTED"
    ]


def test_a_transfer_is_left_alone_for_its_first_half_hour(move, transfer_id):
    move.advance(minutes=29, seconds=59)
    early = cancel(move, transfer_id, at_once=False)
    assert (early.status_code, early.json["code"]) == (409, "cancellation_too_early")
    assert "2026-01-01T00:30:00+00:00" in early.json["message"]
    assert move.transfer(transfer_id)["status"] == "IN_PROGRESS"

    move.advance(seconds=1)

    assert cancel(move, transfer_id, at_once=False).json["status"] == "CANCELLATION_REQUESTED"


def test_cancelling_twice_changes_nothing(move, transfer_id):
    cancel(move, transfer_id)
    move.running.advance(minutes=10)

    again = cancel(move, transfer_id)

    assert (again.status_code, again.json["dueAt"]) == (202, "2026-01-01T01:00:00Z")
    assert [event["eventType"] for event in move.deliver()].count(
        "transfer-cancellation-requested"
    ) == 1


def test_a_listener_that_has_not_begun_is_not_called_any_more(move, transfer_id):
    cancel(move, transfer_id)

    assert move.server.take_work() is None


def test_the_cloud_app_may_settle_for_an_hour_after_the_cancellation(move, transfer_id):
    cancel(move, transfer_id)
    move.advance(minutes=59)
    assert move.cloud.report(transfer_id, percent=80).status_code == 200
    assert move.transfer(transfer_id)["status"] == "CANCELLATION_REQUESTED"

    assert move.cloud.report(transfer_id, "INCOMPLETE").status_code == 200

    move.advance(days=1)
    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["settledBy"], seen["reason"]) == ("INCOMPLETE", "cloud-app", None)


def test_an_hour_after_the_cancellation_the_platform_settles(move, transfer_id):
    cancel(move, transfer_id)

    move.advance(minutes=60)

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["settledBy"], seen["reason"]) == (
        "CANCELLED",
        "platform",
        "cancelled_by_admin",
    )
    assert move.cloud.events[-1]["transferStatus"] == "CANCELLED"


def test_a_settled_transfer_cannot_be_cancelled(move, transfer_id):
    move.cloud.report(transfer_id, "SUCCESS")

    answer = cancel(move, transfer_id)

    assert (answer.status_code, answer.json["code"]) == (409, "transfer_not_running")
    assert move.transfer(transfer_id)["status"] == "SUCCESS"


# Consent withdrawn


def test_withdrawing_the_consent_ends_running_transfers_with_their_own_reason(move, transfer_id):
    work = move.server.take_work()

    move.withdraw_consent()

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["reason"]) == ("CANCELLED", "consent_withdrawn")
    assert move.deliver()[-1]["eventType"] == "transfer-settled"
    assert move.cloud.events[-1]["transferStatus"] == "CANCELLED"
    beat = move.server.call("POST", f"work/{work['workId']}/heartbeat")
    assert (beat.status_code, beat.json["cancellationRequested"]) == (200, True)
    assert move.server.call("GET", f"transfers/{transfer_id}").status_code == 403


def test_withdrawing_leaves_other_servers_and_settled_transfers_alone(move, transfer_id):
    move.cloud.report(transfer_id, "SUCCESS")

    move.withdraw_consent()

    assert move.transfer(transfer_id)["status"] == "SUCCESS"
    assert move.transfer(transfer_id)["reason"] is None


def test_after_a_new_agreement_a_new_transfer_starts(move, transfer_id):
    move.withdraw_consent()
    assert move.start_answer().json["code"] == "consent_withdrawn"

    move.running.advance(seconds=1)
    move.running.agree()

    assert move.start_answer().status_code == 201
