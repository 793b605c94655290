"""Reading a ledger from its beginning: is it whole, and what does it say became of each consent?"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from portway_scopes.ledger.entries import GENESIS, Entry, EntryKind, chain_hash, parse_entry
from portway_scopes.ledger.faults import LedgerFaultError
from portway_scopes.ledger.merkle import Frontier, leaf_hash


@dataclass(frozen=True)
class ConsentStory:
    """A consent record as the ledger tells it. Instants are in their text form."""

    record_id: str
    app_key: str
    server_id: str
    site_id: str
    terms_digest: str
    scopes: tuple[str, ...]
    given_at: str
    given_by: str
    expires_at: str | None = None
    withdrawn_at: str | None = None
    superseded_at: str | None = None


@dataclass
class Replay:
    """What is known after reading some entries."""

    frontier: Frontier = field(default_factory=Frontier)
    last_hash: str = GENESIS
    consents: dict[str, ConsentStory] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """How many entries there are of each kind."""
    roots: dict[int, bytes] = field(default_factory=dict)
    """The roots at the sizes that were asked for."""


def replay_entries(raw_entries: Iterable[bytes], *, roots_at: Iterable[int] = ()) -> Replay:
    """Read a ledger from its first entry.

    Args:
        raw_entries: Every entry's bytes, in order.
        roots_at: Sizes at which to note the root, to hold checkpoints against.

    Raises:
        LedgerFaultError: An entry is edited, missing, moved, or tells what cannot be.
    """
    found, wanted = Replay(), frozenset(roots_at)
    if 0 in wanted:
        found.roots[0] = found.frontier.root
    for raw in raw_entries:
        index = found.frontier.size
        entry = _parse_at(raw, index)
        if entry.index != index:
            raise LedgerFaultError(
                f"it says it is entry {entry.index}: entries are missing or moved", index=index
            )
        if entry.previous != found.last_hash:
            raise LedgerFaultError(
                "it does not follow from the entry before, one of them was edited", index=index
            )
        _tell(found.consents, entry)
        found.counts[entry.kind] = found.counts.get(entry.kind, 0) + 1
        found.last_hash = chain_hash(raw)
        found.frontier, _ = found.frontier.append(leaf_hash(raw))
        if found.frontier.size in wanted:
            found.roots[found.frontier.size] = found.frontier.root
    return found


def _parse_at(raw: bytes, index: int) -> Entry:
    try:
        return parse_entry(raw)
    except LedgerFaultError as fault:
        raise LedgerFaultError(fault.problem, index=index) from fault


def _tell(consents: dict[str, ConsentStory], entry: Entry) -> None:
    """Take into account what an entry says about a consent record."""
    if entry.kind not in _ENDINGS and entry.kind != EntryKind.CONSENT_GIVEN:
        return
    record_id = _text(entry, "record")
    if entry.kind == EntryKind.CONSENT_GIVEN:
        if record_id in consents:
            raise LedgerFaultError("a consent is given twice under one id", index=entry.index)
        consents[record_id] = ConsentStory(
            record_id=record_id,
            app_key=_text(entry, "app"),
            server_id=_text(entry, "server"),
            site_id=_text(entry, "site"),
            terms_digest=_text(entry, "terms"),
            scopes=tuple(entry.facts.get("scopes", ())),
            given_at=_text(entry, "givenAt"),
            given_by=entry.actor,
            expires_at=entry.facts.get("expiresAt"),
        )
        return
    story = consents.get(record_id)
    if story is None:
        raise LedgerFaultError("a consent ends that was never given", index=entry.index)
    member, fact = _ENDINGS[entry.kind]
    if getattr(story, member) is not None:
        raise LedgerFaultError("a consent ends twice in one way", index=entry.index)
    ending: Any = {member: _text(entry, fact)}
    consents[record_id] = replace(story, **ending)


_ENDINGS: dict[str, tuple[str, str]] = {
    EntryKind.CONSENT_WITHDRAWN: ("withdrawn_at", "withdrawnAt"),
    EntryKind.CONSENT_SUPERSEDED: ("superseded_at", "supersededAt"),
}


def _text(entry: Entry, fact: str) -> str:
    value = entry.facts.get(fact)
    if not isinstance(value, str):
        raise LedgerFaultError(f"it lacks the fact {fact!r}", index=entry.index)
    return value
