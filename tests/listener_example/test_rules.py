"""What the cloud app decides, without a server or a file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener_example.builders import a_note
from notes_app.cloud.rules import (
    Rejection,
    Tally,
    decide_outcome,
    decide_percent,
    describe,
    make_pseudonym,
    translate,
)
from notes_app.exchange import LeftOut
from portway_sdk import TransferStatus

PAGES = {"100": "9100"}
ACCOUNTS = {"confluence.userkey/ada": "account-1"}


def test_a_note_gets_the_clouds_page_and_account():
    note = translate(a_note(), pages=PAGES, accounts=ACCOUNTS, pair_id="p")

    assert (note.page_id, note.account_id, note.pseudonym) == ("9100", "account-1", None)
    assert (note.id, note.text) == ("n1", "Good page.")


def test_a_note_whose_page_is_unknown_has_no_place():
    refused = translate(a_note(page="101"), pages=PAGES, accounts=ACCOUNTS, pair_id="p")

    assert refused is Rejection.PAGE_UNKNOWN


def test_a_note_by_an_unknown_author_is_kept_without_the_servers_user_key():
    note = translate(a_note(author="grace"), pages=PAGES, accounts=ACCOUNTS, pair_id="p")

    assert note.account_id is None
    assert note.pseudonym == make_pseudonym("grace", pair_id="p")
    assert "grace" not in repr(note)


def test_a_pseudonym_tells_people_of_one_pair_apart_and_says_nothing_across_pairs():
    assert make_pseudonym("grace", pair_id="p") == make_pseudonym("grace", pair_id="p")
    assert make_pseudonym("grace", pair_id="p") != make_pseudonym("alan", pair_id="p")
    assert make_pseudonym("grace", pair_id="p") != make_pseudonym("grace", pair_id="q")


@settings(deadline=None)
@given(st.integers(0, 10**6), st.none() | st.integers(0, 10**6))
def test_a_percentage_under_way_is_between_1_and_99(done, expected):
    assert 1 <= decide_percent(done, expected) <= 99


@settings(deadline=None)
@given(st.none() | st.integers(0, 10**6), st.data())
def test_a_percentage_never_falls_while_uploads_come_in(expected, data):
    done = data.draw(st.integers(0, 10**6))

    assert decide_percent(done, expected) <= decide_percent(done + 1, expected)


@pytest.mark.parametrize(
    ("tally", "outcome"),
    [
        (Tally(), "SUCCESS"),
        (Tally(imported=5), "SUCCESS"),
        (Tally(imported=5, unknown_authors=5), "SUCCESS"),
        (Tally(imported=5, left_out={LeftOut.PAGE_NOT_MIGRATED: 9}), "SUCCESS"),
        (Tally(imported=5, left_out={LeftOut.EMPTY: 1}), "INCOMPLETE"),
        (Tally(left_out={LeftOut.FILE_TOO_LARGE: 1}), "INCOMPLETE"),
        (Tally(imported=5, rejected={Rejection.PAGE_UNKNOWN: 1}), "INCOMPLETE"),
        (Tally(rejected={Rejection.PAGE_UNKNOWN: 1}), "FAILED"),
        (Tally(imported=5, differing_uploads=1), "FAILED"),
    ],
)
def test_how_a_transfer_ends(tally, outcome):
    assert decide_outcome(tally) is TransferStatus(outcome)


def test_the_admin_reads_what_happened_and_nothing_about_what_did_not():
    tally = Tally(imported=5, unknown_authors=2, left_out={LeftOut.EMPTY: 1})

    assert describe(tally) == (
        "Notes imported: 5; by people without a cloud account: 2;"
        " left on the server because they are empty: 1"
    )
    assert describe(Tally()) == "Notes imported: 0"
