"""How a Forge transfer goes from its start to its end, settled by the platform.

Wire contract, 4.3; what takes a quarter of an hour here takes no time at all.
"""

import pytest

from support.forge import a_forge_move
from support.platform import a_platform


@pytest.fixture
def transfer_id(move):
    return move.begin()


def ids_of(move):
    return [event["messageId"] for event in move.app.uploads()]


def test_it_succeeds_once_the_export_is_complete_and_every_upload_processed(move, transfer_id):
    move.upload(transfer_id, label="notes-1")
    move.upload(transfer_id, label="notes-2")
    move.complete_export(transfer_id)
    move.work()
    first, second = move.app.uploads()

    move.app.say(transfer_id, "SUCCESS", second["messageId"])
    move.work()
    assert move.status(transfer_id) == "IN_PROGRESS"
    assert move.app.say(transfer_id, "SUCCESS", first["messageId"]).status_code == 200
    move.work()

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["percent"], seen["settledBy"]) == ("SUCCESS", 100, "platform")
    assert move.app.remote.types() == [
        "triggered:listener",
        "uploaded:app_data",
        "uploaded:app_data",
        "completed:export_phase",
        "settled:transfer",
    ]
    assert move.app.remote.events[-1]["transferStatus"] == "SUCCESS"


def test_one_failed_upload_makes_it_fail(move, transfer_id):
    move.upload(transfer_id)
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    move.work()
    good, bad = ids_of(move)

    move.app.say(transfer_id, "FAILED", bad)
    move.app.say(transfer_id, "SUCCESS", good)
    move.work()

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["reason"]) == ("FAILED", "messages_failed")
    assert seen["next"]["party"] == "admin"


def test_a_failure_is_made_good_by_a_later_success_and_never_the_other_way(move, transfer_id):
    move.upload(transfer_id)
    move.upload(transfer_id)
    move.work()
    first, second = ids_of(move)
    move.app.say(transfer_id, "FAILED", first)
    move.app.say(transfer_id, "SUCCESS", second)
    assert move.transfer(transfer_id)["forge"] | {"timesOutAt": None} == {
        "forgeAppId": move.transfer(transfer_id)["forge"]["forgeAppId"],
        "environment": "development",
        "uploaded": 2,
        "processed": 1,
        "failed": 1,
        "timesOutAt": None,
    }

    move.app.say(transfer_id, "SUCCESS", first)
    move.app.say(transfer_id, "FAILED", second)
    move.complete_export(transfer_id)
    move.work()

    assert move.status(transfer_id) == "SUCCESS"


def test_acknowledging_twice_counts_once(move, transfer_id):
    move.upload(transfer_id)
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    move.work()
    first, _ = ids_of(move)

    for _ in range(3):
        assert move.app.say(transfer_id, "SUCCESS", first, first).status_code == 200
    move.work()

    assert move.status(transfer_id) == "IN_PROGRESS"
    assert move.transfer(transfer_id)["forge"]["processed"] == 1


def test_the_percentage_is_worked_out_and_never_goes_back(move, transfer_id):
    seen = []

    def look():
        move.work()
        seen.append(move.transfer(transfer_id)["percent"])

    look()
    for _ in range(4):
        move.upload(transfer_id)
    look()
    move.app.say(transfer_id, "SUCCESS", *ids_of(move))
    look()
    move.upload(transfer_id)
    move.upload(transfer_id)
    look()
    move.complete_export(transfer_id)
    look()
    move.app.say(transfer_id, "SUCCESS", ids_of(move)[4])
    look()

    assert seen == [0, 1, 50, 50, 66, 82]


# The clock


def test_fifteen_minutes_without_acknowledgement_time_it_out(move, transfer_id):
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    move.advance(minutes=14, seconds=59)
    assert move.status(transfer_id) == "IN_PROGRESS"

    move.advance(seconds=1)

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["reason"]) == ("TIMED_OUT", "not_acknowledged_in_time")
    assert move.app.say(transfer_id, "SUCCESS", *ids_of(move)).status_code == 409


def test_any_acknowledgement_starts_the_clock_anew_for_all(move, transfer_id):
    """A file received early may stay unacknowledged while others are worked on."""
    move.upload(transfer_id)
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    move.work()
    early, late = ids_of(move)
    started = move.app.remote.events[0]["messageId"]
    move.advance(minutes=14)
    move.app.say(transfer_id, "SUCCESS", started)
    move.advance(minutes=14)
    move.app.say(transfer_id, "SUCCESS", late)

    move.advance(minutes=14)
    assert move.status(transfer_id) == "IN_PROGRESS"
    move.app.say(transfer_id, "SUCCESS", early)
    move.work()

    assert move.status(transfer_id) == "SUCCESS"


def test_an_upload_starts_the_clock_anew_and_an_event_received_does_not(move, transfer_id):
    move.upload(transfer_id)
    move.app.remote.answers = [500, 500]
    move.advance(minutes=10)
    move.upload(transfer_id)
    move.advance(minutes=14)
    assert move.status(transfer_id) == "IN_PROGRESS"

    move.advance(minutes=1)

    assert move.status(transfer_id) == "TIMED_OUT"


def test_each_event_has_a_clock_of_its_own_where_the_dialect_says_so(move, transfer_id):
    switches = {"switches": {"forge-timer": "per-event"}}
    assert move.running.admin("PATCH", "sites/acme/dialect", json=switches).status_code == 200
    move.upload(transfer_id)
    move.work()
    (early,) = ids_of(move)
    move.advance(minutes=10)
    move.upload(transfer_id)
    move.work()
    late = ids_of(move)[1]
    move.app.say(transfer_id, "SUCCESS", late)

    move.advance(minutes=4, seconds=59)
    assert move.status(transfer_id) == "IN_PROGRESS"
    move.advance(seconds=1)

    assert move.status(transfer_id) == "TIMED_OUT"
    assert move.app.say(transfer_id, "SUCCESS", early).status_code == 409


def test_a_listener_that_never_completes_is_taken_as_complete_after_the_clock(move, transfer_id):
    move.upload(transfer_id)
    move.work()
    move.app.say(transfer_id, "SUCCESS", *ids_of(move))
    move.advance(minutes=14)
    assert move.status(transfer_id) == "IN_PROGRESS"

    move.advance(minutes=1)

    assert move.status(transfer_id) == "SUCCESS"
    assert "completed:export_phase" not in move.app.remote.types()


@pytest.mark.parametrize(
    ("completes", "returns", "status"),
    [
        (True, False, "SUCCESS"),
        (False, True, "SUCCESS"),
        (True, True, "SUCCESS"),
        (False, False, "TIMED_OUT"),
    ],
)
def test_a_listener_that_uploads_nothing_waits_for_the_clock(move, completes, returns, status):
    transfer_id = move.start()
    work = move.server.take_work()
    if completes:
        move.complete_export(transfer_id)
    if returns:
        path = f"work/{work['workId']}/completion"
        assert move.server.call("POST", path, json={}).status_code == 204
    move.advance(minutes=14)
    assert move.status(transfer_id) == "IN_PROGRESS"

    move.advance(minutes=1)

    assert move.status(transfer_id) == status


def test_the_clock_begins_when_the_listener_takes_up_the_work(move):
    transfer_id = move.start()
    move.advance(days=2)
    assert move.status(transfer_id) == "IN_PROGRESS"

    move.server.take_work()
    move.advance(minutes=15)

    assert move.status(transfer_id) == "TIMED_OUT"


def test_a_transfer_nobody_takes_up_has_its_14_days(move):
    transfer_id = move.start()

    move.advance(days=14)

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["reason"]) == ("TIMED_OUT", "not_settled_in_time")


def test_a_zero_byte_upload_is_an_upload(move, transfer_id):
    key = move.upload(transfer_id, b"")
    move.complete_export(transfer_id)
    move.work()

    assert move.app.call("GET", f"data/{key}/payload").data == b""
    move.app.say(transfer_id, "SUCCESS", *ids_of(move))
    move.work()
    assert move.status(transfer_id) == "SUCCESS"


# Listener failures and cancellation


def fail_work(move, work):
    body = {"exceptionType": "java.io.IOException", "safeStackTrace": "at Export.run:12"}
    answer = move.server.call("POST", f"work/{work['workId']}/failure", json=body)
    assert answer.status_code == 204, answer.text


def test_a_listener_that_throws_is_told_and_the_transfer_fails_once_all_is_acknowledged(move):
    transfer_id = move.start()
    work = move.server.take_work()
    move.upload(transfer_id)
    fail_work(move, work)
    move.work()
    errored = move.app.remote.events[-1]
    assert errored["eventType"] == "avi:ecosystem.migration:errored:listener"
    assert errored["transferError"] == {
        "exceptionType": "java.io.IOException",
        "safeStackTrace": "at Export.run:12",
    }

    move.app.say(transfer_id, "SUCCESS", *ids_of(move))
    move.advance(minutes=15)

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["reason"]) == ("FAILED", "listener_failed")


def cancel(move, transfer_id):
    path = f"transfers/{transfer_id}/cancellation?atOnce=true"
    assert move.running.admin("POST", path).status_code == 202


def test_a_cancelled_transfer_ends_when_the_rest_is_acknowledged(move, transfer_id):
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    cancel(move, transfer_id)
    move.work()
    assert "requested:transfer_cancellation" in move.app.remote.types()
    assert move.status(transfer_id) == "CANCELLATION_REQUESTED"

    move.app.say(transfer_id, "SUCCESS", *ids_of(move))
    move.work()

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["reason"]) == ("CANCELLED", "cancelled_by_admin")
    assert move.app.remote.events[-1]["transferStatus"] == "CANCELLED"


def test_a_cancelled_transfer_nobody_answers_for_ends_with_the_clock(move, transfer_id):
    move.upload(transfer_id)
    cancel(move, transfer_id)

    move.advance(minutes=15)

    assert move.status(transfer_id) == "CANCELLED"


def test_a_rerun_is_a_new_transfer_to_the_same_environment(move, transfer_id):
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    move.work()
    move.app.say(transfer_id, "FAILED", *ids_of(move))
    move.work()

    answer = move.running.admin("POST", f"transfers/{transfer_id}/rerun")

    assert answer.status_code == 201, answer.text
    again = answer.json["transferId"]
    assert again != transfer_id
    assert move.server.take_work()["kind"] == "rerun-app-migration"
    assert move.transfer(again)["forge"]["environment"] == "development"
    move.work()
    assert move.app.remote.events[-1]["transferId"] == again


def test_withdrawing_the_consent_ends_it_at_once(move, transfer_id):
    move.upload(transfer_id)
    path = f"consents/{move.consent['recordId']}/withdrawal"
    move.running.admin("POST", path, json={"withdrawnBy": "bob"})

    assert move.transfer(transfer_id)["reason"] == "consent_withdrawn"
    assert move.app.call("GET", f"data/{transfer_id}/all").status_code == 403
    move.advance(minutes=20)
    assert move.app.remote.types()[-1] == "settled:transfer"


def test_a_restart_of_the_platform_forgets_nothing(running):
    move = a_forge_move(running)
    transfer_id = move.begin()
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    move.work()
    message_ids = ids_of(move)
    token = move.app.remote.system_token
    running.platform.close()

    with a_platform(folder=running.folder, clock=running.clock) as again:
        move.running = move.app.running = again
        move.app.token = token
        assert move.app.say(transfer_id, "SUCCESS", *message_ids).status_code == 200
        again.platform.worker.run_due()
        assert move.status(transfer_id) == "SUCCESS"
