"""References that lead nowhere, by what refers: each once, however often it is met."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portway_assistant.core.rewriting.references import Unresolved


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A reference that stands as it was at the source."""

    source_key: str
    title: str
    kind: str
    target: str


class BrokenLinks:
    """Collects them in a private file, so that any number fits in little memory."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "CREATE TABLE broken (source_key TEXT, kind TEXT, target TEXT, title TEXT,"
            " PRIMARY KEY (source_key, kind, target)) WITHOUT ROWID"
        )

    def add(self, source_key: str, title: str, unresolved: Iterable[Unresolved]) -> None:
        """Note what an item refers to in vain."""
        self._database.executemany(
            "INSERT OR IGNORE INTO broken VALUES (?, ?, ?, ?)",
            [(source_key, one.kind.value, one.target, title) for one in unresolved],
        )

    def count(self) -> int:
        """Return how many there are."""
        return int(self._database.execute("SELECT count(*) FROM broken").fetchone()[0])

    def __iter__(self) -> Iterator[BrokenLink]:
        """Yield them by what refers."""
        for source_key, kind, target, title in self._database.execute(
            "SELECT source_key, kind, target, title FROM broken ORDER BY 1, 2, 3"
        ):
            yield BrokenLink(source_key, title, kind, target)
