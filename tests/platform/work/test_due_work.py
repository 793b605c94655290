"""Work that must happen later: exactly when its cause happened, by whoever is there to do it."""

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from portway_platform.work import service
from portway_platform.work.rules import POLL_SECONDS, next_try_at, sleep_seconds
from portway_platform.work.service import topic_of
from portway_platform.work.worker import Errands, Worker
from portway_service.clock import ManualClock, SystemClock
from portway_service.database import open_database

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def seconds(number):
    return timedelta(seconds=number)


@pytest.fixture
def database(running):
    return running.platform.services.database


def schedule(database, subject="one", *, kind="bell", due_at=NOON, payload=None, lane=""):
    with database.write() as connection:
        service.schedule(connection, kind, subject, due_at, payload, lane=lane)


def claim(database, now=NOON, *, owner="ada", limit=10, kinds=("bell",), lease_seconds=60):
    return service.claim_due(
        database, now=now, owner=owner, lease_seconds=lease_seconds, limit=limit, kinds=kinds
    )


def subjects(works):
    return [work.subject_id for work in works]


def errands(database, handlers, *, clock=None):
    return Errands(database, clock or ManualClock(NOON), handlers)


# Scheduling and claiming


def test_work_is_claimed_when_it_is_due_and_not_before(database):
    schedule(database, payload={"for": "whom"})

    assert claim(database, NOON - seconds(1)) == []
    [work] = claim(database, NOON)

    assert (work.subject_id, work.payload, work.attempts) == ("one", {"for": "whom"}, 1)


def test_the_oldest_work_comes_first(database):
    for number in (3, 1, 2):
        schedule(database, f"n{number}", due_at=NOON + seconds(number))

    assert subjects(claim(database, NOON + seconds(9), limit=2)) == ["n1", "n2"]


def test_only_the_kinds_asked_for_are_claimed(database):
    schedule(database, kind="whistle")

    assert claim(database, kinds=("bell", "drum")) == []


def test_scheduling_again_moves_the_work(database):
    schedule(database, due_at=NOON)
    schedule(database, due_at=NOON + seconds(60), payload={"second": True})

    assert claim(database, NOON) == []
    assert claim(database, NOON + seconds(60))[0].payload == {"second": True}


def test_cancelled_work_never_comes(database):
    schedule(database)
    with database.write() as connection:
        service.cancel(connection, "bell", "one")

    assert claim(database) == []


def test_work_of_a_change_that_was_undone_does_not_exist(database):
    def change_and_stumble():
        with database.write() as connection:
            service.schedule(connection, "bell", "one", NOON)
            raise LookupError

    with pytest.raises(LookupError):
        change_and_stumble()

    assert claim(database) == []


# Leases


def test_leased_work_is_nobody_elses(database):
    schedule(database)
    claim(database, owner="ada")

    assert claim(database, owner="bob") == []


def test_work_whose_lease_ran_out_is_taken_over(database):
    schedule(database)
    [first] = claim(database, owner="ada", lease_seconds=60)

    [second] = claim(database, NOON + seconds(60), owner="bob")

    assert (second.subject_id, second.attempts) == ("one", 2)
    with database.write() as connection:
        assert not service.is_held(connection, first)
        assert not service.finish(connection, first)
        assert not service.reschedule(connection, first, NOON)
        assert service.finish(connection, second)


def test_work_that_is_scheduled_again_is_taken_from_whoever_does_it(database):
    schedule(database)
    [work] = claim(database)
    schedule(database, due_at=NOON + seconds(5))

    with database.write() as connection:
        assert not service.finish(connection, work)
    assert subjects(claim(database, NOON + seconds(5))) == ["one"]


def test_work_given_back_counts_as_never_claimed(database):
    schedule(database)
    works = claim(database)
    with database.write() as connection:
        service.give_back_all(connection, works)

    assert claim(database)[0].attempts == 1


def test_rescheduled_work_counts_its_attempts(database):
    schedule(database)
    [work] = claim(database)
    with database.write() as connection:
        service.reschedule(connection, work, NOON + seconds(5))

    assert claim(database, NOON)[:1] == []
    assert claim(database, NOON + seconds(5))[0].attempts == 2


# Lanes


def test_a_lane_full_of_work_leaves_the_others_their_turn(database):
    for number in range(50):
        schedule(database, f"full{number}", kind="post", lane="full")
    schedule(database, "single", kind="post", lane="quiet", due_at=NOON)
    schedule(database, "later", kind="post", lane="tomorrow", due_at=NOON + seconds(1))

    lanes = service.lanes_with_due_work(database, "post", NOON)
    with database.write() as connection:
        claimed = service.claim_in_lanes(
            connection,
            now=NOON,
            owner="ada",
            lease_seconds=60,
            kind="post",
            wanted={"full": 3, "quiet": 3},
        )

    assert lanes == ["full", "quiet"]
    assert Counter(work.lane for work in claimed) == {"full": 3, "quiet": 1}


def test_a_lane_whose_work_is_all_leased_is_not_waiting(database):
    schedule(database, kind="post", lane="a")
    with database.write() as connection:
        service.claim_in_lanes(
            connection, now=NOON, owner="ada", lease_seconds=60, kind="post", wanted={"a": 1}
        )

    assert service.lanes_with_due_work(database, "post", NOON) == []
    assert service.lanes_with_due_work(database, "post", NOON + seconds(60)) == ["a"]


# Errands: one transaction each


def test_an_errand_and_its_end_commit_together(database):
    done = []
    schedule(database)
    chore = errands(database, {"bell": lambda connection, work: done.append(work.subject_id)})

    assert chore.run_due() == 1
    assert chore.run_due() == 0
    assert done == ["one"]


def test_an_errand_may_come_again_later(database):
    clock = ManualClock(NOON)
    times = []

    def strike(connection, work):
        times.append(clock.now())
        return clock.now() + seconds(60)

    schedule(database)
    chore = errands(database, {"bell": strike}, clock=clock)
    chore.run_due()
    clock.advance(seconds(60))
    chore.run_due()

    assert times == [NOON, NOON + seconds(60)]


def test_an_errand_that_fails_leaves_no_trace_and_is_tried_again(database, caplog):
    clock = ManualClock(NOON)
    attempts = []

    def stumble(connection, work):
        service.schedule(connection, "whistle", "made by halves", NOON)
        attempts.append(work.attempts)
        raise OSError("disk on fire")

    schedule(database)
    chore = errands(database, {"bell": stumble}, clock=clock)
    chore.run_due()
    clock.advance(seconds(1))
    chore.run_due()

    assert attempts == [1, 2]
    assert claim(database, NOON + seconds(9), kinds=("whistle",)) == []
    assert "it will be tried again" in caplog.text


def test_one_failing_errand_does_not_hold_up_the_others(database):
    done = []

    def ring(connection, work):
        if work.subject_id == "broken":
            raise ValueError
        done.append(work.subject_id)

    schedule(database, "broken")
    schedule(database, "sound", due_at=NOON)
    errands(database, {"bell": ring}).run_due()

    assert done == ["sound"]


@pytest.mark.parametrize(("attempts", "pause"), [(1, 1), (2, 2), (5, 16), (30, 300)])
def test_a_failing_errand_pauses_longer_each_time(attempts, pause):
    assert next_try_at(attempts, NOON) == NOON + seconds(pause)


@pytest.mark.parametrize(
    ("due_in", "sleep"), [(None, POLL_SECONDS), (0.3, 0.3), (3600, POLL_SECONDS), (-5, 0.0)]
)
def test_a_worker_sleeps_until_work_is_due_and_never_longer_than_a_second(due_in, sleep):
    due_at = None if due_in is None else NOON + seconds(due_in)

    assert sleep_seconds(due_at, NOON) == pytest.approx(sleep)


def test_slow_work_holds_no_transaction_open(database):
    done = []

    def clear_up(work):
        with database.write() as connection:
            service.schedule(connection, "whistle", "from within", NOON)
        done.append(work.attempts)
        return NOON + seconds(60) if len(done) == 1 else None

    clock = ManualClock(NOON)
    schedule(database)
    chore = Errands(database, clock, {}, slow_handlers={"bell": clear_up})
    assert chore.run_due() == 1
    clock.advance(seconds(60))
    assert (chore.run_due(), chore.run_due()) == (1, 0)

    assert done == [1, 2]


# Workers in threads


def test_a_worker_is_woken_by_the_commit_that_schedules(database):
    done = threading.Event()
    clock = SystemClock()
    chore = errands(database, {"bell": lambda connection, work: done.set()}, clock=clock)
    worker = Worker(database, clock, [chore])
    worker.start()
    try:
        time.sleep(0.05)
        began = time.monotonic()
        schedule(database, due_at=clock.now())
        assert done.wait(5)
        assert time.monotonic() - began < POLL_SECONDS / 2
    finally:
        worker.stop()


def test_a_worker_finds_what_another_process_scheduled(database, running):
    done = threading.Event()
    clock = SystemClock()
    chore = errands(database, {"bell": lambda connection, work: done.set()}, clock=clock)
    worker = Worker(database, clock, [chore])
    other = open_database(running.platform.services.settings.database_url)
    worker.start()
    try:
        schedule(other, due_at=clock.now())
        assert done.wait(3 * POLL_SECONDS)
    finally:
        worker.stop()
        other.close()


def test_a_worker_survives_a_database_that_goes_away(database, monkeypatch):
    done = threading.Event()
    clock = SystemClock()
    chore = errands(database, {"bell": lambda connection, work: done.set()}, clock=clock)
    failures = iter([OSError("gone")])
    step = chore.step

    def failing_once():
        for failure in failures:
            raise failure
        return step()

    monkeypatch.setattr(chore, "step", failing_once)
    worker = Worker(database, clock, [chore])
    schedule(database, due_at=clock.now())
    worker.start()
    try:
        assert done.wait(3 * POLL_SECONDS)
    finally:
        worker.stop()


def test_a_stopped_worker_does_nothing_more(database):
    done = []
    clock = SystemClock()
    chore = errands(database, {"bell": lambda connection, work: done.append(1)}, clock=clock)
    worker = Worker(database, clock, [chore])
    worker.start()
    worker.stop()
    worker.stop()

    schedule(database, due_at=clock.now())
    time.sleep(0.05)

    assert done == []
    assert worker.run_due() == 1


def test_two_processes_share_the_work_and_do_nothing_twice(database, running):
    done = []
    clock = SystemClock()
    other = open_database(running.platform.services.settings.database_url)
    for number in range(100):
        schedule(database, f"n{number}", due_at=clock.now())

    def note(connection, work):
        done.append(work.subject_id)

    workers = [
        Worker(place, clock, [errands(place, {"bell": note}, clock=clock)])
        for place in (database, other)
    ]
    for worker in workers:
        worker.start()
    try:
        until = time.monotonic() + 20
        while len(done) < 100 and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        for worker in workers:
            worker.stop()
        other.close()

    assert Counter(done) == {f"n{number}": 1 for number in range(100)}


def test_every_kind_has_what_wakes_its_worker(database):
    announcements = database.announcements
    errand, lane = topic_of("bell"), topic_of("post", in_lanes=True)
    before = announcements.count(errand), announcements.count(lane)

    schedule(database)
    schedule(database, kind="post", lane="a")

    assert (announcements.count(errand), announcements.count(lane)) == (
        before[0] + 1,
        before[1] + 1,
    )
