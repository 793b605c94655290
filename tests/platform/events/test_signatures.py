"""Standard Webhooks signatures beside the token, as the published library verifies them."""

import base64
import json

import pytest
import standardwebhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@pytest.fixture
def transfer_id(move):
    return move.start()


@pytest.fixture(autouse=True)
def now(move, monkeypatch):
    """The library goes by the time of the test."""

    class Clock(standardwebhooks.webhooks.datetime):
        @classmethod
        def now(cls, tz=None):
            return move.running.clock.now()

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Clock)


def keys(move, path="webhook/keys", method="GET"):
    answer = move.cloud.call(method, path)
    assert answer.status_code == 200, answer.text
    return answer.json


def rotate(move):
    return keys(move, "webhook/keys/rotation", "POST")


def delivered(move):
    move.running.platform.worker.run_due()
    post = move.cloud.posts[-1]
    return post.content, {name: post.headers[name] for name in post.headers if "webhook" in name}


def verifies(secret, content, headers):
    try:
        standardwebhooks.Webhook(secret).verify(content, headers)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def verify_v1a(public_key, content, headers):
    """What a verifier of `v1a` does: any signature of the list may be the one."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    for entry in headers["webhook-signature"].split():
        version, _, signature = entry.partition(",")
        if version == "v1a":
            try:
                key.verify(base64.b64decode(signature), signed)
            except InvalidSignature:
                continue
            return True
    return False


def test_the_published_library_accepts_an_event(move, transfer_id):
    content, headers = delivered(move)
    [secret] = keys(move)["secrets"]

    verified = standardwebhooks.Webhook(secret).verify(content, headers)

    assert verified["messageId"] == headers["webhook-id"] == json.loads(content)["messageId"]


def test_a_changed_event_is_not_accepted(move, transfer_id):
    content, headers = delivered(move)
    [secret], [public] = keys(move)["secrets"], keys(move)["publicKeys"]

    assert not verifies(secret, content + b" ", headers)
    assert not verifies(secret, content, headers | {"webhook-id": "other"})
    assert not verify_v1a(public, content + b" ", headers)


def test_a_public_key_verifies_too(move, transfer_id):
    content, headers = delivered(move)
    [public] = keys(move)["publicKeys"]
    path = "sites/acme/installations/com.example.notes.cloud/webhook-keys"

    assert verify_v1a(public, content, headers)
    assert move.running.admin("GET", path).json == {"publicKeys": [public]}


def test_after_a_rotation_both_keys_sign_for_a_day(move, transfer_id):
    first = keys(move)
    second = rotate(move)

    assert second["secrets"][1:] == first["secrets"]
    content, headers = delivered(move)
    for secret, public in zip(second["secrets"], second["publicKeys"], strict=True):
        assert verifies(secret, content, headers)
        assert verify_v1a(public, content, headers)
    move.running.advance(days=1)
    move.server.put(transfer_id)
    content, headers = delivered(move)
    assert keys(move)["secrets"] == second["secrets"][:1]
    assert verifies(second["secrets"][0], content, headers)
    assert not verifies(first["secrets"][0], content, headers)


def test_a_repeated_attempt_keeps_the_id_and_is_signed_anew(move, transfer_id):
    content, first = delivered(move)
    [event] = [
        event
        for event in move.running.admin("GET", f"transfers/{transfer_id}/events").json
        if event["eventType"] == "listener-triggered"
    ]
    move.running.advance(minutes=3)
    path = f"deliveries/{event['deliveries'][0]['deliveryId']}/resend"
    assert move.running.admin("POST", path).status_code == 202

    again, second = delivered(move)

    assert (again, second["webhook-id"]) == (content, first["webhook-id"])
    assert int(second["webhook-timestamp"]) == int(first["webhook-timestamp"]) + 180
    assert verifies(keys(move)["secrets"][0], again, second)


def test_secrets_are_wrapped_in_the_database(move, transfer_id):
    [secret] = keys(move)["secrets"]
    raw = base64.b64decode(secret.removeprefix("whsec_")).hex()
    database = move.running.platform.services.database

    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT secret, seed FROM webhook_keys").all()

    assert all(value.startswith("wrapped:") and raw not in value for row in rows for value in row)


def test_keys_of_one_installation_are_not_those_of_another_site(move, transfer_id):
    move.running.add_site("other")
    other = move.running.install("other")
    assert other is not None
    path = "sites/{}/installations/com.example.notes.cloud/webhook-keys"

    assert (
        move.running.admin("GET", path.format("acme")).json
        != move.running.admin("GET", path.format("other")).json
    )
