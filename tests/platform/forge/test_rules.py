"""What a Forge transfer does by itself, decision by decision."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_platform.forge.rules import (
    ATTEMPTS_LIMIT,
    Counts,
    ForgeState,
    MessageStatus,
    after_acknowledgement,
    decide_at_timeout,
    decide_now,
    find_case_twin,
    find_percent,
    find_timeout,
    next_attempt_at,
)
from portway_platform.transfers.machine import SIGNAL_OF, next_status
from portway_scopes import TransferStatus
from support.consents import MONDAY

QUARTER = timedelta(minutes=15)
OPEN = st.sampled_from([TransferStatus.IN_PROGRESS, TransferStatus.CANCELLATION_REQUESTED])


@st.composite
def counts(draw):
    processed, failed, left = (draw(st.integers(0, 50)) for _ in range(3))
    return Counts(processed + failed + left, processed, failed)


@st.composite
def states(draw):
    return ForgeState(
        status=draw(OPEN),
        counts=draw(counts()),
        export_completed=draw(st.booleans()),
        listener_ended=draw(st.booleans()),
        listener_failed=draw(st.booleans()),
    )


@given(states())
def test_a_transfer_with_something_open_never_succeeds(state):
    for ending in (decide_now(state), decide_at_timeout(state)):
        if ending is not None and state.counts.open:
            assert ending.status in {TransferStatus.TIMED_OUT, TransferStatus.CANCELLED}


@given(states())
def test_a_failed_upload_never_ends_in_success(state):
    for ending in (decide_now(state), decide_at_timeout(state)):
        if ending is not None and state.counts.failed:
            assert ending.status is not TransferStatus.SUCCESS


@given(states())
def test_every_ending_is_one_the_state_machine_knows(state):
    for ending in (decide_now(state), decide_at_timeout(state)):
        if ending is not None:
            assert next_status(state.status, SIGNAL_OF[ending.status]) is not None


@given(states())
def test_the_clock_ends_whatever_is_open(state):
    assert decide_at_timeout(state).status in TransferStatus


@given(counts(), st.booleans())
def test_the_percentage_stays_between_one_and_ninety_nine(found, completed):
    assert 1 <= find_percent(found, export_completed=completed) <= 99


@given(counts())
def test_more_acknowledged_is_never_less_percent(found):
    if found.open:
        more = Counts(found.uploaded, found.processed + 1, found.failed)
        for completed in (True, False):
            assert find_percent(more, export_completed=completed) >= find_percent(
                found, export_completed=completed
            )


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        (None, "SUCCESS", "SUCCESS"),
        (None, "FAILED", "FAILED"),
        ("FAILED", "SUCCESS", "SUCCESS"),
        ("SUCCESS", "FAILED", "SUCCESS"),
    ],
)
def test_what_was_processed_stays_processed(before, said, after):
    earlier = None if before is None else MessageStatus(before)

    assert after_acknowledgement(earlier, MessageStatus(said)) == after


def test_five_attempts_and_no_more():
    pauses = [next_attempt_at(n, now=MONDAY, chance=0.5) for n in range(1, 7)]

    assert [pause is None for pause in pauses] == [False] * (ATTEMPTS_LIMIT - 1) + [True, True]
    assert [(pause - MONDAY).total_seconds() for pause in pauses[:4]] == [5, 15, 45, 135]


def test_one_clock_goes_by_activity_and_single_clocks_by_the_oldest_event():
    late, early = MONDAY + timedelta(minutes=9), MONDAY
    facts = {"inactivity": QUARTER, "active_at": late, "uploaded_at": MONDAY}

    assert find_timeout("shared", **facts, oldest_open_at=None) == late + QUARTER
    assert find_timeout("per-event", **facts, oldest_open_at=early) == early + QUARTER
    assert find_timeout("per-event", **facts, oldest_open_at=None) == MONDAY + QUARTER


@pytest.mark.parametrize(
    ("wanted", "twin"),
    [("PRODUCTION", "production"), ("Staging", "staging"), ("production", None), ("test", None)],
)
def test_a_name_in_another_case_has_a_twin(wanted, twin):
    assert find_case_twin(wanted, ["production", "staging"]) == twin
