"""Progress, and settling exactly once. Wire contract, 1.4, 1.6 and 3.4."""

import threading
from collections import Counter

import pytest


@pytest.fixture
def transfer_id(move):
    return move.start()


# Progress


def test_progress_is_echoed_and_shown(move, transfer_id):
    answer = move.cloud.report(transfer_id, percent=40, message="40 of 100 notes")

    assert answer.status_code == 200
    assert answer.json == {"status": "IN_PROGRESS", "percent": 40, "message": "40 of 100 notes"}
    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["percent"], seen["message"]) == (
        "IN_PROGRESS",
        40,
        "40 of 100 notes",
    )


def test_only_the_status_is_required(move, transfer_id):
    move.cloud.report(transfer_id, percent=40, message="still at it")

    answer = move.cloud.report(transfer_id)

    assert (answer.status_code, answer.json) == (200, {"status": "IN_PROGRESS"})
    seen = move.transfer(transfer_id)
    assert (seen["percent"], seen["message"]) == (40, "still at it")


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCESS", "FAILED"])
def test_a_report_with_a_lower_percent_leaves_no_trace(move, transfer_id, status):
    """Wire contract, 3.4: the whole update is ignored, and the answer is 200 (section 11)."""
    move.cloud.report(transfer_id, percent=60, message="ahead")

    answer = move.cloud.report(transfer_id, status, percent=59, message="behind")

    assert answer.status_code == 200
    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["percent"], seen["message"]) == ("IN_PROGRESS", 60, "ahead")


def test_the_same_percent_again_is_taken(move, transfer_id):
    move.cloud.report(transfer_id, percent=60, message="one")
    move.cloud.report(transfer_id, percent=60, message="two")

    assert move.transfer(transfer_id)["message"] == "two"


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"status": "DONE"},
        {"status": "CANCELLED"},
        {"status": "TIMED_OUT"},
        {"status": "IN_PROGRESS", "percent": 101},
        {"status": "IN_PROGRESS", "percent": -1},
        {"status": "IN_PROGRESS", "percent": "half"},
        ["IN_PROGRESS"],
    ],
)
def test_a_report_that_makes_no_sense_is_refused(move, transfer_id, report):
    answer = move.cloud.call("POST", f"progress/{transfer_id}", json=report)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert move.transfer(transfer_id)["percent"] == 0


# Settlement


@pytest.mark.parametrize(
    ("status", "percent"), [("SUCCESS", 100), ("INCOMPLETE", 70), ("FAILED", 70)]
)
def test_the_cloud_app_settles_its_transfer(move, transfer_id, status, percent):
    move.cloud.report(transfer_id, percent=70)
    move.running.advance(minutes=5)

    assert move.cloud.report(transfer_id, status, message="the end").status_code == 200

    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["percent"], seen["message"]) == (status, percent, "the end")
    assert (seen["settledAt"], seen["settledBy"]) == ("2026-01-01T00:05:00Z", "cloud-app")
    event = move.deliver()[-1]
    assert (event["eventType"], event["transferStatus"]) == ("transfer-settled", status)


def test_nothing_of_a_settled_transfer_can_be_reached(move, transfer_id):
    """Wire contract, 1.6: 403 for any Connect call on a settled transfer."""
    key = move.server.put(transfer_id).json["key"]
    address = move.cloud.address(key)
    move.cloud.report(transfer_id, "SUCCESS")

    mapping = {"namespace": "confluence:page"}
    container = {"containerType": "Site"}
    of_the_app = [
        move.cloud.report(transfer_id, percent=100),
        move.cloud.report(transfer_id, "SUCCESS"),
        move.cloud.call("POST", f"mapping/{transfer_id}/find", query=mapping, json=[]),
        move.cloud.call("GET", f"mapping/{transfer_id}/page", query=mapping),
        move.cloud.call("GET", f"data/{transfer_id}/all"),
        move.cloud.call("GET", f"data/{key}"),
        move.cloud.call("GET", f"container/{transfer_id}/page", query=container),
        move.cloud.call("POST", f"feedback/{transfer_id}", json={"details": {}}),
        move.cloud.call("GET", f"error/{transfer_id}"),
        move.running.call("GET", address),
    ]
    of_the_listener = [
        move.server.call("GET", f"transfers/{transfer_id}"),
        move.server.call("GET", f"transfers/{transfer_id}/mappings/page", query=mapping),
        move.server.call("GET", f"transfers/{transfer_id}/feedback"),
        move.server.call("POST", f"transfers/{transfer_id}/export-completion"),
        move.server.put(transfer_id),
        move.server.create(transfer_id),
        move.server.head(key),
    ]

    assert {answer.status_code for answer in of_the_app + of_the_listener} == {403}
    told = [answer.json for answer in of_the_app if answer.json]
    assert {answer["code"] for answer in told} == {"transfer_settled"}
    assert move.cloud.call("GET", "transfer/recent").json == []


def test_many_who_settle_at_once_settle_once(move, transfer_id):
    statuses = ["SUCCESS", "INCOMPLETE", "FAILED"] * 4
    answers = {}
    barrier = threading.Barrier(len(statuses))

    def settle(number, status):
        barrier.wait()
        answers[number] = (status, move.cloud.report(transfer_id, status).status_code)

    threads = [
        threading.Thread(target=settle, args=(number, status))
        for number, status in enumerate(statuses)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(code for _, code in answers.values()) == {200: 1, 403: len(statuses) - 1}
    winner = next(status for status, code in answers.values() if code == 200)
    assert move.transfer(transfer_id)["status"] == winner
    settled = [event for event in move.deliver() if event["eventType"] == "transfer-settled"]
    assert [event["transferStatus"] for event in settled] == [winner]


def test_the_clock_the_admin_and_the_app_settle_once_between_them(move, transfer_id):
    """The conditional update decides, whoever comes first."""
    move.running.advance(days=13, hours=23, minutes=59)
    move.running.admin("POST", f"transfers/{transfer_id}/cancellation")
    move.running.advance(hours=1)
    barrier = threading.Barrier(3)
    ends = [
        lambda: move.cloud.report(transfer_id, "SUCCESS"),
        lambda: move.running.platform.worker.run_due(),
        move.withdraw_consent,
    ]

    def run(end):
        barrier.wait()
        end()

    threads = [threading.Thread(target=run, args=(end,)) for end in ends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    move.deliver()

    settled = [event for event in move.cloud.events if event["eventType"] == "transfer-settled"]
    assert [event["transferStatus"] for event in settled] == [move.transfer(transfer_id)["status"]]


# Feedback and errors


def test_feedback_reaches_the_listener_and_the_last_one_counts(move, transfer_id):
    path = f"transfers/{transfer_id}/feedback"
    assert move.server.call("GET", path).status_code == 204

    for count in (1, 2):
        answer = move.cloud.call(
            "POST", f"feedback/{transfer_id}", json={"details": {"notes": count, "of": [1, 2]}}
        )
        assert (answer.status_code, answer.data) == (200, b"")

    assert move.server.call("GET", path).json == {"details": {"notes": 2, "of": [1, 2]}}
    assert move.transfer(transfer_id)["feedback"] == {"notes": 2, "of": [1, 2]}


def test_feedback_that_is_no_object_is_refused(move, transfer_id):
    for body in ({"details": "fine"}, {}, []):
        answer = move.cloud.call("POST", f"feedback/{transfer_id}", json=body)
        assert answer.status_code == 400

    assert move.transfer(transfer_id)["feedback"] is None


def test_the_listeners_error_reaches_the_cloud_app(move, transfer_id):
    assert move.cloud.call("GET", f"error/{transfer_id}").json == {}
    work = move.server.take_work()
    error = {"exceptionType": "notes.ExportError", "safeStackTrace": "notes/export.py:12 export"}

    move.server.call("POST", f"work/{work['workId']}/failure", json=error)

    assert move.cloud.call("GET", f"error/{transfer_id}").json == error
    assert move.transfer(transfer_id)["error"] == error


def test_the_export_is_complete_from_the_first_time_it_is_said(move, transfer_id):
    path = f"transfers/{transfer_id}/export-completion"
    assert move.server.call("POST", path).status_code == 204
    move.running.advance(minutes=1)
    assert move.server.call("POST", path).status_code == 204

    assert move.transfer(transfer_id)["exportCompletedAt"] == "2026-01-01T00:00:00Z"
    assert move.transfer(transfer_id)["status"] == "IN_PROGRESS"
