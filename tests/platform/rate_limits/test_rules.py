"""The arithmetic of the buckets, against one counted token by token."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_platform.rate_limits.rules import Drawn, Empty, RateLimits, draw, retry_after

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_a_full_bucket_gives_a_seconds_worth_at_a_time():
    drawn = draw(None, per_minute=6000, now=MONDAY)

    assert drawn == Drawn(100, MONDAY + timedelta(seconds=1))


def test_a_minutes_worth_is_there_and_no_more():
    full_at, count = None, 0
    while isinstance(drawn := draw(full_at, per_minute=600, now=MONDAY), Drawn):
        full_at, count = drawn.full_at, count + drawn.count

    assert count == 600
    assert drawn == Empty(0.1)


def test_a_small_limit_gives_one_at_a_time():
    assert draw(None, per_minute=6, now=MONDAY) == Drawn(1, MONDAY + timedelta(seconds=10))


def test_what_is_left_is_given_when_it_is_less():
    almost_empty = MONDAY + timedelta(seconds=59.5)

    drawn = draw(almost_empty, per_minute=600, now=MONDAY)

    assert isinstance(drawn, Drawn)
    assert drawn.count == 5


@pytest.mark.parametrize(("seconds", "header"), [(0.01, "1"), (1.0, "1"), (1.01, "2"), (59, "59")])
def test_the_header_never_asks_for_too_little(seconds, header):
    assert retry_after(seconds) == header


@pytest.mark.parametrize("limits", [(0, 1), (1, 0), (-1, None)])
def test_a_limit_below_one_is_none(limits):
    with pytest.raises(ValueError, match="at least one"):
        RateLimits(*limits)


@given(
    st.sampled_from([1, 7, 60, 600, 6000]),
    st.lists(st.integers(0, 90_000), min_size=1, max_size=60),
)
def test_no_stretch_of_time_lets_more_through_than_a_bucket_and_what_came_back(per_minute, pauses):
    """Oracle: in any stretch at most a minute's worth, and what the stretch itself brings."""
    now, full_at, taken = MONDAY, None, []
    for pause in pauses:
        now += timedelta(milliseconds=pause)
        drawn = draw(full_at, per_minute=per_minute, now=now)
        if isinstance(drawn, Drawn):
            full_at = drawn.full_at
            taken.append((now, drawn.count))
        else:
            assert 0 < drawn.seconds <= 60
            later = now + timedelta(seconds=drawn.seconds, microseconds=1)
            assert isinstance(draw(full_at, per_minute=per_minute, now=later), Drawn)

    for first in range(len(taken)):
        for last in range(first, len(taken)):
            span = (taken[last][0] - taken[first][0]).total_seconds()
            count = sum(number for _, number in taken[first : last + 1])
            assert count <= per_minute + span * per_minute / 60 + 1e-6 * per_minute
