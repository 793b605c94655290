"""The state machine of transfers, cell by cell. Wire contract, 1.4 and 13."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_platform.transfers.machine import SIGNAL_OF, Signal, next_status
from portway_scopes import SETTLED, TransferStatus, is_settled, may_follow

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "transfers.md"

# Rows: from where; columns: what happens; "." is nothing.
TABLE = """
                        START        SKIP     REPORT  SUCCEED  FALL_SHORT  FAIL    CANCEL     STOPPED    TIME_OUT   WITHDRAW
READY                   IN_PROGRESS  SKIPPED  .       .        .           .       CANCELLED  .          TIMED_OUT  CANCELLED
IN_PROGRESS             .            .        =       SUCCESS  INCOMPLETE  FAILED  ASKED      .          TIMED_OUT  CANCELLED
CANCELLATION_REQUESTED  .            .        =       SUCCESS  INCOMPLETE  FAILED  =          CANCELLED  CANCELLED  CANCELLED
"""  # noqa: E501


def cells():
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    for status, *outcomes in rows:
        for signal, outcome in zip(head, outcomes, strict=True):
            name = {"=": status, "ASKED": "CANCELLATION_REQUESTED"}.get(outcome, outcome)
            yield TransferStatus(status), Signal[signal], None if name == "." else name


@pytest.mark.parametrize(("status", "signal", "outcome"), list(cells()))
def test_a_signal_leads_where_the_table_says(status, signal, outcome):
    assert next_status(status, signal) == outcome


@pytest.mark.parametrize("status", sorted(SETTLED))
@pytest.mark.parametrize("signal", list(Signal))
def test_nothing_leads_out_of_a_settled_state(status, signal):
    assert next_status(status, signal) is None


def test_the_table_has_a_cell_for_everything():
    open_states = [status for status in TransferStatus if not is_settled(status)]

    assert {(status, signal) for status, signal, _ in cells()} == {
        (status, signal) for status in open_states for signal in Signal
    }


def test_the_machine_goes_no_way_the_scopes_room_forbids():
    for status, _, outcome in cells():
        if outcome is not None and outcome != status:
            assert may_follow(status, TransferStatus(outcome))


@given(st.lists(st.sampled_from(list(Signal)), max_size=30))
def test_whatever_happens_in_whatever_order_a_transfer_settles_once(signals):
    status, settled = TransferStatus.READY, 0
    for signal in signals:
        new = next_status(status, signal)
        if new is not None:
            assert not is_settled(status)
            settled += is_settled(new)
            status = new
    assert settled == is_settled(status)


def test_every_state_can_be_reached():
    reached, left = {TransferStatus.READY}, [TransferStatus.READY]
    while left:
        status = left.pop()
        for signal in Signal:
            new = next_status(status, signal)
            if new is not None and new not in reached:
                reached.add(new)
                left.append(new)

    assert reached == set(TransferStatus)


def test_a_named_state_means_the_signal_that_leads_there():
    for wanted, signal in SIGNAL_OF.items():
        places = {next_status(status, signal) for status in TransferStatus}
        assert wanted in places


def test_the_reference_shows_the_same_table():
    rows = re.findall(r"^\| `([A-Z_]+)` \|(.*)\|$", PAGE.read_text(), re.MULTILINE)
    shown = {
        status: [cell.strip(" `") for cell in cells.split("|")]
        for status, cells in rows
        if cells.count("|") == 9
    }
    for status, signal, outcome in cells():
        expected = {None: "-", str(status): "stays"}.get(outcome, outcome)
        assert shown[status][list(Signal).index(signal)] == expected, (status, signal)
