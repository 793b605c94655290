"""Wakes threads that wait for what another thread of the same process committed.

An announcement says that something may have happened, never what: whoever wakes up looks for
itself. Other processes are not reached, so a waiter also looks from time to time unasked.
"""

import threading
from collections.abc import Iterable


class _Topic:
    def __init__(self) -> None:
        self.count = 0
        self.condition = threading.Condition()


class Announcements:
    """Topics that threads wait for. A topic exists from the first time somebody looks at it."""

    def __init__(self) -> None:
        self._topics: dict[str, _Topic] = {}
        self._lock = threading.Lock()
        self.closed = False
        """True once the process is ending: nobody should wait any more."""

    def count(self, topic: str) -> int:
        """Return how often `topic` was announced. Ask before looking, then wait for a change."""
        return self._topic(topic).count

    def ring(self, topics: Iterable[str]) -> None:
        """Wake everybody who waits for one of `topics`."""
        for name in topics:
            topic = self._topics.get(name)
            if topic is None:
                continue
            with topic.condition:
                topic.count += 1
                topic.condition.notify_all()

    def wait(self, topic: str, *, seen: int, timeout_seconds: float) -> bool:
        """Wait until `topic` was announced more than `seen` times; tell whether it was."""
        known = self._topic(topic)
        with known.condition:
            known.condition.wait_for(
                lambda: known.count != seen or self.closed, timeout=timeout_seconds
            )
            return known.count != seen

    def close(self) -> None:
        """Wake everybody, for good: from now on nobody waits."""
        self.closed = True
        with self._lock:
            topics = list(self._topics)
        self.ring(topics)

    def _topic(self, name: str) -> _Topic:
        with self._lock:
            return self._topics.setdefault(name, _Topic())
