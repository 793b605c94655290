"""The ids bodies refer to, as the destination gives them: asked for in bulk, kept on disk."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

KEYS_PER_REQUEST = 10_000


class IdsDoor(Protocol):
    """Where ids are asked for."""

    def ids(self, keys: Sequence[str], *, reserve: bool) -> list[dict[str, Any]]:
        """Return `sourceKey`, `id` and `state` of each key."""
        ...


class DestinationIds:
    """Ids by source key, of what was asked for. They lie in a private file that nobody else sees.

    Args:
        reserve: Whether ids may be kept for what is not at the destination yet. Without it, asking
            changes nothing there.
    """

    def __init__(self, door: IdsDoor, *, reserve: bool) -> None:
        self._door = door
        self._reserve = reserve
        # An empty name is a database of SQLite's own in a file that is deleted with it.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "CREATE TABLE ids (n INTEGER PRIMARY KEY, key TEXT UNIQUE, reserve INTEGER, id TEXT)"
        )

    def want(self, source_key: str, *, reserve: bool) -> None:
        """Note that an id is needed; `reserve` when the item is about to move."""
        self._database.execute(
            "INSERT INTO ids (key, reserve) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
            (source_key, reserve),
        )

    def fetch(self) -> None:
        """Ask for everything wanted so far, in the order in which it was wanted."""
        for reserve in (True, False):
            for keys in self._pending(reserve=reserve):
                answers = self._door.ids(keys, reserve=reserve and self._reserve)
                self._database.executemany(
                    "UPDATE ids SET id = ? WHERE key = ?",
                    [
                        (answer["id"], answer["sourceKey"])
                        for answer in answers
                        if answer["state"] in {"here", "reserved"}
                    ],
                )

    def get(self, source_key: str) -> str | None:
        """Return the id of an item, or None where there is none."""
        row = self._database.execute("SELECT id FROM ids WHERE key = ?", (source_key,)).fetchone()
        return None if row is None else row[0]

    def _pending(self, *, reserve: bool) -> Iterator[list[str]]:
        last = 0
        while True:
            rows = self._database.execute(
                "SELECT n, key FROM ids WHERE n > ? AND reserve = ? ORDER BY n LIMIT ?",
                (last, reserve, KEYS_PER_REQUEST),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [key for _, key in rows]
