"""What a Forge remote is sent, and what happens when it does not take it."""

import json
from datetime import datetime
from itertools import pairwise

import httpx
import pytest

from support.forge import FORGE_APP_ID, a_forge_move, a_forge_part
from support.platform import PUBLIC_URL

APP = f"ari:cloud:ecosystem::app/{FORGE_APP_ID}"


@pytest.fixture
def transfer_id(move):
    return move.begin()


def test_an_event_carries_proof_of_its_sender_and_a_token_to_call_back_with(move, transfer_id):
    move.upload(transfer_id, label="notes-1")
    move.work()
    request = move.app.remote.calls[-1]

    claims = move.app.remote.verify(request.headers["Authorization"].removeprefix("Bearer "))

    assert (claims["iss"], claims["aud"]) == ("forge/invocation-token", APP)
    assert claims["exp"] - claims["iat"] == 300
    assert claims["app"]["id"] == APP
    assert claims["app"]["environment"]["type"] == "DEVELOPMENT"
    assert claims["app"]["version"] == "1.0.0"
    assert claims["app"]["apiBaseUrl"] == f"{PUBLIC_URL}/sites/acme/wiki"
    site = move.running.admin("GET", "sites/acme").json
    assert claims["context"]["cloudId"] == site["clientKey"]
    assert len(request.headers["x-b3-traceid"]) == 32
    assert len(request.headers["x-b3-spanid"]) == 16
    assert str(request.url) == "https://remote.example/development/events"
    assert move.app.call("GET", f"data/{transfer_id}/all").status_code == 200


def test_the_payload_is_that_of_the_contract(move, transfer_id):
    key = move.upload(transfer_id, label="notes-1")
    unlabelled = move.upload(transfer_id)
    move.work()
    labelled, plain = move.app.uploads()

    migration = move.running.admin("GET", f"migrations/{move.migration_id}").json
    assert labelled == {
        "eventType": "avi:ecosystem.migration:uploaded:app_data",
        "transferId": transfer_id,
        "messageId": labelled["messageId"],
        "key": key,
        "label": "notes-1",
        "migrationDetails": {
            "migrationId": move.migration_id,
            "migrationScopeId": migration["migrationScopeId"],
            "createdAt": 1767225600000,
            "cloudUrl": f"{PUBLIC_URL}/sites/acme",
            "name": "Wave 3",
        },
    }
    assert (plain["key"], "label" in plain) == (unlabelled, False)


def test_a_handler_that_throws_gets_the_same_message_again(move, transfer_id):
    seen = []

    def handle(event):
        seen.append(event)
        if event["eventType"].endswith("uploaded:app_data") and len(seen) < 4:
            raise RuntimeError("the database is away")

    move.work()
    move.app.remote.handler = handle
    move.upload(transfer_id)
    move.work()
    for _ in range(3):
        move.advance(minutes=1)

    assert len(seen) == 4
    assert len({event["messageId"] for event in seen}) == 1
    spans = [call.headers["x-b3-spanid"] for call in move.app.remote.calls[-4:]]
    traces = {call.headers["x-b3-traceid"] for call in move.app.remote.calls[-4:]}
    assert (len(set(spans)), len(traces)) == (4, 1)


def test_an_event_is_sent_five_times_with_growing_pauses_and_then_given_up(move, transfer_id):
    move.work()
    move.app.remote.answers = [500, 503, httpx.ReadTimeout("late"), 302, 404, 500, 500]
    move.upload(transfer_id)
    move.work()
    for _ in range(40):
        move.advance(seconds=10)

    told = move.running.admin("GET", f"transfers/{transfer_id}/events").json
    (delivery,) = next(each for each in told if each["label"] is None and each["s3Key"])[
        "deliveries"
    ]
    assert (delivery["status"], len(delivery["attempts"])) == ("GIVEN_UP", 5)
    starts = [datetime.fromisoformat(each["startedAt"]) for each in delivery["attempts"]]
    pauses = [(b - a).total_seconds() for a, b in pairwise(starts)]
    assert pauses == sorted(pauses)
    assert 4 <= pauses[0] <= 20
    assert pauses[-1] <= 180
    move.advance(minutes=15)
    assert move.status(transfer_id) == "TIMED_OUT"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_takes_an_event(move, status):
    move.app.remote.answers = [status]
    transfer_id = move.begin()
    move.work()

    (event,) = move.running.admin("GET", f"transfers/{transfer_id}/events").json
    assert event["deliveries"][0]["status"] == "DELIVERED"


def test_an_app_is_told_of_the_events_it_listens_to_only(running):
    part = a_forge_part(events=["avi:ecosystem.migration:uploaded:app_data"])
    move = a_forge_move(running, forge=part)
    transfer_id = move.begin()
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    move.work()

    assert move.app.remote.types() == ["uploaded:app_data"]
    move.app.say(transfer_id, "SUCCESS", move.app.uploads()[0]["messageId"])
    move.work()
    assert move.status(transfer_id) == "SUCCESS"


def test_no_secret_is_in_what_the_admin_reads_of_an_event(move, transfer_id):
    move.app.remote.answers = [500]
    move.work()

    told = json.dumps(move.running.admin("GET", f"transfers/{transfer_id}/events").json)

    assert "Bearer" not in told
    assert "eyJ" not in told
