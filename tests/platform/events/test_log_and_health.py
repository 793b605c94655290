"""The log of deliveries, sending again, and endpoints that fail for days."""

from collections import Counter

import httpx
import pytest

APP = "sites/acme/installations/com.example.notes.cloud"


@pytest.fixture
def transfer_id(move):
    transfer_id = move.start()
    move.deliver()
    move.cloud.posts.clear()
    return transfer_id


@pytest.fixture
def answers(move):
    """What the app answers to events; change it with `answers["status"] = 500`."""
    said = {"status": 200}
    take = move.running.outside.hosts["notes.example"]

    def answer(request):
        if request.url.path.endswith("/events") and said["status"] != 200:
            return httpx.Response(said["status"])
        return take(request)

    move.running.outside.hosts["notes.example"] = answer
    return said


def deliveries(move, **query):
    found, last = [], None
    while True:
        asked = query | ({"lastEntity": last} if last else {})
        page = move.running.admin("GET", "deliveries", query_string=asked).json
        found += page["deliveries"]
        last = page["meta"]["lastEntity"]
        if not page["meta"]["hasNext"]:
            return found


def run(move, **until):
    move.running.advance(**until)
    move.running.platform.worker.run_due()


# The log


def test_every_delivery_is_in_the_log_page_by_page(move, transfer_id):
    for number in range(7):
        move.server.put(transfer_id, label=f"n{number}")
        move.running.advance(seconds=1)
    move.deliver()

    found = deliveries(move, pageSize=3)

    assert len(found) == 8
    assert len({each["deliveryId"] for each in found}) == 8
    assert found == sorted(found, key=lambda each: each["createdAt"])
    assert {each["status"] for each in found} == {"DELIVERED"}
    assert found[0]["eventType"] == "listener-triggered"
    assert (found[0]["siteKey"], found[0]["appKey"]) == ("acme", "com.example.notes.cloud")
    assert len(deliveries(move, since=found[5]["createdAt"])) == 3
    assert deliveries(move, status="PENDING") == []
    assert deliveries(move, site="nowhere") == []


def test_an_unknown_delivery_is_refused(move, transfer_id):
    answer = move.running.admin("GET", "deliveries/nothing")
    assert (answer.status_code, answer.json["code"]) == (404, "delivery_unknown")
    answer = move.running.admin("GET", "deliveries?lastEntity=nothing")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


# Sending again


def test_one_delivery_is_sent_again_with_its_log_kept(move, transfer_id):
    move.server.put(transfer_id)
    move.deliver()
    [_, uploaded] = deliveries(move)

    answer = move.running.admin("POST", f"deliveries/{uploaded['deliveryId']}/resend")
    move.deliver()

    assert (answer.status_code, answer.json["status"]) == (202, "PENDING")
    again = move.running.admin("GET", f"deliveries/{uploaded['deliveryId']}").json
    assert [each["number"] for each in again["attempts"]] == [1, 2]
    assert again["status"] == "DELIVERED"
    assert Counter(post.content for post in move.cloud.posts).most_common(1)[0][1] == 2


def test_a_delivery_that_was_given_up_gets_another_75_hours(move, transfer_id, answers):
    answers["status"] = 500
    move.server.put(transfer_id)
    for _ in range(100):
        run(move, hours=1)
    [given_up] = deliveries(move, status="GIVEN_UP")

    move.running.admin("POST", f"deliveries/{given_up['deliveryId']}/resend")
    run(move, seconds=0)
    run(move, hours=74)
    answers["status"] = 200
    run(move, hours=1)

    again = move.running.admin("GET", f"deliveries/{given_up['deliveryId']}").json
    assert again["status"] == "DELIVERED"
    numbers = [each["number"] for each in again["attempts"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_everything_since_a_moment_is_sent_again(move, transfer_id):
    for number in range(5):
        move.running.advance(minutes=1)
        move.server.put(transfer_id, label=f"n{number}")
    move.deliver()
    since = deliveries(move)[3]["createdAt"]
    move.cloud.posts.clear()

    answer = move.running.admin("POST", f"{APP}/replay", json={"since": since})
    move.deliver()

    assert (answer.status_code, answer.json) == (202, {"deliveries": 3})
    assert len(move.cloud.posts) == 3


def test_a_replay_may_leave_out_what_was_delivered(move, transfer_id, answers):
    move.server.put(transfer_id, label="delivered")
    move.deliver()
    answers["status"] = 500
    move.server.put(transfer_id, label="failed")
    run(move, seconds=0)
    answers["status"] = 200

    body = {"since": "2026-01-01T00:00:00Z", "onlyUndelivered": True}
    answer = move.running.admin("POST", f"{APP}/replay", json=body)

    assert answer.json == {"deliveries": 1}
    run(move, seconds=0)
    assert {each["status"] for each in deliveries(move)} == {"DELIVERED"}


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01T00:00:00", None])
def test_a_replay_needs_a_moment(move, transfer_id, since):
    answer = move.running.admin("POST", f"{APP}/replay", json={"since": since})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


# Endpoints that fail


def fail_for(move, transfer_id, days):
    for number in range(days * 4):
        move.server.put(transfer_id, label=f"n{number}")
        run(move, hours=6)


def test_an_endpoint_is_switched_off_after_five_days_of_failure(move, transfer_id, answers):
    answers["status"] = 500
    fail_for(move, transfer_id, 5)
    assert move.running.admin("GET", f"{APP}/endpoints").json[0]["switchedOffAt"] is None

    fail_for(move, transfer_id, 1)

    [endpoint] = move.running.admin("GET", f"{APP}/endpoints").json
    assert endpoint["switchedOffAt"] is not None
    answers["status"] = 200
    move.server.put(transfer_id, label="late")
    run(move, hours=1)
    assert move.cloud.posts == []
    assert deliveries(move)[-1]["status"] == "SWITCHED_OFF"
    assert deliveries(move)[-1]["attempts"] == []


def test_the_admin_gets_one_notice_and_switches_it_on_with_one_call(move, transfer_id, answers):
    answers["status"] = 500
    fail_for(move, transfer_id, 6)

    [notice] = move.running.admin("GET", "notices").json
    assert notice["kind"] == "endpoint-switched-off"
    answers["status"] = 200
    path = f"{APP}/endpoints/{notice['facts']['endpointId']}/enabling"
    [endpoint] = move.running.admin("POST", path).json

    assert (endpoint["switchedOffAt"], endpoint["failingSince"]) == (None, None)
    move.server.put(transfer_id, label="after")
    run(move, seconds=0)
    assert deliveries(move)[-1]["status"] == "DELIVERED"
    # What was not sent meanwhile is sent by a replay.
    body = {"since": "2026-01-01T00:00:00Z", "onlyUndelivered": True}
    assert move.running.admin("POST", f"{APP}/replay", json=body).json["deliveries"] >= 20
    run(move, seconds=0)
    assert {each["status"] for each in deliveries(move)} == {"DELIVERED"}
    assert move.running.admin("DELETE", f"notices/{notice['noticeId']}").status_code == 204
    assert move.running.admin("GET", "notices").json == []


def test_one_success_begins_the_five_days_anew(move, transfer_id, answers):
    answers["status"] = 500
    fail_for(move, transfer_id, 4)
    answers["status"] = 200
    run(move, hours=6)
    answers["status"] = 500

    fail_for(move, transfer_id, 4)

    [endpoint] = move.running.admin("GET", f"{APP}/endpoints").json
    assert endpoint["switchedOffAt"] is None
    assert move.running.admin("GET", "notices").json == []


def test_an_endpoint_or_notice_that_is_none_is_refused(move, transfer_id):
    for method, path, code in [
        ("POST", f"{APP}/endpoints/nothing/enabling", "endpoint_unknown"),
        ("DELETE", "notices/nothing", "notice_unknown"),
        ("GET", "sites/acme/installations/nothing/endpoints", "installation_unknown"),
    ]:
        answer = move.running.admin(method, path)
        assert (answer.status_code, answer.json["code"]) == (404, code)
