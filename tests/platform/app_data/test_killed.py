"""A platform that is killed in the middle of its work has lost nothing it acknowledged.

Real processes, real connections, `kill -9`; then the same folder is opened again.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from portway_platform.installations.tables import installations
from portway_service.clock import ManualClock, SystemClock
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from support.app_side import ServedPlatform, a_move, sha256_hex, stored_content
from support.platform import a_platform
from support.senders import Receiver, Sender


@pytest.mark.processes
def test_no_acknowledged_upload_and_no_event_is_lost(tmp_path):
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    real = {"clock": SystemClock(), "ids": RandomIds(), "outbound": Outbound.LOOPBACK}
    with a_platform(folder=tmp_path, **real) as running:
        move = a_move(running)
        transfer_id = move.start()
        with running.platform.services.database.write() as connection:
            connection.execute(update(installations).values(base_url=receiver.url))
    served = ServedPlatform(tmp_path)
    senders = [Sender(served.url, move.server, transfer_id, seed) for seed in range(4)]
    served.start()
    try:
        for sender in senders:
            sender.start()
        for life in (0.9, 0.4, 0.7, 0.2):
            time.sleep(life)
            served.kill()
            served.start()
        for sender in senders:
            sender.stopped.set()
            sender.join(30)
        for sender in senders:
            sender.finish_begun()
    finally:
        served.kill()

    stored = {key: content for sender in senders for key, content in sender.stored.items()}
    assert len(stored) > 20
    # What the killed process was sending comes free when its lease runs out: let that time pass.
    later = ManualClock(datetime.now(UTC) + timedelta(minutes=5))
    with a_platform(folder=tmp_path, **real | {"clock": later}) as running:
        for key, content in stored.items():
            assert sha256_hex(stored_content(running, key)) == sha256_hex(content)
        running.outside.hosts |= dict.fromkeys(("127.0.0.1", "notes.example"), receiver.take)
        for _ in range(3):
            running.platform.worker.run_due()
            running.advance(hours=2)
        events = running.admin("GET", f"transfers/{transfer_id}/events").json

    uploaded = [event["s3Key"] for event in events if event["eventType"] == "app-data-uploaded"]
    assert len(uploaded) == len(set(uploaded))
    assert set(stored) <= set(uploaded)
    assert {each["status"] for event in events for each in event["deliveries"]} == {"DELIVERED"}
    assert {event["messageId"] for event in events} == set(receiver.received)
    receiver.shutdown()
    receiver.server_close()
