"""Two platform processes on one PostgreSQL share the work; a killed one leaves it to the other."""

import threading
import time

import pytest
from sqlalchemy import update

from portway_platform.installations.tables import installations
from portway_service.clock import SystemClock
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from support.app_side import ServedPlatform, a_move
from support.databases import POSTGRESQL
from support.platform import a_platform
from support.senders import Receiver, Sender

LEASE_SECONDS = 4
UNDER_WAY_AT_MOST = 32
"""What one process can be sending at a moment: the only deliveries that may come twice."""


@pytest.mark.processes
@pytest.mark.parametrize("database_kind", [POSTGRESQL], indirect=True)
def test_two_processes_deliver_everything_and_a_killed_one_is_taken_over(database_kind, tmp_path):
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    real = {"clock": SystemClock(), "ids": RandomIds(), "outbound": Outbound.LOOPBACK}
    served = [ServedPlatform(tmp_path, delivery_lease_seconds=LEASE_SECONDS) for _ in range(2)]
    with a_platform(folder=tmp_path, **real) as running:
        move = a_move(running)
        transfer_id = move.start()
        with running.platform.services.database.write() as connection:
            connection.execute(update(installations).values(base_url=receiver.url))
        senders = [
            Sender(served[number % 2].url, move.server, transfer_id, number) for number in range(4)
        ]
        try:
            for platform in served:
                platform.start()
            for sender in senders:
                sender.start()
            time.sleep(2)
            served[0].kill()
            time.sleep(1)
            for sender in senders:
                sender.stopped.set()
            for sender in senders:
                sender.join(30)
                # Those of the killed process go on with the other one.
                sender.base_url = served[1].url
                sender.finish_begun()
            stored = {key for sender in senders for key in sender.stored}
            events = wait_until_delivered(running, transfer_id)
        finally:
            for platform in served:
                platform.kill()
            receiver.shutdown()
            receiver.server_close()

    uploaded = [event["s3Key"] for event in events]
    assert len(stored) > 20
    assert stored <= set(uploaded)
    assert len(uploaded) == len(set(uploaded))
    assert {event["messageId"] for event in events} == set(receiver.received)
    # Acknowledged once in the log, whoever sent it.
    for event in events:
        [delivery] = event["deliveries"]
        assert [each["problem"] for each in delivery["attempts"]].count(None) == 1
    twice = [message for message, times in receiver.received.items() if times > 1]
    assert len(twice) <= UNDER_WAY_AT_MOST
    assert max(receiver.received.values()) <= 2


def wait_until_delivered(running, transfer_id):
    """The events of uploads, once all are delivered. (The first event went elsewhere.)"""
    until = time.monotonic() + 10 * LEASE_SECONDS
    while True:
        events = running.admin("GET", f"transfers/{transfer_id}/events").json
        events = [event for event in events if event["eventType"] == "app-data-uploaded"]
        states = {each["status"] for event in events for each in event["deliveries"]}
        if states == {"DELIVERED"} or time.monotonic() > until:
            assert states == {"DELIVERED"}
            return events
        time.sleep(0.2)
