"""However many settle a transfer at once, from however many processes, it settles once."""

import threading
from collections import Counter

import pytest

from support.app_side import a_move
from support.forge import a_forge_move
from support.manifests import APP_KEY
from support.platform import a_platform


@pytest.fixture
def second(running):
    """Another platform on the same database and files, as another process would be."""
    with a_platform(folder=running.folder, clock=running.clock) as other:
        other.outside.hosts = running.outside.hosts
        yield other


def all_at_once(*deeds):
    barrier = threading.Barrier(len(deeds))
    outcomes = [None] * len(deeds)

    def run(number, deed):
        barrier.wait()
        outcomes[number] = deed()

    threads = [
        threading.Thread(target=run, args=(number, deed)) for number, deed in enumerate(deeds)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def settled_events(running, transfer_id):
    told = running.admin("GET", f"transfers/{transfer_id}/events").json
    return [event for event in told if event["eventType"].endswith(("settled", "settled:transfer"))]


def reporting(move, running, transfer_id, status):
    def report():
        cloud = type(move.cloud)(running, move.cloud.vendor)
        return cloud.report(transfer_id, status).status_code

    return report


def test_apps_on_two_processes_settle_a_transfer_once(running, second):
    move = a_move(running)
    for _ in range(5):
        transfer_id = move.start()
        statuses = ("SUCCESS", "FAILED", "INCOMPLETE", "FAILED")
        places = (running, second, running, second)

        codes = all_at_once(
            *(
                reporting(move, place, transfer_id, status)
                for place, status in zip(places, statuses, strict=True)
            )
        )

        assert Counter(codes) == {200: 1, 403: 3}
        winner = statuses[codes.index(200)]
        assert move.transfer(transfer_id)["status"] == winner
        (event,) = settled_events(running, transfer_id)
        assert event["transferStatus"] == winner
        move.migration_id = running.begin_migration(core="FINISHED")["migrationId"]


def test_the_clocks_of_two_processes_the_admin_and_a_withdrawal_settle_once(running, second):
    move = a_move(running)
    transfer_id = move.start()
    running.clock.advance(running.platform.services.settings.transfer_life)

    all_at_once(
        running.platform.worker.run_due,
        second.platform.worker.run_due,
        move.withdraw_consent,
        reporting(move, second, transfer_id, "SUCCESS"),
        lambda: second.admin("POST", f"transfers/{transfer_id}/cancellation"),
    )

    assert len(settled_events(running, transfer_id)) == 1


def test_the_last_acknowledgements_come_to_two_processes_at_once(running, second):
    move = a_forge_move(running)
    transfer_id = move.begin()
    for number in range(8):
        move.upload(transfer_id, b"n", label=str(number))
    move.complete_export(transfer_id)
    move.work()
    ids = [event["messageId"] for event in move.app.uploads()]
    token = move.app.remote.system_token

    def saying(place, message_id):
        def say():
            path = f"/app/migration/forge/v1/message/{transfer_id}/status"
            body = {"status": "SUCCESS", "messageIds": [message_id]}
            headers = {"Authorization": f"Bearer {token}"}
            return place.call("POST", path, json=body, headers=headers).status_code

        return say

    codes = all_at_once(
        *(saying((running, second)[number % 2], each) for number, each in enumerate(ids))
    )
    all_at_once(running.platform.worker.run_due, second.platform.worker.run_due)
    move.work()

    assert set(codes) == {200}
    seen = move.transfer(transfer_id)
    assert (seen["status"], seen["forge"]["processed"]) == ("SUCCESS", 8)
    assert len(settled_events(running, transfer_id)) == 1


def test_what_waits_for_a_transfer_starts_once(running, second):
    scopes = {"dataAccessScopes": ["APP_DATA_UGC"]}
    definitions = [{"transferName": "a"}, {"transferName": "b", "dependsOn": ["a"]}]
    move = a_move(running, transfers=definitions, **scopes)
    first = move.start()
    move.cloud.report(first, "SUCCESS")

    all_at_once(running.platform.worker.run_due, second.platform.worker.run_due)

    works = list(iter(move.server.take_work, None))
    assert [work["transferName"] for work in works].count("b") == 1


def test_an_app_is_never_uninstalled_under_a_transfer_that_starts(running, second):
    move = a_move(running)
    for _ in range(6):
        started, ended = all_at_once(
            move.start_answer,
            lambda: second.admin("DELETE", f"sites/acme/installations/{APP_KEY}"),
        )

        assert (started.status_code, ended.status_code) in {(201, 409), (409, 204)}
        if ended.status_code == 204:
            assert started.json["code"] == "app_not_installed"
            running.install(vendor=move.cloud.vendor)
        else:
            assert ended.json["code"] == "transfers_running"
            move.cloud.report(started.json["transferId"], "FAILED")
