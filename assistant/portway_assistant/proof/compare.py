"""Compares what should have arrived with what the destination holds.

The source side is read again from the work store, the destination side is its inventory, made from
what it holds now. They meet in a small database on disk, so that any size fits in little memory.
Source: docs/reference/proof.md
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import orjson

from portway_assistant.core.items import NAMESPACES
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.proof.people import why_person_differs
from portway_assistant.runs.ledger import ItemOutcome
from portway_service.edit_rules import beside_key
from portway_service.item_digest import item_digest

GONE = "destination_missing"
"""The site's code for what was there once: a loss, until somebody says otherwise."""

KEPT_BOTH = "kept_both"
"""The site's code for what was edited there, while the source's stands beside it."""

EDITED_HERE = "It was edited at the destination since it arrived there."

PROOF_LINES = "proof.ndjson"
"""The file that holds the proof item by item."""

LISTED = 1000
"""Differences listed one by one in a report; all are counted."""


@dataclass(frozen=True)
class Difference:
    """One item that is not the same on both sides."""

    kind: str
    source_key: str
    title: str
    problem: str
    """`missing`, `changed`, `unexpected`, `not_deleted`, `unmapped`, `mapped_wrongly`."""
    explanation: str | None
    """Why it is so, when the run knows; None leaves it unexplained."""


@dataclass
class Proof:
    """The outcome of a comparison."""

    expected: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    same: dict[str, int] = field(default_factory=dict)
    mappings: dict[str, int] = field(default_factory=dict)
    edited: int = 0
    """How many items were edited at the destination since they arrived there."""
    explained: int = 0
    unexplained: int = 0
    differences: list[Difference] = field(default_factory=list)
    told: Callable[[Difference], None] = field(default=lambda _: None, repr=False, compare=False)
    """Is told each difference, also those there is no room to list."""

    @property
    def complete(self) -> bool:
        """True when every difference is explained."""
        return self.unexplained == 0

    def add(self, difference: Difference) -> None:
        """Count a difference, and list it while there is room."""
        if difference.explanation is None:
            self.unexplained += 1
        else:
            self.explained += 1
        self.told(difference)
        if len(self.differences) < LISTED:
            self.differences.append(difference)


def prove(
    items: Iterable[OutgoingItem],
    *,
    inventory: Iterable[Mapping[str, Any]],
    outcomes: Iterable[ItemOutcome],
    mappings: Iterable[tuple[str, Iterable[tuple[str, str]]]],
    scratch: Path,
    lines: IO[bytes] | None = None,
) -> Proof:
    """Compare both sides.

    Args:
        items: Everything the source offers, as it would be sent.
        inventory: Rows of the site's inventory: `kind`, `sourceKey`, `id`, `digest`.
        outcomes: What the run recorded; it explains differences.
        mappings: Per namespace, the platform's pairs of key and id.
        scratch: A file to work in; it is removed.
        lines: Gets one line of JSON for each item and each difference, when it is given.
    """
    scratch.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(scratch)) as database:
            _fill(database, inventory, outcomes, mappings)
            return _compare(database, items, _Lines(lines))
    finally:
        scratch.unlink(missing_ok=True)


def _fill(
    database: sqlite3.Connection,
    inventory: Iterable[Mapping[str, Any]],
    outcomes: Iterable[ItemOutcome],
    mappings: Iterable[tuple[str, Iterable[tuple[str, str]]]],
) -> None:
    database.executescript(
        """
        PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
        CREATE TABLE here (source_key TEXT PRIMARY KEY, kind TEXT, id TEXT, digest TEXT,
                           outcome TEXT, edited INTEGER, seen INTEGER DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE ledger (source_key TEXT PRIMARY KEY, kind TEXT, outcome TEXT, id TEXT,
                             code TEXT, reason TEXT, title TEXT) WITHOUT ROWID;
        CREATE TABLE mapped (namespace TEXT, key TEXT, id TEXT, PRIMARY KEY (namespace, key))
            WITHOUT ROWID;
        """
    )
    database.executemany(
        "INSERT INTO here (source_key, kind, id, digest, outcome, edited)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            (
                *(row["sourceKey"], row["kind"], row["id"], row["digest"], row["outcome"]),
                row["editedHere"],
            )
            for row in inventory
        ),
    )
    database.executemany(
        "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (o.source_key, o.kind, o.outcome, o.destination_id, o.code, o.reason, o.title)
            for o in outcomes
        ),
    )
    database.executemany(
        "INSERT INTO mapped VALUES (?, ?, ?)",
        ((namespace, key, value) for namespace, pairs in mappings for key, value in pairs),
    )
    database.commit()


class _Lines:
    """Writes the proof item by item."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file

    def item(
        self, item: OutgoingItem, expected: str, here_id: str | None, found: str | None
    ) -> None:
        verdict = "same" if expected == found else "changed" if found else "missing"
        self._write(
            {
                "kind": item.kind,
                "sourceKey": item.source_key,
                "id": here_id,
                "expected": expected,
                "found": found,
                "verdict": verdict,
            }
        )

    def difference(self, difference: Difference) -> None:
        self._write(
            {
                "kind": difference.kind,
                "sourceKey": difference.source_key,
                "difference": difference.problem,
                "explanation": difference.explanation,
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def _compare(database: sqlite3.Connection, items: Iterable[OutgoingItem], lines: _Lines) -> Proof:
    proof = Proof(told=lines.difference)
    for item in items:
        _count(proof.expected, item.kind)
        row = database.execute(
            "SELECT here.id, here.digest, here.outcome, here.edited,"
            " ledger.outcome, ledger.code, ledger.reason"
            " FROM (SELECT ? AS key)"
            " LEFT JOIN here ON here.source_key = key LEFT JOIN ledger ON ledger.source_key = key",
            (item.source_key,),
        ).fetchone()
        here_id, digest, arrival, is_edited, outcome, code, reason = row
        expected = item_digest(item.kind, item.payload)
        lines.item(item, expected, here_id, digest)
        if here_id is None:
            proof.add(_difference(item, "missing", _why_missing(item, outcome, code, reason)))
            continue
        _mark_seen(database, item.source_key)
        if digest == expected:
            _count(proof.same, item.kind)
        else:
            why = why_person_differs(item, digest, arrival, code)
            why = why or _why_changed(is_edited, outcome, reason)
            proof.add(_difference(item, "changed", why))
        for problem in _mapping_problems(database, item, here_id, proof):
            proof.add(_difference(item, problem, None))
        if code == KEPT_BOTH:
            _compare_copy(database, item, proof)
    _add_found(database, proof)
    _add_not_deleted(database, proof)
    return proof


def _compare_copy(database: sqlite3.Connection, item: OutgoingItem, proof: Proof) -> None:
    """Compare the copy that stands beside an edited item with what the source has now."""
    key = beside_key(item.source_key)
    row = database.execute(
        "SELECT here.digest, here.edited, ledger.title, ledger.outcome, ledger.reason"
        " FROM (SELECT ? AS key)"
        " LEFT JOIN here ON here.source_key = key LEFT JOIN ledger ON ledger.source_key = key",
        (key,),
    ).fetchone()
    digest, is_edited, title, outcome, reason = row
    payload = item.payload | {"title": title}
    if "home" in payload:
        payload |= {"home": False}
    copy = replace(item, source_key=key, title=title or key, payload=payload)
    if digest is None:
        why = reason if outcome == "failed" else None
        proof.add(_difference(copy, "missing", why))
        return
    _mark_seen(database, key)
    if digest != item_digest(copy.kind, copy.payload):
        proof.add(_difference(copy, "changed", EDITED_HERE if is_edited else None))


def _add_found(database: sqlite3.Connection, proof: Proof) -> None:
    for kind, count in database.execute("SELECT kind, count(*) FROM here GROUP BY kind"):
        proof.found[kind] = count
    (proof.edited,) = database.execute("SELECT count(*) FROM here WHERE edited").fetchone()
    query = (
        "SELECT here.kind, here.source_key, ledger.outcome, ledger.reason, ledger.title FROM here"
        " LEFT JOIN ledger USING (source_key) WHERE seen = 0"
        " AND coalesce(ledger.outcome, '') <> 'deleted' ORDER BY 1, 2"
    )
    for kind, source_key, outcome, reason, title in database.execute(query):
        if outcome is None:
            explanation: str | None = "An earlier run brought it here, and this export lacks it."
        else:
            explanation = reason if outcome == "skipped" else None
        proof.add(Difference(kind, source_key, title or source_key, "unexpected", explanation))


def _add_not_deleted(database: sqlite3.Connection, proof: Proof) -> None:
    """Add what the run says it deleted and is there, or can be looked up, all the same."""
    query = (
        "SELECT ledger.kind, ledger.source_key, ledger.title, ledger.id, here.id FROM ledger"
        " LEFT JOIN here USING (source_key) WHERE ledger.outcome = 'deleted' ORDER BY 1, 2"
    )
    for kind, source_key, title, deleted_id, here_id in database.execute(query):
        if here_id is not None:
            proof.add(Difference(kind, source_key, title, "not_deleted", None))
        namespace = NAMESPACES.get(kind)
        mapped = database.execute(
            "SELECT id FROM mapped WHERE namespace = ? AND key = ?",
            (namespace, source_key.partition("/")[2]),
        ).fetchone()
        if mapped is not None and mapped[0] == deleted_id:
            proof.add(Difference(kind, source_key, title, "mapped_wrongly", None))


def _mark_seen(database: sqlite3.Connection, source_key: str) -> None:
    database.execute("UPDATE here SET seen = 1 WHERE source_key = ?", (source_key,))


def _mapping_problems(
    database: sqlite3.Connection, item: OutgoingItem, here_id: str, proof: Proof
) -> Iterator[str]:
    for mapping in item.mapping_keys:
        row = database.execute(
            "SELECT id FROM mapped WHERE namespace = ? AND key = ?",
            (mapping.namespace, mapping.key),
        ).fetchone()
        if row is None:
            yield "unmapped"
        elif row[0] != here_id:
            yield "mapped_wrongly"
        else:
            _count(proof.mappings, mapping.namespace)


def _why_missing(
    item: OutgoingItem, outcome: str | None, code: str | None, reason: str | None
) -> str | None:
    if item.gap is not None:
        return item.gap[1]
    if code == GONE:
        return None
    return reason if outcome in {"failed", "skipped"} else None


def _why_changed(is_edited: bool, outcome: str | None, reason: str | None) -> str | None:
    if outcome in {"failed", "skipped"}:
        return reason
    return EDITED_HERE if is_edited else None


def _difference(item: OutgoingItem, problem: str, explanation: str | None) -> Difference:
    return Difference(item.kind, item.source_key, item.title, problem, explanation)


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1
