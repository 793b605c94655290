"""How much is under way: a dead endpoint slows no other."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from portway_platform.events.lanes import CLAIMED_AHEAD, Lanes
from portway_platform.events.sending import Attempt
from portway_platform.work.service import DueWork

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def an_attempt(*, seconds=0.01, problem=None):
    return Attempt(NOON, NOON + timedelta(seconds=seconds), None, problem)


QUICK = an_attempt()
SLOW = an_attempt(seconds=3)
FAILED = an_attempt(seconds=5, problem="did not answer in time")


def lanes_with(waiting, *, threads=8, per_endpoint=4):
    lanes = Lanes(threads=threads, per_endpoint=per_endpoint)
    fill(lanes, waiting)
    return lanes


def fill(lanes, waiting):
    for lane, number in waiting.items():
        for place in range(number):
            lanes.add((DueWork("post", f"{lane}{place}", lane, {}, NOON, 1, "me"), None))


def started(lanes):
    return Counter(work.lane for work, _ in lanes.take_startable())


def close(lanes, lane):
    """Let attempts of a lane fail until one at a time is left."""
    fill(lanes, {lane: 1})
    lanes.take_startable()
    lanes.end(lane, FAILED)


def test_a_new_lane_begins_carefully():
    assert started(lanes_with({"a": 9})) == {"a": 2}


def test_quick_answers_open_a_lane_up_to_its_limit():
    lanes = lanes_with({"a": 50}, per_endpoint=4)
    started(lanes)
    for _ in range(5):
        lanes.end("a", QUICK)

    assert started(lanes) == {"a": 2}  # two were under way all the time


def test_a_thread_goes_on_with_its_lane_in_order():
    lanes = lanes_with({"a": 4})
    first, second = lanes.take_startable()

    third = lanes.end("a", QUICK)
    fourth = lanes.end("a", QUICK)

    names = [item[0].subject_id for item in (first, second, third, fourth)]
    assert names == ["a0", "a1", "a2", "a3"]
    assert lanes.end("a", QUICK) is None


def test_a_failing_lane_goes_on_one_at_a_time():
    lanes = lanes_with({"a": 9})
    started(lanes)

    assert lanes.end("a", FAILED) is None
    assert started(lanes) == {}
    assert lanes.end("a", FAILED)[0].subject_id == "a2"
    assert started(lanes) == {}


def test_a_lane_that_recovers_opens_again():
    lanes = lanes_with({})
    close(lanes, "a")
    fill(lanes, {"a": 9})

    assert started(lanes) == {"a": 1}
    assert lanes.end("a", QUICK) is not None
    assert started(lanes) == {"a": 1}


def test_slow_answers_close_a_lane_by_halves():
    lanes = lanes_with({"a": 50}, per_endpoint=4, threads=32)
    for _ in range(4):
        lanes.take_startable()
        lanes.end("a", QUICK)
    lanes.take_startable()
    lanes.end("a", SLOW)
    lanes.end("a", SLOW)

    assert started(lanes) == {}


def test_failing_lanes_together_take_half_of_the_threads_at_most():
    lanes = lanes_with({}, threads=8)
    for name in "abcdefgh":
        close(lanes, name)
    fill(lanes, dict.fromkeys("abcdefgh", 3))
    fill(lanes, {"good": 9})

    running = started(lanes)

    assert sum(number for lane, number in running.items() if lane != "good") == 4
    assert running["good"] == 2


def test_what_was_claimed_for_a_lane_that_fails_is_given_back():
    lanes = lanes_with({"a": 9})
    started(lanes)
    lanes.end("a", FAILED)

    surplus = lanes.take_surplus()

    assert len(surplus) == 7
    assert lanes.end("a", FAILED) is None


def test_no_more_is_claimed_than_a_lane_can_use():
    lanes = lanes_with({})
    close(lanes, "dead")
    close(lanes, "dying")
    fill(lanes, {"dying": 1, "half": CLAIMED_AHEAD // 2, "full": CLAIMED_AHEAD})

    wanted = lanes.find_wanted(["half", "full", "empty", "dead", "dying"])

    assert wanted == {"half": CLAIMED_AHEAD // 2, "empty": CLAIMED_AHEAD, "dead": 1}


def test_failing_lanes_claim_no_more_than_they_may_begin():
    lanes = lanes_with({}, threads=4)
    names = [f"dead{number}" for number in range(10)]
    for name in names:
        close(lanes, name)

    assert sum(lanes.find_wanted(names).values()) == 2


def test_everything_that_waits_can_be_taken_back():
    lanes = lanes_with({"a": 3, "b": 2})
    lanes.take_startable()

    assert len(lanes.take_all()) == 1
    assert lanes.take_startable() == []
