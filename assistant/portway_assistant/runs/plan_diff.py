"""Compares a dry run with what a run then did, item by item.

Source: docs/reference/plans.md#comparing
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portway_assistant.runs.dry_run import ACTIONS, AROUND
from portway_assistant.runs.ledger import AppOutcome, ItemOutcome


@dataclass(frozen=True)
class Disagreement:
    """An item of which the dry run and the run say different things."""

    source_key: str
    title: str
    forecast: str | None
    """What the dry run said; None when it did not name the item."""
    happened: str | None
    """What the run did; None when it did not meet the item."""

    def as_json(self) -> dict[str, Any]:
        """Return it, JSON-ready."""
        return {
            "sourceKey": self.source_key,
            "title": self.title,
            "forecast": self.forecast,
            "happened": self.happened,
        }


def compare(
    forecast: Iterable[Mapping[str, Any]],
    outcomes: Iterable[ItemOutcome],
    apps: Iterable[AppOutcome],
    *,
    scratch: Path,
) -> Iterator[Disagreement]:
    """Yield every item on which a dry run's lines and a run's outcomes disagree.

    Both sides meet in a database on disk, so that any size fits in little memory.
    """
    scratch.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(scratch)) as database:
            database.executescript(
                """
                PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
                CREATE TABLE told (key TEXT PRIMARY KEY, title TEXT, said TEXT) WITHOUT ROWID;
                CREATE TABLE did (key TEXT PRIMARY KEY, title TEXT, said TEXT) WITHOUT ROWID;
                """
            )
            database.executemany(
                "INSERT OR REPLACE INTO told VALUES (?, ?, ?)", _forecast_rows(forecast)
            )
            database.executemany("INSERT INTO did VALUES (?, ?, ?)", _outcome_rows(outcomes, apps))
            query = (
                "SELECT key, coalesce(did.title, told.title), told.said, did.said FROM"
                " (SELECT key FROM told UNION SELECT key FROM did)"
                " LEFT JOIN told USING (key) LEFT JOIN did USING (key)"
                " WHERE told.said IS NOT did.said ORDER BY key"
            )
            for row in database.execute(query):
                yield Disagreement(*row)
    finally:
        scratch.unlink(missing_ok=True)


def _forecast_rows(lines: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for line in lines:
        if line["kind"] == "app":
            yield line["sourceKey"], line["title"], "transfer or success"
        elif line["kind"] not in AROUND:
            yield line["sourceKey"], line["title"], _said(line["action"], line["code"])


def _outcome_rows(
    outcomes: Iterable[ItemOutcome], apps: Iterable[AppOutcome]
) -> Iterator[tuple[str, str, str]]:
    for outcome in outcomes:
        action = ACTIONS.get(outcome.outcome, outcome.outcome)
        yield outcome.source_key, outcome.title, _said(action, outcome.code)
    for app in apps:
        started = app.transfer_id is not None
        said = "transfer or success" if started else app.status.lower()
        yield f"app/{app.app_key}", f"{app.app_key} {app.app_version}", said


def _said(action: str, code: str | None) -> str:
    return action if code is None else f"{action} ({code})"
