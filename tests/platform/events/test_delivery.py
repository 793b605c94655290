"""Events: written with their change, sent until acknowledged, recorded attempt by attempt.

Wire contract, 3.6; docs/reference/connect-api.md#events. Seventy-five hours take no time here.
"""

import base64
import json
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from unittest.mock import ANY

import httpx
import pytest
from sqlalchemy import update

from portway_platform.events.deliverer import Deliverer
from portway_platform.events.rules import DELIVERY, lane_of
from portway_platform.events.service import emit
from portway_platform.installations.tables import installations
from portway_platform.work.service import claim_in_lanes
from portway_platform.work.worker import Worker
from portway_sdk.tokens import context_path_of, query_string_hash, read_unverified_issuer
from portway_sdk.wire import EventType
from portway_service.database import open_database
from portway_service.outbound import Outbound, outbound_client
from portway_service.vault import keep_secrets
from support.vendor import BASE_URL

WEBHOOK = f"{BASE_URL}/events"


@pytest.fixture
def transfer_id(move):
    transfer_id = move.start()
    move.deliver()
    move.cloud.posts.clear()
    move.cloud.events.clear()
    return transfer_id


def happen(move, transfer_id, count=1):
    with move.running.platform.services.database.write() as connection:
        return [
            emit(
                connection,
                move.running.platform.services,
                transfer_id,
                EventType.APP_DATA_UPLOADED,
                s3Key=f"k{number}",
            )
            for number in range(count)
        ]


def seen(move, transfer_id, message_id=None):
    events = move.running.admin("GET", f"transfers/{transfer_id}/events").json
    if message_id is None:
        return events
    return next(event for event in events if event["messageId"] == message_id)


def register(move, *urls):
    """Register addresses; each of them gets events beside the descriptor's."""
    both = {"switches": {"event-endpoints": "both"}}
    assert move.running.admin("PATCH", "sites/acme/dialect", json=both).status_code == 200
    answer = move.cloud.call("PUT", "webhook", json={"endpoints": list(urls)})
    assert answer.status_code == 200, answer.text


# What is sent


def test_an_event_says_what_happened_to_which_transfer(move, transfer_id):
    key = move.server.put(transfer_id, label="notes-00001").json["key"]

    [event] = move.deliver()

    assert list(event) == [
        "cloudAppKey",
        "transferId",
        "eventType",
        "messageId",
        "s3Key",
        "label",
        "migrationDetails",
    ]
    assert event["cloudAppKey"] == "com.example.notes.cloud"
    assert (event["eventType"], event["transferId"]) == ("app-data-uploaded", transfer_id)
    assert (event["s3Key"], event["label"]) == (key, "notes-00001")


@pytest.mark.parametrize(("query", "has_label"), [({}, False), ({"label": ""}, True)])
def test_no_label_and_an_empty_label_stay_different(move, transfer_id, query, has_label):
    move.server.put(transfer_id, **query)

    [event] = move.deliver()

    assert ("label" in event) is has_label


def test_an_event_is_posted_as_json_with_a_token_of_the_site(move, transfer_id):
    happen(move, transfer_id)
    move.deliver()

    [post] = move.cloud.posts
    token = post.headers["Authorization"].removeprefix("JWT ")
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    site = move.running.admin("GET", "sites/acme").json
    assert (post.method, str(post.url)) == ("POST", WEBHOOK)
    assert post.headers["Content-Type"] == "application/json"
    assert read_unverified_issuer(token) == site["clientKey"]
    # A framework would look for the installation of whoever stands there.
    assert "aud" not in claims
    assert claims["qsh"] == query_string_hash(
        "POST", "/app/events", context_path=context_path_of(BASE_URL)
    )
    assert claims["exp"] - claims["iat"] == 180


# Where it goes


def test_registered_endpoints_get_events_beside_the_descriptors(move, transfer_id):
    register(move, "https://notes.example/other?tenant=a%20b", WEBHOOK)
    happen(move, transfer_id)

    move.deliver()

    assert sorted(str(post.url) for post in move.cloud.posts) == [
        WEBHOOK,
        "https://notes.example/other?tenant=a%20b",
    ]
    assert len({event["messageId"] for event in move.cloud.events}) == 1


def test_a_descriptors_webhook_and_a_registered_one_together_give_one_delivery(move, transfer_id):
    answer = move.cloud.call("PUT", "webhook", json={"endpoints": ["https://notes.example/other"]})
    assert answer.status_code == 200
    happen(move, transfer_id)

    move.deliver()

    assert [str(post.url) for post in move.cloud.posts] == [WEBHOOK]


def test_endpoints_registered_later_get_later_events_only(move, transfer_id):
    happen(move, transfer_id)
    register(move, "https://notes.example/other")

    move.deliver()

    assert [str(post.url) for post in move.cloud.posts] == [WEBHOOK]


def test_an_app_without_endpoints_leaves_events_without_deliveries(move, transfer_id):
    with move.running.platform.services.database.write() as connection:
        connection.execute(update(installations).values(descriptor={}))
    [message_id] = happen(move, transfer_id)

    assert move.deliver() == []
    assert seen(move, transfer_id, message_id)["deliveries"] == []


# Acknowledged


def test_200_is_delivered_and_the_log_says_so(move, transfer_id):
    [message_id] = happen(move, transfer_id)
    move.deliver()

    assert seen(move, transfer_id, message_id) == {
        "messageId": message_id,
        "eventType": "app-data-uploaded",
        "createdAt": "2026-01-01T00:00:00Z",
        "s3Key": "k0",
        "label": None,
        "transferStatus": None,
        "deliveries": [
            {
                "deliveryId": ANY,
                "url": WEBHOOK,
                "status": "DELIVERED",
                "attempts": [
                    {
                        "number": 1,
                        "startedAt": "2026-01-01T00:00:00Z",
                        "finishedAt": "2026-01-01T00:00:00Z",
                        "httpStatus": 200,
                        "problem": None,
                    }
                ],
                "nextAttemptAt": None,
                "deliveredAt": "2026-01-01T00:00:00Z",
            }
        ],
    }
    move.advance(days=4)
    assert len(move.cloud.posts) == 1


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        (httpx.Response(500), 500, "answered 500 instead of 200"),
        (httpx.Response(204), 204, "answered 204 instead of 200"),
        (httpx.Response(202), 202, "answered 202 instead of 200"),
        (httpx.Response(302, headers={"Location": WEBHOOK}), 302, "answered 302 instead of 200"),
        (httpx.ReadTimeout("late"), None, "did not answer in time"),
        (httpx.ConnectError("refused"), None, "could not be reached: ConnectError"),
        (ValueError("unheard of"), None, "could not be sent: ValueError"),
    ],
)
def test_anything_else_is_sent_again(move, transfer_id, answer, status, problem):
    """Only 200 acknowledges; a redirect is a failure, not a way to somewhere else."""
    [message_id] = happen(move, transfer_id)
    move.cloud.answers.append(answer)
    move.deliver()

    [delivery] = seen(move, transfer_id, message_id)["deliveries"]
    assert (delivery["status"], len(delivery["attempts"])) == ("PENDING", 1)
    assert delivery["attempts"][0]["httpStatus"] == status
    assert delivery["attempts"][0]["problem"] == problem

    move.advance(seconds=6)
    [delivery] = seen(move, transfer_id, message_id)["deliveries"]
    assert (delivery["status"], len(delivery["attempts"])) == ("DELIVERED", 2)
    assert len({post.content for post in move.cloud.posts}) == 1


def test_each_attempt_is_signed_anew(move, transfer_id):
    happen(move, transfer_id)
    move.cloud.answers.append(httpx.Response(500))
    move.deliver()
    move.advance(seconds=6)

    tokens = [post.headers["Authorization"] for post in move.cloud.posts]
    assert len(set(tokens)) == 2


def test_retry_after_is_obeyed(move, transfer_id):
    happen(move, transfer_id)
    move.cloud.answers.append(httpx.Response(503, headers={"Retry-After": "600"}))
    move.deliver()

    move.advance(seconds=599)
    assert len(move.cloud.posts) == 1
    move.advance(seconds=1)
    assert len(move.cloud.posts) == 2


def test_retry_after_may_be_a_date(move, transfer_id):
    happen(move, transfer_id)
    at_ten = "Thu, 01 Jan 2026 00:10:00 GMT"
    move.cloud.answers.append(httpx.Response(503, headers={"Retry-After": at_ten}))
    move.deliver()

    move.advance(minutes=9)
    assert len(move.cloud.posts) == 1
    move.advance(minutes=1)
    assert len(move.cloud.posts) == 2


def test_a_dead_endpoint_is_tried_for_75_hours_and_then_given_up(move, transfer_id):
    [message_id] = happen(move, transfer_id)
    move.cloud.answers = [httpx.ConnectError("dead")] * 1000

    for _ in range(80 * 6):
        move.advance(minutes=10)

    [delivery] = seen(move, transfer_id, message_id)["deliveries"]
    attempts = delivery["attempts"]
    assert (delivery["status"], delivery["nextAttemptAt"]) == ("GIVEN_UP", None)
    assert [attempt["number"] for attempt in attempts] == list(range(1, len(attempts) + 1))
    assert 70 <= len(attempts) <= 110
    assert attempts[-1]["startedAt"] > "2026-01-03T22"
    assert attempts[-1]["startedAt"] < "2026-01-04T03:01"
    assert move.transfer(transfer_id)["events"]["givenUp"] == 1


def test_the_admin_sees_how_many_deliveries_are_where(move, transfer_id):
    happen(move, transfer_id, 3)
    move.cloud.answers = [httpx.Response(500)]
    move.deliver()

    assert move.transfer(transfer_id)["events"] == {
        "total": 4,
        "delivered": 3,
        "pending": 1,
        "givenUp": 0,
    }


def test_an_address_that_may_not_be_called_is_not_called(move, transfer_id):
    """The guarded client refuses; the delivery log says why."""
    register(move, "https://localhost/internal")
    happen(move, transfer_id)
    guarded = replace(
        move.running.platform.services,
        open_client=lambda limit: outbound_client(Outbound.PUBLIC, timeout_seconds=limit),
    )

    deliverer = Deliverer(guarded)
    deliverer.run_due()
    deliverer.stop()

    problems = [
        attempt["problem"]
        for event in seen(move, transfer_id)
        for delivery in event["deliveries"]
        if "localhost" in delivery["url"]
        for attempt in delivery["attempts"]
    ]
    assert problems == ["Portway does not call localhost: it is not a public address."]


def test_an_uninstalled_app_is_not_told_any_more(move, transfer_id):
    [message_id] = happen(move, transfer_id)
    move.cloud.report(transfer_id, "SUCCESS")
    path = "sites/acme/installations/com.example.notes.cloud"
    assert move.running.admin("DELETE", path).status_code < 300

    move.deliver()

    assert move.cloud.posts == []
    assert seen(move, transfer_id, message_id)["deliveries"][0]["status"] == "GIVEN_UP"


# With the change, or not at all


def test_an_event_exists_exactly_when_its_change_does(move, transfer_id):
    services = move.running.platform.services
    before = len(seen(move, transfer_id))

    def change_and_stumble():
        with services.database.write() as connection:
            emit(connection, services, transfer_id, EventType.LISTENER_ERRORED)
            raise LookupError

    with pytest.raises(LookupError):
        change_and_stumble()

    assert len(seen(move, transfer_id)) == before
    assert move.deliver() == []


def test_an_event_of_a_settled_transfer_is_still_delivered(move, transfer_id):
    [message_id] = happen(move, transfer_id)
    move.cloud.answers = [httpx.Response(500)]
    move.deliver()
    move.cloud.report(transfer_id, "SUCCESS")

    move.advance(seconds=10)

    assert message_id in {event["messageId"] for event in move.cloud.events}


def test_a_result_that_could_not_be_recorded_is_recorded_later(move, transfer_id, monkeypatch):
    [message_id] = happen(move, transfer_id)
    deliverer = Deliverer(move.running.platform.services)
    record = deliverer._record
    failures = iter([OSError("disk full")])

    def failing_once(connection, ended):
        for failure in failures if ended else ():
            raise failure
        record(connection, ended)

    monkeypatch.setattr(deliverer, "_record", failing_once)
    with pytest.raises(OSError, match="disk full"):
        deliverer.run_due()
    deliverer.run_due()

    assert seen(move, transfer_id, message_id)["deliveries"][0]["status"] == "DELIVERED"
    assert len(move.cloud.posts) == 1


# Many at once


def test_in_threads_every_event_is_delivered_and_acknowledged_once(move, transfer_id):
    """A receiver that fails at random: nothing lost, each acknowledged once in the log."""
    clock = move.running.clock
    happen(move, transfer_id, 300)
    lock = threading.Lock()
    delivered, number = Counter(), iter(range(10**6))

    def fickle(request):
        with lock:
            turn = next(number)
        if turn % 7 == 3:
            return httpx.Response(503)
        if turn % 11 == 5:
            raise httpx.ReadTimeout("late", request=request)
        with lock:
            delivered[json.loads(request.content)["messageId"]] += 1
        return httpx.Response(200)

    move.running.outside.hosts["notes.example"] = fickle
    worker = move.running.platform.worker
    worker.start()
    try:
        until = time.monotonic() + 60
        while move.transfer(transfer_id)["events"]["pending"] and time.monotonic() < until:
            # Slowly enough that no lease runs out while its delivery is under way.
            clock.advance(timedelta(seconds=3))
            time.sleep(0.05)
    finally:
        worker.stop()

    assert len(delivered) == 300
    for event in seen(move, transfer_id):
        [delivery] = event["deliveries"]
        assert delivery["status"] == "DELIVERED"
        assert [attempt["httpStatus"] for attempt in delivery["attempts"]].count(200) == 1
        assert delivery["attempts"][-1]["httpStatus"] == 200


def test_a_dead_endpoint_slows_no_other(move, transfer_id):
    """Nine endpoints that never answer beside one that does."""
    dead = [f"https://dead{number}.example/hook" for number in range(9)]
    register(move, *dead)
    released = threading.Event()

    def never(request):
        released.wait(20)
        raise httpx.ReadTimeout("late", request=request)

    for number in range(9):
        move.running.outside.hosts[f"dead{number}.example"] = never
    happen(move, transfer_id, 100)
    worker = move.running.platform.worker
    worker.start()
    try:
        until = time.monotonic() + 15
        while len(move.cloud.events) < 100 and time.monotonic() < until:
            time.sleep(0.02)
        arrived = len(move.cloud.events)
    finally:
        released.set()
        worker.stop()

    assert arrived == 100


def test_two_processes_share_the_deliveries_and_send_nothing_twice(move, transfer_id):
    services = move.running.platform.services
    happen(move, transfer_id, 200)
    other = replace(services, database=open_database(services.settings.database_url))
    keep_secrets(other.database.engine, services.keys.vault)
    workers = [Worker(each.database, each.clock, [Deliverer(each)]) for each in (services, other)]
    for worker in workers:
        worker.start()
    until = time.monotonic() + 30
    while move.transfer(transfer_id)["events"]["pending"] and time.monotonic() < until:
        time.sleep(0.05)
    for worker in workers:
        worker.stop()
    other.database.close()

    assert len(move.cloud.posts) == 200
    assert len({event["messageId"] for event in move.cloud.events}) == 200


def test_work_of_a_process_that_died_is_taken_over(move, transfer_id):
    [message_id] = happen(move, transfer_id)
    with move.running.platform.services.database.write() as connection:
        claim_in_lanes(
            connection,
            now=move.running.clock.now(),
            owner="a process that dies now",
            lease_seconds=60,
            kind=DELIVERY,
            wanted={lane_of(WEBHOOK): 1},
        )

    move.advance(seconds=59)
    assert move.cloud.posts == []
    move.advance(seconds=1)

    [delivery] = seen(move, transfer_id, message_id)["deliveries"]
    assert (delivery["status"], delivery["attempts"][0]["number"]) == ("DELIVERED", 2)


def test_stopping_records_what_was_sent_and_gives_back_the_rest(move, transfer_id):
    happen(move, transfer_id, 50)
    release = threading.Event()

    def slow(request):
        release.wait(10)
        return httpx.Response(200)

    move.running.outside.hosts["notes.example"] = slow
    worker = move.running.platform.worker
    worker.start()
    time.sleep(0.2)
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    time.sleep(0.05)
    release.set()
    stopper.join(10)

    counts = move.transfer(transfer_id)["events"]
    assert 1 < counts["delivered"] < 30
    move.running.outside.hosts["notes.example"] = lambda request: httpx.Response(200)
    worker.run_due()
    assert move.transfer(transfer_id)["events"]["pending"] == 0
    numbers = [
        [attempt["number"] for attempt in delivery["attempts"]]
        for event in seen(move, transfer_id)
        for delivery in event["deliveries"]
    ]
    assert set(map(tuple, numbers)) == {(1,)}
