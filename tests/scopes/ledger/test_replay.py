"""Reading a ledger from its beginning: what was tampered with is found and named."""

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from portway_scopes.ledger import Draft, EntryKind, LedgerFaultError, encode_entry, replay_entries
from support.ledger import MONDAY, given, refused, withdrawn, written

STORY = [given(), refused(1), given("record-2"), withdrawn(), refused(2), withdrawn("record-2")]


def test_a_consent_is_rebuilt_from_what_was_written_down():
    found = replay_entries(written([given(expiresAt="2026-02-01T00:00:00.000Z"), withdrawn()]))

    story = found.consents["record-1"]
    assert (story.app_key, story.server_id, story.site_id) == (
        "com.example.notes",
        "server-1",
        "site-1",
    )
    assert story.scopes == ("APP_DATA_UGC",)
    assert (story.given_by, story.given_at) == ("admin-1", "2026-01-05T09:00:00.000Z")
    assert story.expires_at == "2026-02-01T00:00:00.000Z"
    assert story.withdrawn_at == "2026-01-05T10:00:00.000Z"
    assert story.superseded_at is None


@given_any(index=st.integers(0, 4), data=st.data())
def test_any_changed_byte_is_found(index, data):
    entries = written(STORY)
    raw = bytearray(entries[index])
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    entries[index] = bytes(raw)

    with pytest.raises(LedgerFaultError) as caught:
        replay_entries(entries)
    # The edited entry itself, or the next one, which names its hash.
    assert caught.value.index in {index, index + 1}


@given_any(index=st.integers(0, 4))
def test_a_removed_entry_is_found_where_it_is_missing(index):
    entries = written(STORY)
    del entries[index]

    with pytest.raises(LedgerFaultError, match="missing or moved") as caught:
        replay_entries(entries)
    assert caught.value.index == index


@given_any(order=st.permutations(range(6)).filter(lambda order: list(order) != sorted(order)))
def test_another_order_is_found_at_the_first_entry_out_of_place(order):
    entries = written(STORY)

    with pytest.raises(LedgerFaultError) as caught:
        replay_entries([entries[place] for place in order])
    assert caught.value.index == next(at for at, place in enumerate(order) if at != place)


def test_an_entry_that_was_put_in_is_found():
    entries = written(STORY)
    forged = encode_entry(withdrawn("record-2"), index=3, at=MONDAY, previous="0" * 64)

    with pytest.raises(LedgerFaultError) as caught:
        replay_entries([*entries[:3], forged, *entries[3:]])
    assert caught.value.index == 3


@pytest.mark.parametrize(
    ("drafts", "problem"),
    [
        ([withdrawn()], "never given"),
        ([given(), given()], "given twice"),
        ([given(), withdrawn(), withdrawn()], "ends twice"),
        ([Draft(EntryKind.CONSENT_GIVEN, "admin-1", {"record": "record-1"})], "lacks the fact"),
    ],
)
def test_what_cannot_have_happened_is_refused(drafts, problem):
    with pytest.raises(LedgerFaultError, match=problem):
        replay_entries(written(drafts))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"not json",
        b'{"index":0}',
        b'{"actor": "a", "at": "x"}',
        b"\xff",
        b"[" * 5000,
    ],
)
def test_what_is_no_entry_is_named_as_such(raw):
    with pytest.raises(LedgerFaultError) as caught:
        replay_entries([raw])
    assert caught.value.index == 0


def test_the_same_facts_written_in_another_way_are_no_entry():
    [raw] = written([refused()])

    with pytest.raises(LedgerFaultError, match="not written as entries are written"):
        replay_entries([raw.replace(b'":', b'": ', 1)])


def test_an_entry_has_a_largest_size():
    with pytest.raises(ValueError, match="at most"):
        encode_entry(given(app="x" * 20_000), index=0, at=MONDAY, previous="0" * 64)
