"""Starting a transfer: what it needs, what follows from it, and that it happens once.

Wire contract, 1.3; docs/reference/admin-api.md.
"""

import threading

import pytest

from support.app_side import a_move, enrol, install
from support.manifests import APP_KEY

# What follows


def test_a_started_transfer_calls_the_listener_and_tells_the_cloud_app(move):
    answer = move.start_answer()

    assert answer.status_code == 201
    transfer = answer.json
    assert (transfer["status"], transfer["percent"]) == ("IN_PROGRESS", 0)
    assert (transfer["migrationId"], transfer["appKey"]) == (move.migration_id, APP_KEY)
    assert (transfer["createdAt"], transfer["dueAt"]) == (
        "2026-01-01T00:00:00Z",
        "2026-01-15T00:00:00Z",
    )
    work = move.server.take_work()
    assert (work["kind"], work["transferId"]) == ("start-app-migration", transfer["transferId"])
    assert [event["eventType"] for event in move.deliver()] == ["listener-triggered"]


def test_both_sides_learn_what_the_migration_is(move):
    """Wire contract, 2.4 and 3.6: the same details for the listener, events and the API."""
    transfer_id = move.start()
    site = move.running.admin("GET", "sites/acme").json
    migration = move.running.admin("GET", f"migrations/{move.migration_id}").json
    expected = {
        "migrationId": move.migration_id,
        "migrationScopeId": migration["migrationScopeId"],
        "name": "Wave 3",
        "createdAt": 1767225600000,
        "jiraClientKey": "unknown",
        "confluenceClientKey": site["clientKey"],
        "cloudUrl": "https://portway.example/sites/acme",
    }

    assert move.server.take_work()["migrationDetails"] == expected
    assert move.deliver()[0]["migrationDetails"] == expected
    state = move.server.call("GET", f"transfers/{transfer_id}").json
    assert state["migrationDetails"] == expected
    assert move.cloud.call("GET", "transfer/recent").json[0]["migrationDetails"] == expected


def test_a_jira_site_is_told_by_its_own_client_key(running):
    running.add_site("jira", product="JIRA")
    running.add_server()
    running.publish()
    enrol(running)
    install(running, site="jira", context_path="/sites/jira")
    running.agree(site="jira")
    migration = running.begin_migration(site="jira", core="FINISHED")

    answer = running.admin(
        "POST", f"migrations/{migration['migrationId']}/transfers", json={"appKey": APP_KEY}
    )

    assert answer.status_code == 201
    recent_events = running.admin("GET", f"transfers/{answer.json['transferId']}/events").json
    assert recent_events[0]["eventType"] == "listener-triggered"
    assert recent_events[0]["deliveries"][0]["url"] == "https://notes.example/app/events"


# Once


def test_a_transfer_under_way_is_returned_as_it_is(move):
    transfer_id = move.start()

    again = move.start_answer()

    assert (again.status_code, again.json["transferId"]) == (200, transfer_id)
    assert len(move.deliver()) == 1


def test_a_transfer_that_succeeded_is_returned_as_it_is(move):
    transfer_id = move.start()
    move.cloud.report(transfer_id, "SUCCESS")

    again = move.start_answer()

    assert (again.status_code, again.json["transferId"]) == (200, transfer_id)


@pytest.mark.parametrize("status", ["FAILED", "INCOMPLETE"])
def test_after_a_transfer_that_did_not_succeed_a_new_one_starts(move, status):
    transfer_id = move.start()
    move.cloud.report(transfer_id, status)

    again = move.start_answer()

    assert again.status_code == 201
    assert again.json["transferId"] != transfer_id
    assert again.json["rerunOf"] is None


def test_the_same_idempotency_key_gives_the_first_answer(move):
    first = move.start_answer(headers={"Idempotency-Key": "k1"})
    again = move.start_answer(headers={"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json


def test_many_who_start_at_once_start_one_transfer(move):
    answers = []
    barrier = threading.Barrier(8)

    def start():
        barrier.wait()
        answers.append(move.start_answer())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json["transferId"] for answer in answers}) == 1
    assert len(move.deliver()) == 1


# What it needs


def refused(move, code, status):
    answer = move.start_answer()
    assert (answer.json["code"], answer.status_code) == (code, status), answer.text
    assert answer.json["cause"]
    assert answer.json["fix"]
    assert move.running.admin("GET", f"migrations/{move.migration_id}/transfers").json == []
    assert move.server.take_work() is None
    assert move.deliver() == []


def test_without_an_agreement_nothing_starts(move):
    move.withdraw_consent()

    refused(move, "consent_withdrawn", 403)


def test_an_agreement_to_other_terms_starts_nothing(move):
    move.running.publish(version="1.1.0")

    refused(move, "consent_stale", 403)


def test_without_the_cloud_app_nothing_starts(move):
    assert move.running.admin("DELETE", f"sites/acme/installations/{APP_KEY}").status_code < 300

    refused(move, "app_not_installed", 409)


def test_without_a_listener_nothing_starts(running):
    running.add_site()
    running.add_server()
    running.publish()
    install(running)
    running.agree()
    migration = running.begin_migration(core="FINISHED")

    answer = running.admin(
        "POST", f"migrations/{migration['migrationId']}/transfers", json={"appKey": APP_KEY}
    )

    assert (answer.status_code, answer.json["code"]) == (409, "listener_missing")


@pytest.mark.parametrize("core", ["RUNNING", "FAILED"])
def test_before_the_core_migration_is_done_nothing_starts(move, core):
    """Wire contract, 1.3: after a failed core migration the cloud app is not told anything."""
    path = f"migrations/{move.migration_id}/core"
    move.running.admin("PUT", path, json={"status": core})

    refused(move, "core_not_done", 409)


def test_after_an_incomplete_core_migration_apps_follow(move):
    path = f"migrations/{move.migration_id}/core"
    move.running.admin("PUT", path, json={"status": "INCOMPLETE"})

    assert move.start_answer().status_code == 201


def test_an_unknown_migration_app_or_transfer_is_not_found(move):
    admin = move.running.admin
    nowhere = "00000000-0000-0000-0000-000000000000"

    assert admin(
        "POST", f"migrations/{nowhere}/transfers", json={"appKey": APP_KEY}
    ).status_code == (404)
    assert admin(
        "POST", f"migrations/{move.migration_id}/transfers", json={"appKey": "com.nobody"}
    ).status_code == (404)
    assert admin("GET", f"migrations/{nowhere}/transfers").status_code == 404
    assert admin("GET", f"transfers/{nowhere}").json["code"] == "transfer_not_found"
    assert admin("GET", f"transfers/{nowhere}/events").status_code == 404
    assert admin("POST", f"transfers/{nowhere}/cancellation").status_code == 404
    assert admin("POST", f"transfers/{nowhere}/rerun").status_code == 404


def test_each_migration_has_transfers_of_its_own(running):
    first = a_move(running)
    transfer_id = first.start()
    second = running.begin_migration(core="FINISHED")

    path = f"migrations/{second['migrationId']}/transfers"
    other = running.admin("POST", path, json={"appKey": APP_KEY})

    assert other.status_code == 201
    assert other.json["transferId"] != transfer_id
    assert [transfer["transferId"] for transfer in running.admin("GET", path).json] == [
        other.json["transferId"]
    ]
