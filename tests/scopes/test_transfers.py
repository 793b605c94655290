"""Which state of a transfer may follow which. Source: wire contract, 1.4 and 13."""

from hypothesis import given
from hypothesis import strategies as st

from portway_scopes import SETTLED, TransferStatus, is_settled, may_follow

statuses = st.sampled_from(TransferStatus)


@given(statuses, statuses)
def test_nothing_follows_a_settled_state(status, new):
    if is_settled(status):
        assert not may_follow(status, new)


@given(statuses.filter(lambda status: not is_settled(status)))
def test_every_open_state_can_end(status):
    assert any(may_follow(status, end) for end in SETTLED)
    assert may_follow(status, TransferStatus.TIMED_OUT)
    assert may_follow(status, TransferStatus.CANCELLED)


def test_a_cancelled_transfer_does_not_go_back_to_work():
    assert not may_follow(TransferStatus.CANCELLATION_REQUESTED, TransferStatus.IN_PROGRESS)
