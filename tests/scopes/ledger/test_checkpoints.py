"""Checkpoints and proofs are texts that verify offline, or are refused with the reason."""

import base64

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from portway_scopes.ledger import (
    EntryProof,
    Frontier,
    LedgerFaultError,
    NoteKey,
    inclusion_proof,
    leaf_hash,
    open_checkpoint,
    parse_proof,
    render_proof,
    replay_entries,
    verify_proof,
)
from support.ledger import KEY, PRIVATE_KEY, checkpoint_of, given, refused, verify, written

ENTRIES = written([given(), *(refused(number) for number in range(20))])


def a_proof(index: int) -> EntryProof:
    nodes: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    for raw in ENTRIES:
        frontier, fresh = frontier.append(leaf_hash(raw))
        nodes |= {(level, position): value for level, position, value in fresh}
    path = inclusion_proof(index, len(ENTRIES), lambda level, position: nodes[level, position])
    return EntryProof(ENTRIES[index], index, tuple(path), checkpoint_of(ENTRIES))


def test_a_checkpoint_is_a_signed_note():
    origin, size, root, blank, signature, end = checkpoint_of(ENTRIES).split("\n")

    assert (origin, size, blank, end) == ("ledger.example/portway", "21", "", "")
    dash, name, encoded = signature.split(" ")
    assert (dash, name) == ("\u2014", "ledger.example/portway")
    raw = base64.b64decode(encoded)
    assert raw[:4] == KEY.key_id
    PRIVATE_KEY.public_key().verify(raw[4:], f"{origin}\n{size}\n{root}\n".encode())


def test_a_checkpoint_agrees_with_a_replay():
    checkpoint = open_checkpoint(checkpoint_of(ENTRIES[:9]), KEY, verify)

    assert replay_entries(ENTRIES, roots_at=[9]).roots[9] == checkpoint.root


def test_signatures_of_witnesses_do_not_matter():
    witness = base64.b64encode(b"1234" + b"w" * 64).decode()
    note = checkpoint_of(ENTRIES) + f"\u2014 witness.example {witness}\n"

    assert open_checkpoint(note, KEY, verify).size == len(ENTRIES)


@given_any(at=st.integers(0, 10_000), change=st.integers(1, 127))
def test_any_changed_character_of_a_checkpoint_is_found(at, change):
    note = checkpoint_of(ENTRIES)
    at %= len(note)
    changed = note[:at] + chr(ord(note[at]) ^ change) + note[at + 1 :]

    with pytest.raises(LedgerFaultError):
        open_checkpoint(changed, KEY, verify)


def test_a_signature_has_one_spelling():
    note = checkpoint_of(ENTRIES)
    last = note[-3]
    spelled_otherwise = [
        note[:-3] + character + note[-2:]
        for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        if character != last
    ]

    for changed in spelled_otherwise:
        with pytest.raises(LedgerFaultError):
            open_checkpoint(changed, KEY, verify)


def test_the_checkpoint_of_another_key_is_refused():
    other = NoteKey(KEY.name, bytes(32))

    with pytest.raises(LedgerFaultError, match="not signed by the ledger's key"):
        open_checkpoint(checkpoint_of(ENTRIES), other, verify)


@pytest.mark.parametrize("index", [0, 1, 15, 16, 20])
def test_a_proof_is_a_small_text_that_verifies_offline(index):
    text = render_proof(a_proof(index))

    entry = verify_proof(parse_proof(text), KEY, verify)

    assert entry.index == index
    assert len(text) < 2000
    assert text.startswith("c2sp.org/tlog-proof@v1\n")


@given_any(at=st.integers(0, 10_000), change=st.integers(1, 127))
def test_any_changed_character_of_a_proof_is_found(at, change):
    text = render_proof(a_proof(7))
    at %= len(text)
    changed = text[:at] + chr(ord(text[at]) ^ change) + text[at + 1 :]

    with pytest.raises(LedgerFaultError):
        verify_proof(parse_proof(changed), KEY, verify)


def test_a_key_is_handed_on_as_one_line():
    assert NoteKey.parse(KEY.text) == KEY
    with pytest.raises(ValueError, match="id"):
        NoteKey.parse(KEY.text.replace(KEY.key_id.hex(), "00000000"))
