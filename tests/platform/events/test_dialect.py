"""Each switch of a site's dialect does what the reference says it does to events."""

from datetime import timedelta

import httpx
import jwt
import pytest

from portway_platform.dialect.events import delivery_times
from portway_platform.dialect.rules import DEFAULT, dialect_of
from portway_platform.events.rules import event_urls, next_attempt_at
from support.app_side import a_move
from support.sdk import MONDAY


@pytest.fixture
def move(running):
    return a_move(running)


def switch(move, **switches):
    named = {name.replace("_", "-"): value for name, value in switches.items()}
    answer = move.running.admin("PATCH", "sites/acme/dialect", json={"switches": named})
    assert answer.status_code == 200, answer.text


def told(move, event_type):
    return [event for event in move.deliver() if event["eventType"] == event_type]


def test_created_at_counts_milliseconds_or_seconds(move):
    move.start()
    (first,) = told(move, "listener-triggered")
    switch(move, created_at_unit="seconds")
    move.migration_id = move.running.begin_migration(core="FINISHED")["migrationId"]
    move.start()

    _, second = told(move, "listener-triggered")

    assert len(str(first["migrationDetails"]["createdAt"])) == 13
    assert len(str(second["migrationDetails"]["createdAt"])) == 10


def test_a_missing_label_is_absent_or_null(move):
    transfer_id = move.start()
    move.server.put(transfer_id)
    switch(move, event_label="null")
    move.server.put(transfer_id)
    move.server.put(transfer_id, label="")

    labels = [event.get("label", "absent") for event in told(move, "app-data-uploaded")]

    assert sorted(labels, key=str) == sorted(["absent", None, ""], key=str)


@pytest.mark.parametrize(("value", "is_named"), [("named", True), ("absent", False)])
def test_the_end_of_a_transfer_names_its_state_or_does_not(move, value, is_named):
    switch(move, settled_event_status=value)
    move.cloud.report(move.start(), "INCOMPLETE")

    (event,) = told(move, "transfer-settled")

    assert event.get("transferStatus") == ("INCOMPLETE" if is_named else None)


@pytest.mark.parametrize(("value", "count"), [("always", 1), ("regular-end", 0)])
def test_a_time_out_is_told_or_not(move, value, count):
    switch(move, settled_event_sent=value)
    transfer_id = move.start()
    move.running.advance(days=14)
    move.running.platform.worker.run_due()

    assert len(told(move, "transfer-settled")) == count
    assert move.transfer(transfer_id)["status"] == "TIMED_OUT"


def test_a_regular_end_is_always_told(move):
    switch(move, settled_event_sent="regular-end")
    move.cloud.report(move.start(), "FAILED")

    assert len(told(move, "transfer-settled")) == 1


def test_every_event_may_come_twice_with_one_message_id(move):
    switch(move, event_duplicates="every-event")
    move.start()
    move.deliver()
    move.running.advance(seconds=5)

    first, second = told(move, "listener-triggered")

    assert first == second


def test_events_may_come_in_another_order(move):
    switch(move, event_order="shuffled")
    transfer_id = move.start()
    for number in range(8):
        move.server.put(transfer_id, label=f"{number}")
    for _ in range(25):
        move.deliver()
        move.running.advance(seconds=1)

    labels = [event.get("label") for event in move.deliver()]

    assert sorted(labels, key=str) == sorted([None, *map(str, range(8))], key=str)
    assert labels != [None, *map(str, range(8))]


@pytest.mark.parametrize(
    ("endpoints", "hosts"),
    [
        ("both", ["/app/events", "/registered"]),
        ("descriptor-first", ["/app/events"]),
        ("registered-first", ["/registered"]),
    ],
)
def test_two_registrations_get_one_delivery_each_or_one_of_them_all(move, endpoints, hosts):
    switch(move, event_endpoints=endpoints)
    move.cloud.call("PUT", "webhook", json={"endpoints": ["https://notes.example/registered"]})
    move.start()
    move.deliver()

    assert sorted(request.url.path for request in move.cloud.posts) == hosts


def test_either_kind_of_endpoint_is_used_where_it_is_the_only_one():
    descriptor = {"cloudAppMigration": {"migrationWebhookPath": "/e"}}
    for endpoints in ("both", "descriptor-first", "registered-first"):
        alone = event_urls("https://a.example", descriptor, [], endpoints=endpoints)
        assert alone == ("https://a.example/e",)
        registered = event_urls("https://a.example", {}, ["https://b.example"], endpoints=endpoints)
        assert registered == ("https://b.example",)


@pytest.mark.parametrize(
    ("value", "audience"),
    [
        ("plain", None),
        ("app-audience", ["com.example.notes.cloud"]),
        ("client-audience", "client"),
        ("context-qsh", None),
    ],
)
def test_the_token_of_an_event_has_the_claims_of_the_site(move, value, audience):
    client_key = move.running.admin("GET", "sites/acme").json["clientKey"]
    switch(move, event_claims=value)
    move.start()
    if value == "context-qsh":
        # The careful app of these tests refuses it, as a real one would.
        move.cloud.answers += [httpx.Response(200)]
    move.deliver()

    token = move.cloud.posts[0].headers["Authorization"].removeprefix("JWT ")
    claims = jwt.decode(
        token,
        move.cloud.vendor.secret,
        ["HS256"],
        options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
    )

    assert claims.get("aud") == ([client_key] if audience == "client" else audience)
    assert claims["iss"] == client_key
    assert (claims["qsh"] == "context-qsh") == (value == "context-qsh")


def test_pauses_grow_or_stay_the_same():
    def pauses(retries):
        due = [
            next_attempt_at(
                number,
                created_at=MONDAY,
                now=MONDAY,
                retry_after_seconds=None,
                chance=0.5,
                retries=retries,
            )
            for number in (1, 5, 20)
        ]
        return [(at - MONDAY) / timedelta(seconds=1) for at in due]

    assert pauses("growing") == [5, 80, 3600]
    assert pauses("steady") == [30, 30, 30]


def test_a_steady_site_is_retried_steadily(move):
    switch(move, event_retries="steady")
    move.start()
    move.cloud.answers += [httpx.Response(503)] * 8
    for _ in range(16):
        move.deliver()
        move.running.advance(seconds=40)

    assert len(move.cloud.posts) >= 9
    assert told(move, "listener-triggered")


def test_without_switches_an_event_is_sent_once_and_at_once():
    assert delivery_times(DEFAULT, "m", "https://a.example", MONDAY) == (MONDAY,)


def test_a_shuffled_event_waits_for_the_same_time_in_each_run():
    dialect = dialect_of({"event-order": "shuffled"})

    times = {delivery_times(dialect, str(number), "u", MONDAY) for number in range(50)}

    assert len(times) == 50
    assert all(MONDAY <= first < MONDAY + timedelta(seconds=20) for (first,) in times)
    assert delivery_times(dialect, "7", "u", MONDAY) in times
