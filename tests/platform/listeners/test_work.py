"""Work for a listener: waited for, leased, kept, lost, ended. docs/reference/gateway-api.md#work"""

import threading
import time

import pytest

from support.app_side import a_move, enrol

FAILURE = {"exceptionType": "notes.ExportError", "safeStackTrace": "notes/export.py:12 export"}


def work_call(move, work, what, body=None, **query):
    sent = {} if body is None else {"json": body}
    return move.server.call("POST", f"work/{work['workId']}/{what}", query=query, **sent)


def events_of(move, event_type):
    return [event for event in move.deliver() if event["eventType"] == event_type]


# Waiting


def test_without_work_the_answer_is_204(move):
    answer = move.server.call("GET", "work", query={"waitSeconds": 0})

    assert (answer.status_code, answer.data) == (204, b"")


def test_a_waiting_listener_gets_work_the_moment_it_is_there(move):
    found = []
    waiter = threading.Thread(
        target=lambda: found.append(move.server.call("GET", "work", query={"waitSeconds": 10}))
    )
    waiter.start()
    time.sleep(0.1)
    began = time.monotonic()
    transfer_id = move.start()
    waiter.join()

    assert found[0].json["transferId"] == transfer_id
    assert time.monotonic() - began < 2


def test_a_wait_ends_in_time(move):
    began = time.monotonic()

    answer = move.server.call("GET", "work", query={"waitSeconds": 0.3})

    assert answer.status_code == 204
    assert 0.3 <= time.monotonic() - began < 3


def test_a_platform_that_ends_lets_its_waiters_go(running):
    move = a_move(running)
    answers = []
    waiter = threading.Thread(
        target=lambda: answers.append(move.server.call("GET", "work", query={"waitSeconds": 30}))
    )
    waiter.start()
    time.sleep(0.1)
    running.platform.services.database.announcements.close()
    waiter.join(5)

    assert [answer.status_code for answer in answers] == [204]


@pytest.mark.parametrize("seconds", [-1, 31, "long"])
def test_nobody_waits_longer_than_half_a_minute(move, seconds):
    answer = move.server.call("GET", "work", query={"waitSeconds": seconds})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_nothing_blocks_the_database_while_listeners_wait(move):
    waiters = [
        threading.Thread(target=lambda: move.server.call("GET", "work", query={"waitSeconds": 2}))
        for _ in range(4)
    ]
    for waiter in waiters:
        waiter.start()
    time.sleep(0.1)
    began = time.monotonic()
    assert move.running.admin("PUT", "sites/other", json={"name": "o"}).status_code == 201
    assert time.monotonic() - began < 1
    move.running.platform.services.database.announcements.close()
    for waiter in waiters:
        waiter.join()


# Handing out


def test_work_is_handed_out_once(move):
    move.start()

    assert move.server.take_work()["attempt"] == 1
    assert move.server.take_work() is None


def test_many_who_ask_at_once_get_it_once(move):
    move.start()
    found = []
    barrier = threading.Barrier(6)

    def ask():
        barrier.wait()
        found.append(move.server.take_work())

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([work for work in found if work]) == 1


def test_a_listener_gets_its_own_work_only(running):
    move = a_move(running)
    running.add_server("other-dc")
    stranger = enrol(running, server="other-dc")
    move.start()

    assert stranger.take_work() is None
    work = move.server.take_work()
    for what, body in [("heartbeat", None), ("completion", {}), ("failure", FAILURE)]:
        path = f"work/{work['workId']}/{what}"
        answer = stranger.call("POST", path, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


# Leases


def test_a_heartbeat_keeps_the_work(move):
    move.start()
    work = move.server.take_work()

    for _ in range(5):
        move.advance(seconds=50)
        answer = work_call(move, work, "heartbeat")
        assert answer.json == {"leaseSeconds": 60.0, "cancellationRequested": False}

    assert move.server.take_work() is None


def test_work_of_a_silent_listener_is_handed_out_again(move):
    move.start()
    first = move.server.take_work()

    move.advance(seconds=59)
    assert move.server.take_work() is None
    move.advance(seconds=1)
    second = move.server.take_work()

    assert (second["workId"], second["attempt"]) == (first["workId"], 2)
    assert second["transferId"] == first["transferId"]


def test_whoever_lost_the_work_is_told(move):
    move.start()
    work = move.server.take_work()
    move.advance(seconds=60)

    answer = work_call(move, work, "heartbeat")

    assert (answer.status_code, answer.json["code"]) == (409, "work_lease_lost")


def test_who_names_an_earlier_attempt_does_not_hold_the_later_one(move):
    move.start()
    first = move.server.take_work()
    move.advance(seconds=60)
    second = move.server.take_work()

    stale = {"attempt": first["attempt"]}
    for what, body in [("heartbeat", None), ("completion", {}), ("failure", FAILURE)]:
        assert work_call(move, second, what, body, **stale).status_code == 409
    assert work_call(move, second, "heartbeat", attempt=2).status_code == 200
    assert work_call(move, second, "completion", {}, attempt=2).status_code == 204


def test_work_that_was_lost_three_times_counts_as_failed(move):
    transfer_id = move.start()
    for attempt in (1, 2, 3):
        assert move.server.take_work()["attempt"] == attempt
        move.advance(seconds=60)

    assert move.server.take_work() is None
    assert move.cloud.event_types().count("listener-errored") == 1
    seen = move.transfer(transfer_id)
    assert seen["status"] == "IN_PROGRESS"
    assert seen["error"]["exceptionType"] == "portway.ListenerLost"
    assert (seen["listener"]["work"], seen["listener"]["attempt"]) == ("FAILED", 3)
    assert seen["next"]["party"] == "admin"
    assert "portway.ListenerLost" in seen["next"]["action"]
    assert seen["dueAt"] == "2026-01-15T00:00:00Z"


# Ending


def test_completed_work_settles_nothing(move):
    transfer_id = move.start()
    work = move.server.take_work()

    answers = [work_call(move, work, "completion", {}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    move.advance(minutes=10)
    assert move.server.take_work() is None
    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["listener"]["work"]) == ("IN_PROGRESS", "DONE")
    assert seen["next"]["party"] == "cloud-app"


def test_a_failure_is_kept_and_told_and_the_transfer_stays_open(move):
    """Wire contract, 2.2: the listener is stopped; the cloud app may still settle."""
    transfer_id = move.start()
    work = move.server.take_work()

    answers = [work_call(move, work, "failure", FAILURE) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert len(events_of(move, "listener-errored")) == 1
    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["error"]) == ("IN_PROGRESS", FAILURE)
    assert "notes.ExportError" in seen["next"]["action"]
    assert move.cloud.report(transfer_id, "INCOMPLETE").status_code == 200


def test_a_failure_after_the_settlement_changes_nothing(move):
    transfer_id = move.start()
    work = move.server.take_work()
    move.cloud.report(transfer_id, "SUCCESS")

    assert work_call(move, work, "failure", FAILURE).status_code == 204

    assert move.transfer(transfer_id)["error"] is None
    assert events_of(move, "listener-errored") == []


def test_work_that_failed_cannot_be_completed_any_more(move):
    move.start()
    work = move.server.take_work()
    work_call(move, work, "failure", FAILURE)

    assert work_call(move, work, "completion", {}).json["code"] == "work_lease_lost"
    assert work_call(move, work, "heartbeat").json["code"] == "work_lease_lost"


def test_a_listener_that_was_only_slow_may_still_say_it_is_done(move):
    """Its lease ran out, but nobody else has the work: done is done."""
    transfer_id = move.start()
    work = move.server.take_work()
    move.advance(seconds=60)

    assert work_call(move, work, "completion", {}).status_code == 204
    assert move.server.take_work() is None
    assert move.transfer(transfer_id)["listener"]["work"] == "DONE"


def test_work_of_a_settled_transfer_is_not_handed_out_again(move):
    transfer_id = move.start()
    move.server.take_work()
    move.cloud.report(transfer_id, "FAILED")

    move.advance(minutes=10)

    assert move.server.take_work() is None


def test_a_silent_listener_is_not_called_again_for_a_cancelled_transfer(move):
    transfer_id = move.start()
    move.server.take_work()
    move.running.admin("POST", f"transfers/{transfer_id}/cancellation?atOnce=true")

    move.advance(minutes=2)

    assert move.server.take_work() is None
    assert move.transfer(transfer_id)["listener"]["work"] == "DROPPED"


@pytest.mark.parametrize("body", [{}, {"exceptionType": "X"}, []])
def test_a_failure_says_what_failed(move, body):
    move.start()

    assert work_call(move, move.server.take_work(), "failure", body).status_code == 400
