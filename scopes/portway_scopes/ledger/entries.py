"""Entries: what happened, as the exact bytes that are hashed.

An entry carries ids and digests, and of people the acting admin's id alone.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from portway_scopes.ledger.faults import LedgerFaultError

GENESIS = "0" * 64
"""What the first entry names as the one before it."""

MAX_ENTRY_BYTES = 16 * 1024

_MEMBERS = frozenset({"index", "at", "kind", "actor", "facts", "previous"})


class EntryKind(StrEnum):
    """What an entry is about."""

    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENT_SUPERSEDED = "consent.superseded"
    APP_DECIDED = "app.decided"
    TRANSFER_STARTED = "transfer.started"
    TRANSFER_CANCELLATION_REQUESTED = "transfer.cancellation-requested"
    TRANSFER_SETTLED = "transfer.settled"
    ACCESS_REFUSED = "access.refused"
    ADMIN_ACTED = "admin.acted"
    STAGE_CHANGED = "stage.changed"


@dataclass(frozen=True)
class Draft:
    """What is to be written down, before it has a place."""

    kind: EntryKind
    actor: str
    """The id of the admin who acted, or of the app, listener or platform that did."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Ids, digests and instants in their text form; JSON values only."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger."""

    index: int
    """Its place, counted from 0 without gaps."""
    at: datetime
    kind: str
    actor: str
    facts: Mapping[str, Any]
    previous: str
    """The chain hash of the entry before, `GENESIS` for the first."""


def encode_entry(draft: Draft, *, index: int, at: datetime, previous: str) -> bytes:
    """Return an entry's bytes: JSON with sorted keys, without spaces, in UTF-8.

    Raises:
        ValueError: The entry exceeds `MAX_ENTRY_BYTES`, or holds what JSON cannot.
    """
    members = {
        "index": index,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "kind": str(draft.kind),
        "actor": draft.actor,
        "facts": dict(draft.facts),
        "previous": previous,
    }
    raw = json.dumps(
        members, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
    if len(raw) > MAX_ENTRY_BYTES:
        raise ValueError(f"a ledger entry takes {MAX_ENTRY_BYTES} bytes at most")
    return raw


def chain_hash(raw_entry: bytes) -> str:
    """Return the SHA-256 (hex) that the next entry names as the one before it."""
    return hashlib.sha256(raw_entry).hexdigest()


def parse_entry(raw_entry: bytes) -> Entry:
    """Return the entry that bytes hold.

    Raises:
        LedgerFaultError: They are no entry, or not written the one way an entry is written.
    """
    try:
        members = json.loads(raw_entry)
        if not isinstance(members, dict) or members.keys() != _MEMBERS:
            raise ValueError("not the members of an entry")
        entry = Entry(
            index=members["index"],
            at=datetime.fromisoformat(members["at"]),
            kind=members["kind"],
            actor=members["actor"],
            facts=members["facts"],
            previous=members["previous"],
        )
        canonical = json.dumps(
            members, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise LedgerFaultError(f"it is no entry: {error}") from error
    if canonical != raw_entry:
        raise LedgerFaultError("it is not written as entries are written")
    if not isinstance(entry.index, int) or not isinstance(entry.facts, dict):
        raise LedgerFaultError("its members have the wrong types")
    return entry
