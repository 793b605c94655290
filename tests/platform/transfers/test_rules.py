"""What may happen to a transfer, and whose move it is. Wire contract, 1.4 to 1.7."""

from datetime import UTC, datetime, timedelta

import pytest

from portway_platform.listeners.rules import WorkStatus
from portway_platform.transfers.rules import (
    ListenerState,
    NextStep,
    Party,
    Reason,
    decide_overdue,
    find_next_step,
    find_rerun_fault,
)
from portway_scopes import SETTLED, TransferStatus

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def a_listener(status=WorkStatus.LEASED, *, connected=True, exception_type=None):
    return ListenerState(status, 1, connected, exception_type)


def next_step(status=TransferStatus.IN_PROGRESS, listener=None):
    return find_next_step(status, listener, first_started_at=MONDAY)


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        ("IN_PROGRESS", (TransferStatus.TIMED_OUT, Reason.NOT_SETTLED_IN_TIME)),
        ("READY", (TransferStatus.TIMED_OUT, Reason.NOT_SETTLED_IN_TIME)),
        ("CANCELLATION_REQUESTED", (TransferStatus.CANCELLED, Reason.CANCELLED_BY_ADMIN)),
        *[(status, None) for status in sorted(SETTLED)],
    ],
)
def test_the_platform_ends_what_nobody_settled(status, ending):
    assert decide_overdue(TransferStatus(status)) == ending


@pytest.mark.parametrize("status", ["FAILED", "INCOMPLETE"])
def test_what_did_not_succeed_can_be_run_again_for_twelve_days(status):
    last_moment = MONDAY + timedelta(days=12)

    def fault(now):
        return find_rerun_fault(TransferStatus(status), first_started_at=MONDAY, now=now)

    assert fault(last_moment) is None
    assert "12 days" in fault(last_moment + timedelta(microseconds=1))


@pytest.mark.parametrize("status", sorted(set(TransferStatus) - {"FAILED", "INCOMPLETE"}))
def test_nothing_else_can_be_run_again(status):
    fault = find_rerun_fault(TransferStatus(status), first_started_at=MONDAY, now=MONDAY)

    assert status in fault


@pytest.mark.parametrize("status", sorted(set(TransferStatus) - SETTLED))
@pytest.mark.parametrize("work", list(WorkStatus))
@pytest.mark.parametrize("connected", [True, False])
def test_every_running_transfer_has_somebody_whose_move_it_is(status, work, connected):
    assert isinstance(next_step(status, a_listener(work, connected=connected)), NextStep)


@pytest.mark.parametrize(
    ("listener", "party", "words"),
    [
        (a_listener(WorkStatus.WAITING, connected=False), Party.ADMIN, "not connected"),
        (a_listener(WorkStatus.WAITING), Party.LISTENER, "Take up"),
        (a_listener(WorkStatus.LEASED), Party.LISTENER, "Export"),
        (a_listener(WorkStatus.DONE), Party.CLOUD_APP, "settle"),
        (a_listener(WorkStatus.FAILED, exception_type="KeyError"), Party.ADMIN, "KeyError"),
    ],
)
def test_the_next_step_follows_from_the_listeners_side(listener, party, words):
    step = next_step(listener=listener)

    assert step.party is party
    assert words in step.action


def test_a_failed_transfer_says_until_when_it_can_be_run_again():
    assert "2026-01-17" in next_step(TransferStatus.FAILED).action


def test_a_success_needs_nothing_more():
    assert next_step(TransferStatus.SUCCESS) is None
