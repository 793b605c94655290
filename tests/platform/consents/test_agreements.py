"""The card, the agreement, its withdrawal, and what becomes of each when the terms change."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portway_platform.consents.messages import ConsentInput
from portway_scopes import AccessScope
from support.manifests import APP_KEY
from support.rows import add_listener, add_transfer

GIVEN = {
    "appKey": APP_KEY,
    "serverKey": "acme-dc",
    "siteKey": "acme",
    "givenBy": "ada",
    "method": "assistant",
}


def terms(running):
    card = running.read_card()["card"]
    return {
        "appVersion": card["appVersion"],
        "scopes": [scope["scope"] for scope in card["scopes"]],
        "policyDigests": {policy["kind"]: policy["digest"] for policy in card["policies"]},
        "noticeDigest": card["notice"]["digest"],
    }


def give(running, **changes):
    return running.admin("POST", "consents", json={**GIVEN, **terms(running), **changes})


def withdraw(running, record, by="bob"):
    path = f"consents/{record['recordId']}/withdrawal"
    return running.admin("POST", path, json={"withdrawnBy": by})


def records(running):
    return running.admin("GET", f"consents?app={APP_KEY}&server=acme-dc&site=acme").json


# The card


def test_the_card_says_what_is_asked_why_and_under_which_documents(ready):
    """Assistant features, F055 and F056."""
    answer = ready.read_card()

    assert answer["state"] == "CONSENT_REQUIRED"
    assert answer["message"].startswith("Nobody has agreed")
    assert answer["nextStep"]
    assert answer["record"] is None
    card = answer["card"]
    assert (card["appKey"], card["appVersion"]) == (APP_KEY, "1.0.0")
    assert (card["appName"], card["vendor"]) == ("Page notes", "Example Ltd")
    assert card["scopes"][0] == {
        "scope": "APP_DATA_UGC",
        "title": "Content your people wrote in this app",
        "explanation": card["scopes"][0]["explanation"],
        "reason": "Needed for APP_DATA_UGC.",
    }
    assert [(policy["kind"], policy["url"]) for policy in card["policies"]] == [
        ("privacy", "https://example.com/privacy"),
        ("terms", "https://example.com/terms"),
    ]
    assert "Example Ltd" in card["notice"]["text"]


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("INSTALL_ONLY", "NO_DATA_MIGRATION_NEEDED"),
        ("MANUAL", "NO_AUTOMATED_PATH"),
        ("DISCARDED", "NO_AUTOMATED_PATH"),
        ("UNKNOWN", "NO_AUTOMATED_PATH"),
    ],
)
def test_an_app_without_an_automated_path_asks_for_nothing(ready, path, state):
    ready.publish(version="2.0.0", migration_path=path)

    answer = give(ready)

    assert ready.read_card()["state"] == state
    assert (answer.status_code, answer.json["code"]) == (409, "consent_not_asked")
    assert answer.json["details"]["state"] == state
    assert records(ready) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("app=none&server=acme-dc&site=acme", "app_unknown"),
        (f"app={APP_KEY}&server=none&site=acme", "server_unknown"),
        (f"app={APP_KEY}&server=acme-dc&site=none", "site_unknown"),
    ],
)
def test_a_card_is_of_something_there_is(ready, query, code):
    answer = ready.admin("GET", f"consents/card?{query}")

    assert (answer.status_code, answer.json["code"]) == (404, code)


# Agreeing


def test_an_agreement_records_who_agreed_to_what(ready):
    shown = terms(ready)

    answer = give(ready)

    assert answer.status_code == 201
    assert answer.json == {
        "recordId": answer.json["recordId"],
        "appKey": APP_KEY,
        "serverKey": "acme-dc",
        "siteKey": "acme",
        "appVersion": "1.0.0",
        "offeredScopes": sorted(shown["scopes"]),
        "scopes": sorted(shown["scopes"]),
        "policyDigests": shown["policyDigests"],
        "noticeDigest": shown["noticeDigest"],
        "givenBy": "ada",
        "method": "assistant",
        "givenAt": "2026-01-01T00:00:00Z",
        "expiresAt": None,
        "withdrawnAt": None,
        "withdrawnBy": None,
        "supersededAt": None,
        "stands": True,
    }
    assert ready.admin("GET", f"consents/{answer.json['recordId']}").json == answer.json
    assert ready.read_card()["state"] == "CONSENTED"
    assert ready.read_card()["record"] == answer.json


def test_an_admin_may_refuse_single_scopes(ready):
    record = give(ready, scopes=["MIGRATION_TRACING_PRODUCT"]).json

    assert record["scopes"] == ["MIGRATION_TRACING_PRODUCT"]
    assert record["offeredScopes"] == ["APP_DATA_UGC", "MIGRATION_TRACING_PRODUCT"]
    assert ready.read_card()["state"] == "CONSENTED"


def test_nobody_can_grant_what_the_card_does_not_offer(ready):
    answer = give(ready, scopes=["APP_DATA_UGC", "PRODUCT_DATA_SECURITY"])

    assert (answer.status_code, answer.json["code"]) == (422, "scope_not_offered")
    assert answer.json["details"] == {"notOffered": ["PRODUCT_DATA_SECURITY"]}
    assert records(ready) == []


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"appVersion": "0.9.0"}, "appVersion"),
        ({"policyDigests": {"privacy": "0" * 64, "terms": "1" * 64}}, "policyDigests"),
        ({"policyDigests": {}}, "policyDigests"),
        ({"noticeDigest": "0" * 64}, "noticeDigest"),
    ],
)
def test_terms_other_than_the_present_ones_cannot_be_agreed_to(ready, changes, changed):
    answer = give(ready, **changes)

    assert (answer.status_code, answer.json["code"]) == (409, "consent_terms_changed")
    assert answer.json["details"] == {"changed": [changed]}
    assert records(ready) == []


def test_a_change_published_while_the_card_is_read_is_not_agreed_to(ready):
    read_before = terms(ready)
    ready.publish(version="1.0.1", privacy="We keep your notes for ever.")

    answer = give(ready, **read_before)

    assert answer.json["details"] == {"changed": ["appVersion", "policyDigests", "noticeDigest"]}


def test_a_new_agreement_takes_the_place_of_the_one_before(ready):
    first = give(ready).json
    ready.advance(days=1)

    second = give(ready, scopes=[]).json

    assert [record["recordId"] for record in records(ready)] == [
        second["recordId"],
        first["recordId"],
    ]
    assert records(ready)[1]["supersededAt"] == second["givenAt"]
    assert [record["stands"] for record in records(ready)] == [True, False]


def test_agreements_of_one_instant_still_follow_each_other(ready):
    given = [give(ready, givenBy=name).json["recordId"] for name in ("ada", "bob", "eve")]

    assert ready.read_card()["record"]["recordId"] == given[-1]
    assert [record["stands"] for record in records(ready)] == [True, False, False]


def test_an_agreement_may_be_given_for_a_while(ready):
    give(ready, expiresAt="2026-01-02T00:00:00Z")
    assert ready.read_card()["state"] == "CONSENTED"

    ready.advance(days=1)

    assert ready.read_card()["state"] == "CONSENT_REQUIRED"
    assert records(ready)[0]["stands"] is False


@pytest.mark.parametrize("expires_at", ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00", "soon"])
def test_an_end_lies_in_the_future_and_says_its_time_zone(ready, expires_at):
    answer = give(ready, expiresAt=expires_at)

    assert (answer.status_code, answer.json["details"][0]["field"]) == (400, "expiresAt")


def test_agreements_for_other_servers_and_sites_are_separate(ready):
    ready.add_server("other-dc")
    ready.add_site("other")
    ready.agree()

    assert ready.read_card(server="other-dc")["state"] == "CONSENT_REQUIRED"
    assert ready.read_card(site="other")["state"] == "CONSENT_REQUIRED"


def test_a_server_app_without_the_path_is_to_be_updated_first(ready):
    """Assistant features, F086: the version is the one the listener declares."""
    ready.publish(version="2.0.0", server_versions=[{"start": "1.5.0"}])
    assert ready.read_card()["state"] == "CONSENT_REQUIRED"
    add_listener(ready, version="1.4.9")

    answer = give(ready)

    assert ready.read_card()["state"] == "SERVER_APP_TOO_OLD"
    assert (answer.status_code, answer.json["code"]) == (409, "consent_not_asked")


def test_the_same_agreement_has_the_same_json_in_every_process():
    """Sets have no order of their own; an idempotency key compares by the JSON."""
    digest = "0" * 64
    given = ConsentInput(
        **GIVEN,
        appVersion="1",
        scopes=frozenset(AccessScope),
        policyDigests={},
        noticeDigest=digest,
    )

    assert given.to_wire()["scopes"] == sorted(AccessScope)


# What voids an agreement


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.0.1"},
        {"version": "1.0.1", "scopes": ["APP_DATA_UGC"]},
        {"version": "1.0.1", "privacy": "Another text."},
        {"version": "1.0.1", "vendor": "Other Ltd"},
    ],
)
def test_a_new_version_asks_again(ready, change):
    """Assistant features, F076."""
    give(ready)

    ready.publish(**change)

    assert ready.read_card()["state"] == "CONSENT_STALE"
    give(ready)
    assert ready.read_card()["state"] == "CONSENTED"


def test_an_older_version_published_late_changes_nothing(ready):
    give(ready)

    ready.publish(version="0.9.0")

    assert ready.read_card()["state"] == "CONSENTED"


# Withdrawing


def test_a_withdrawn_agreement_no_longer_stands(ready):
    """Assistant features, F074 and F077."""
    record = give(ready).json
    ready.advance(hours=1)

    answer = withdraw(ready, record)

    assert answer.status_code == 200
    assert answer.json == {
        **record,
        "withdrawnAt": "2026-01-01T01:00:00Z",
        "withdrawnBy": "bob",
        "stands": False,
    }
    assert ready.read_card()["state"] == "CONSENT_REQUIRED"
    give(ready)
    assert ready.read_card()["state"] == "CONSENTED"


def test_withdrawing_ends_the_running_transfers_of_that_app_server_and_site(ready):
    ready.install()
    ready.add_server("other-dc")
    here, there = give(ready).json, ready.agree(server="other-dc")
    running = {
        record["recordId"]: add_transfer(
            ready,
            ready.begin_migration(server=record["serverKey"]),
            add_listener(ready, server=record["serverKey"], key=Ed25519PrivateKey.generate()),
        )
        for record in (here, there)
    }

    withdraw(ready, here)

    def status(record):
        return ready.admin("GET", f"transfers/{running[record['recordId']]}").json["status"]

    assert (status(here), status(there)) == ("CANCELLED", "IN_PROGRESS")


def test_withdrawing_twice_is_withdrawing_once(ready):
    record = give(ready).json
    first = withdraw(ready, record, by="bob").json
    ready.advance(hours=1)

    assert withdraw(ready, record, by="eve").json == first


def test_a_record_that_was_replaced_cannot_be_withdrawn(ready):
    record = give(ready).json
    give(ready)

    answer = withdraw(ready, record)

    assert (answer.status_code, answer.json["code"]) == (409, "consent_superseded")
    assert ready.read_card()["state"] == "CONSENTED"


def test_a_record_nobody_made_is_unknown(ready):
    for method, path in (("GET", ""), ("GET", "/receipt"), ("POST", "/withdrawal")):
        body = {"withdrawnBy": "bob"} if method == "POST" else None
        answer = ready.admin(method, f"consents/none{path}", json=body)
        assert (answer.status_code, answer.json["code"]) == (404, "consent_unknown")


def test_records_are_listed_by_what_is_asked(ready):
    ready.add_server("other-dc")
    here, there = ready.agree(), ready.agree(server="other-dc")

    found = ready.admin("GET", "consents").json
    assert {record["recordId"] for record in found} == {here["recordId"], there["recordId"]}
    assert ready.admin("GET", "consents?server=other-dc").json == [there]
    assert ready.admin("GET", "consents?app=none").json == []


def test_instants_are_utc(ready):
    record = give(ready, expiresAt="2026-02-01T01:00:00+01:00").json

    assert datetime.fromisoformat(record["expiresAt"]) == datetime(2026, 2, 1, tzinfo=UTC)
    assert record["expiresAt"].endswith("Z")
