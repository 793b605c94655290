"""Checks a ledger without trusting who keeps it. Source: docs/reference/ledger.md"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portway_scopes.ledger import (
    Checkpoint,
    ConsentStory,
    Entry,
    LedgerFaultError,
    NoteKey,
    Replay,
    open_checkpoint,
    parse_checkpoint,
    parse_proof,
    replay_entries,
    verify_proof,
)

_COMPARED = {
    "appKey": "app_key",
    "scopes": "scopes",
    "givenBy": "given_by",
    "givenAt": "given_at",
    "expiresAt": "expires_at",
    "withdrawnAt": "withdrawn_at",
    "supersededAt": "superseded_at",
}


@dataclass
class LedgerReport:
    """What came of checking a ledger."""

    checkpoint: Checkpoint
    replay: Replay | None = None
    problems: list[str] = field(default_factory=list)


def check_ledger(
    raw_entries: Iterable[bytes],
    note: str,
    *,
    key_set: bytes,
    earlier_notes: Mapping[str, str] | None = None,
    consents: Sequence[Mapping[str, Any]] | None = None,
) -> LedgerReport:
    """Check a whole ledger and name everything that is wrong with it.

    Args:
        raw_entries: Every entry, as the platform gave them.
        note: The newest checkpoint.
        key_set: The platform's published JWKS, as JSON, kept from a time it was trusted.
        earlier_notes: Checkpoints kept from before, by the name to call them by.
        consents: The platform's consent records, to hold against what the ledger tells.

    Raises:
        LedgerFaultError: The newest checkpoint itself cannot be believed.
    """
    report = LedgerReport(_open(note, key_set))
    earlier = dict(_open_earlier(earlier_notes or {}, key_set, report))
    sizes = {report.checkpoint.size, *(checkpoint.size for checkpoint in earlier.values())}
    try:
        replay = replay_entries(raw_entries, roots_at=sizes)
    except LedgerFaultError as fault:
        report.problems.append(str(fault))
        return report
    report.replay = replay
    for name, checkpoint in {"the newest checkpoint": report.checkpoint, **earlier}.items():
        report.problems += _hold_against(replay, checkpoint, name)
    if replay.frontier.size > report.checkpoint.size:
        extra = replay.frontier.size - report.checkpoint.size
        report.problems.append(f"{extra} entries at the end are covered by no checkpoint")
    if consents is not None:
        report.problems += _compare(replay.consents, consents)
    return report


def check_proof(text: str, *, key_set: bytes) -> Entry:
    """Return the entry that a proof shows to be in the ledger.

    Raises:
        LedgerFaultError: It does not show it.
    """
    proof = parse_proof(text)
    return verify_proof(proof, *_key_for(proof.note, key_set))


def _open(note: str, key_set: bytes) -> Checkpoint:
    return open_checkpoint(note, *_key_for(note, key_set))


def _open_earlier(
    notes: Mapping[str, str], key_set: bytes, report: LedgerReport
) -> Iterable[tuple[str, Checkpoint]]:
    for name, note in notes.items():
        try:
            yield name, _open(note, key_set)
        except LedgerFaultError as fault:
            report.problems.append(f"{name}: {fault}")


def _key_for(note: str, key_set: bytes) -> tuple[NoteKey, Any]:
    """Return the key of the set that signed a note, and its verifying function."""
    origin = parse_checkpoint(note).origin
    for public_bytes in _ed25519_keys(key_set):
        key = NoteKey(origin, public_bytes)
        verify = _verifying(public_bytes)
        try:
            open_checkpoint(note, key, verify)
        except LedgerFaultError:
            continue
        return key, verify
    raise LedgerFaultError("no key of the key set has signed the checkpoint as it stands")


def _ed25519_keys(key_set: bytes) -> list[bytes]:
    try:
        keys = orjson.loads(key_set)["keys"]
        found = [
            key["x"] for key in keys if key.get("kty") == "OKP" and key.get("crv") == "Ed25519"
        ]
        return [base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)) for x in found]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LedgerFaultError("the key set cannot be read") from error


def _verifying(public_bytes: bytes) -> Any:
    def verify(signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_bytes).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify


def _hold_against(replay: Replay, checkpoint: Checkpoint, name: str) -> list[str]:
    if checkpoint.size > replay.frontier.size:
        missing = checkpoint.size - replay.frontier.size
        return [f"{name} covers {checkpoint.size} entries: the last {missing} were cut off"]
    if replay.roots[checkpoint.size] != checkpoint.root:
        return [f"{name} was made over other entries than the first {checkpoint.size} of today"]
    return []


def _compare(
    stories: Mapping[str, ConsentStory], consents: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Name every consent record that is not as the ledger tells it."""
    problems = []
    kept = {str(record["recordId"]): record for record in consents}
    for record_id in sorted(stories.keys() | kept.keys()):
        if record_id not in kept:
            problems.append(f"consent {record_id} is in the ledger and not among the records")
        elif record_id not in stories:
            problems.append(f"consent {record_id} is among the records and not in the ledger")
        else:
            story, record = stories[record_id], kept[record_id]
            problems += [
                f"consent {record_id}: {name} is not what the ledger tells"
                for name, member in _COMPARED.items()
                if _plain(record.get(name)) != _plain(getattr(story, member))
            ]
    return problems


def _plain(value: Any) -> Any:
    """Return a value in the form in which both sides can be compared."""
    from datetime import datetime

    if isinstance(value, list | tuple):
        return sorted(value)
    if isinstance(value, str) and len(value) > 18 and value[4:5] == "-" and value[10:11] == "T":
        at = datetime.fromisoformat(value)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)
    return value
