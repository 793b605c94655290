"""Receipts: what they say, and that anybody can verify them offline."""

import json

import jwt
import pytest
from jwt.api_jws import PyJWS

from support.manifests import APP_KEY


def receipt_of(running, record):
    answer = running.admin("GET", f"consents/{record['recordId']}/receipt")
    assert answer.mimetype == "application/jose"
    return answer.text


def read(running, receipt):
    """Read a receipt as an outsider would: with the published key set and nothing else."""
    key_set = jwt.PyJWKSet.from_dict(running.call("GET", "/.well-known/jwks.json").json)
    key = key_set[jwt.get_unverified_header(receipt)["kid"]]
    return json.loads(PyJWS().decode(receipt, key, algorithms=["EdDSA"]))


def test_a_receipt_says_what_was_agreed(ready):
    """Field names: ISO/IEC TS 27560:2023, as docs/reference/consent-receipt.md lists them."""
    record = ready.agree(scopes=["APP_DATA_UGC"])

    said = read(ready, receipt_of(ready, record))

    assert said["schema_version"] == "ISO/IEC TS 27560:2023"
    assert said["record_id"] == record["recordId"]
    assert said["privacy_notice"] == {"digest": record["noticeDigest"], "language": "en"}
    (purpose,) = said["purposes"]
    assert purpose["services"] == [{"app_key": APP_KEY, "app_version": "1.0.0"}]
    assert purpose["lawful_basis"] == "consent"
    assert purpose["pii_information"] == [
        {
            "pii_type": "APP_DATA_UGC",
            "pii_description": "Content your people wrote in this app",
            "reason": "Needed for APP_DATA_UGC.",
        }
    ]
    digests = {policy["kind"]: policy["digest"] for policy in purpose["policies"]}
    assert digests == record["policyDigests"]
    assert said["party_identification"][0]["party_name"] == "Example Ltd"
    (event,) = said["events"]
    assert (event["event_state"], event["event_time"]) == ("given", "2026-01-01T00:00:00.000Z")
    assert said["portway"]["offered_scopes"] == record["offeredScopes"]


def test_a_receipt_names_nobody(ready):
    record = ready.agree(givenBy="zoe@example.com")

    assert "zoe" not in json.dumps(read(ready, receipt_of(ready, record)))


def test_a_withdrawal_is_added_to_the_receipt(ready):
    record = ready.agree()
    before = read(ready, receipt_of(ready, record))
    ready.advance(hours=1)

    path = f"consents/{record['recordId']}/withdrawal"
    ready.admin("POST", path, json={"withdrawnBy": "bob"})

    after = read(ready, receipt_of(ready, record))
    assert [event["event_state"] for event in after["events"]] == ["given", "withdrawn"]
    assert after["events"][1]["event_time"] == "2026-01-01T01:00:00.000Z"
    assert {**after, "events": before["events"]} == before


def test_every_changed_byte_of_a_receipt_is_found(ready):
    receipt = receipt_of(ready, ready.agree())
    key = ready.platform.services.keys.issuer.private_key.public_key()
    original = PyJWS().decode(receipt, key, algorithms=["EdDSA"])

    for place, letter in enumerate(receipt):
        changed = receipt[:place] + ("A" if letter != "A" else "B") + receipt[place + 1 :]
        try:
            said = PyJWS().decode(changed, key, algorithms=["EdDSA"])
        except jwt.InvalidTokenError:
            continue
        # Base64url leaves unused bits at the end of the signature; they change nothing.
        assert said == original
        assert place == len(receipt) - 1


def test_a_receipt_of_another_platform_does_not_verify(ready):
    receipt = receipt_of(ready, ready.agree())
    foreign = jwt.PyJWK.from_dict(
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    )

    with pytest.raises(jwt.InvalidSignatureError):
        PyJWS().decode(receipt, foreign, algorithms=["EdDSA"])
