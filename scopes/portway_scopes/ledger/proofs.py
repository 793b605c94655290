"""A proof of one entry: one small text that verifies offline. Source: c2sp.org/tlog-proof."""

from collections.abc import Callable
from dataclasses import dataclass

from portway_scopes.ledger.encoding import decode_bytes, encode_bytes
from portway_scopes.ledger.entries import Entry, parse_entry
from portway_scopes.ledger.faults import LedgerFaultError
from portway_scopes.ledger.merkle import leaf_hash, verify_inclusion
from portway_scopes.ledger.notes import NoteKey, open_checkpoint

_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class EntryProof:
    """An entry, its way to the root, and the signed checkpoint of that root."""

    raw_entry: bytes
    index: int
    path: tuple[bytes, ...]
    note: str


def render_proof(proof: EntryProof) -> str:
    """Return a proof as text; the entry itself is its `extra` line."""
    lines = [
        _HEADER,
        f"extra {encode_bytes(proof.raw_entry)}",
        f"index {proof.index}",
        *(encode_bytes(step) for step in proof.path),
    ]
    return "\n".join(lines) + "\n\n" + proof.note


def parse_proof(text: str) -> EntryProof:
    """Return the unverified proof of a text.

    Raises:
        LedgerFaultError: It is none.
    """
    head, separator, note = text.partition("\n\n")
    lines = head.split("\n")
    try:
        if not separator or lines[0] != _HEADER:
            raise ValueError
        extra, index = lines[1].removeprefix("extra "), lines[2].removeprefix("index ")
        if f"extra {extra}" != lines[1] or f"index {int(index)}" != lines[2]:
            raise ValueError
        path = tuple(decode_bytes(line) for line in lines[3:])
        if any(len(step) != 32 for step in path):
            raise ValueError
        return EntryProof(decode_bytes(extra), int(index), path, note)
    except (IndexError, ValueError) as error:
        raise LedgerFaultError("it is no proof of a ledger entry") from error


def verify_proof(proof: EntryProof, key: NoteKey, verify: Callable[[bytes, bytes], bool]) -> Entry:
    """Return the entry a proof shows to be in the ledger.

    Raises:
        LedgerFaultError: The proof does not show it.
    """
    checkpoint = open_checkpoint(proof.note, key, verify)
    verify_inclusion(
        leaf_hash(proof.raw_entry), proof.index, checkpoint.size, proof.path, checkpoint.root
    )
    entry = parse_entry(proof.raw_entry)
    if entry.index != proof.index:
        raise LedgerFaultError("the entry is at another place than the proof says")
    return entry
