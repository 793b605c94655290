"""The maths of the ledger: entries in a chain, a Merkle tree over them, signed checkpoints. Pure.

What was written cannot be edited, removed, moved or cut off without a verifier naming it.
Source: docs/explanation/ledger.md
"""

from portway_scopes.ledger.entries import (
    GENESIS,
    Draft,
    Entry,
    EntryKind,
    chain_hash,
    encode_entry,
    parse_entry,
)
from portway_scopes.ledger.faults import LedgerFaultError
from portway_scopes.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from portway_scopes.ledger.notes import (
    Checkpoint,
    NoteKey,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from portway_scopes.ledger.proofs import EntryProof, parse_proof, render_proof, verify_proof
from portway_scopes.ledger.replay import ConsentStory, Replay, replay_entries

__all__ = [
    "EMPTY_ROOT",
    "GENESIS",
    "Checkpoint",
    "ConsentStory",
    "Draft",
    "Entry",
    "EntryKind",
    "EntryProof",
    "Frontier",
    "LedgerFaultError",
    "NoteKey",
    "Replay",
    "chain_hash",
    "consistency_proof",
    "encode_entry",
    "inclusion_proof",
    "leaf_hash",
    "open_checkpoint",
    "parse_checkpoint",
    "parse_entry",
    "parse_proof",
    "render_proof",
    "replay_entries",
    "sign_checkpoint",
    "verify_consistency",
    "verify_inclusion",
    "verify_proof",
]
