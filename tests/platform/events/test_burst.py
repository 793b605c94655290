"""Two thousand small uploads, each with its event, to an app that fails at random.

In virtual time, so that hours of retries take none: every event arrives at least once, each is
acknowledged once in the log, and no attempt is made before its time.
"""

import json
import random
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from portway_platform.events.rules import DELIVERY, DELIVERY_LIFE, RETRY_PAUSES
from portway_platform.events.tables import attempts, deliveries, events
from portway_platform.work.service import next_due_at

UPLOADS = 2000
SEED = 20261125


class FlakyApp:
    """Takes an event or fails, in one of the ways apps fail; remembers what it took."""

    def __init__(self, take):
        self.random = random.Random(SEED)
        self.take = take
        self.received = Counter()
        self.acknowledged = Counter()

    def answer(self, request):
        if not request.url.path.endswith("/events"):
            return self.take(request)
        message_id = json.loads(request.content)["messageId"]
        chance = self.random.random()
        if chance < 0.1:
            raise httpx.ConnectError("away", request=request)
        self.received[message_id] += 1
        if chance < 0.2:
            # It took the event; its answer was lost.
            raise httpx.ReadTimeout("silent", request=request)
        if chance < 0.3:
            return httpx.Response(503, headers={"Retry-After": "90"})
        if chance < 0.4:
            return httpx.Response(self.random.choice([201, 302, 400, 401, 404, 500]))
        self.acknowledged[message_id] += 1
        return httpx.Response(200)


@pytest.fixture
def app(move):
    app = FlakyApp(move.running.outside.hosts["notes.example"])
    move.running.outside.hosts["notes.example"] = app.answer
    return app


def test_a_burst_of_uploads_reaches_an_app_that_fails_at_random(move, app):
    services = move.running.platform.services
    transfer_id = move.start()
    keys = [
        move.server.put(transfer_id, f"note {number}".encode(), label=f"n{number}").json["key"]
        for number in range(UPLOADS)
    ]

    # From one moment at which something is due to the next.
    while (due_at := next_due_at(services.database, [DELIVERY])) is not None:
        if due_at > move.running.clock.now():
            move.running.clock.advance(due_at - move.running.clock.now())
        move.running.platform.worker.run_due()

    with services.database.read() as connection:
        told = connection.execute(select(events.c.id, events.c.payload)).all()
        made = connection.execute(
            select(attempts, deliveries.c.event_id, deliveries.c.created_at)
            .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
            .order_by(attempts.c.delivery_id, attempts.c.number)
        ).all()
        states = Counter(connection.execute(select(deliveries.c.status)).scalars())
    # None lost, none invented: one event for each file, and for the start of the transfer.
    assert sorted(row.payload["s3Key"] for row in told if "s3Key" in row.payload) == sorted(keys)
    assert len(told) == UPLOADS + 1
    # Every event arrived, and was acknowledged once: by the app, and in the log.
    assert states == {"DELIVERED": UPLOADS + 1}
    assert set(app.received) == {row.id for row in told}
    assert app.acknowledged == {row.id: 1 for row in told}
    assert Counter(row.event_id for row in made if row.problem is None) == app.acknowledged
    check_schedule(made)


def check_schedule(made):
    """Attempts of a delivery follow each other as the schedule says, the last one succeeds."""
    pauses = RETRY_PAUSES["growing"]
    before = None
    for row in made:
        if before is not None and before.delivery_id == row.delivery_id:
            assert row.number == before.number + 1
            assert before.problem is not None
            pause = pauses[min(before.number, len(pauses)) - 1]
            low, high = 0.8 * pause, 1.2 * pause
            if before.http_status == 503:
                low, high = max(low, timedelta(seconds=90)), max(high, timedelta(seconds=90))
            waited = row.started_at - before.finished_at
            assert low - timedelta(milliseconds=1) <= waited <= high + timedelta(milliseconds=1)
        else:
            assert row.number == 1
        assert row.started_at <= row.created_at + DELIVERY_LIFE
        before = row
