"""What a cloud app remembers: who installed it, and which events it has handled.

A store may be shared by threads and, when it is durable, by processes.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from portway_sdk._timing import utc_now


@dataclass(frozen=True)
class Installation:
    """One site the app is installed on."""

    client_key: str
    base_url: str
    product_type: str
    shared_secret: str = field(repr=False)


@dataclass(frozen=True)
class Attempt:
    """One try to handle one event."""

    client_key: str
    """Whose event it is: message ids of different sites do not meet."""
    message_id: str
    attempt_id: str
    """Differs from try to try, so that a try that lost its claim frees nobody else's."""


class Claim(StrEnum):
    """What a store answers to somebody who wants to handle an event."""

    CLAIMED = "CLAIMED"
    """It is yours until the lease ends."""
    IN_PROGRESS = "IN_PROGRESS"
    """Somebody else is at it."""
    DONE = "DONE"
    """It was handled before."""


class AppStore(Protocol):
    """What `CloudApp` needs to remember. Each call is complete when it returns."""

    def save_installation(self, installation: Installation) -> None:
        """Keep an installation, in place of an earlier one with the same client key."""
        ...

    def find_installation(self, client_key: str) -> Installation | None:
        """Return an installation, or None."""
        ...

    def installations(self) -> tuple[Installation, ...]:
        """Return all installations, by client key."""
        ...

    def remove_installation(self, client_key: str) -> None:
        """Forget an installation and its secret, if it is known."""
        ...

    def claim(self, attempt: Attempt, *, lease_seconds: float) -> Claim:
        """Take an event for handling; at most one attempt holds it at a time."""
        ...

    def renew(self, attempt: Attempt, *, lease_seconds: float) -> None:
        """Make the lease of a claim end later; without effect on a lost claim."""
        ...

    def done(self, attempt: Attempt) -> None:
        """Remember that the event was handled."""
        ...

    def release(self, attempt: Attempt) -> None:
        """Give a claim back; without effect on a lost claim."""
        ...


class MemoryAppStore:
    """An `AppStore` that ends with the process: for tests and trials."""

    def __init__(self, *, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._installations: dict[str, Installation] = {}
        self._claims: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._done: set[tuple[str, str]] = set()

    def save_installation(self, installation: Installation) -> None:
        """Keep an installation, in place of an earlier one with the same client key."""
        with self._lock:
            self._installations[installation.client_key] = installation

    def find_installation(self, client_key: str) -> Installation | None:
        """Return an installation, or None."""
        with self._lock:
            return self._installations.get(client_key)

    def installations(self) -> tuple[Installation, ...]:
        """Return all installations, by client key."""
        with self._lock:
            return tuple(self._installations[key] for key in sorted(self._installations))

    def remove_installation(self, client_key: str) -> None:
        """Forget an installation and its secret, if it is known."""
        with self._lock:
            self._installations.pop(client_key, None)

    def claim(self, attempt: Attempt, *, lease_seconds: float) -> Claim:
        """Take an event for handling; at most one attempt holds it at a time."""
        message = (attempt.client_key, attempt.message_id)
        with self._lock:
            if message in self._done:
                return Claim.DONE
            held = self._claims.get(message)
            if held is not None and held[1] > self._now():
                return Claim.IN_PROGRESS
            self._claims[message] = (attempt.attempt_id, self._lease_end(lease_seconds))
            return Claim.CLAIMED

    def renew(self, attempt: Attempt, *, lease_seconds: float) -> None:
        """Make the lease of a claim end later; without effect on a lost claim."""
        with self._lock:
            if self._holds(attempt):
                message = (attempt.client_key, attempt.message_id)
                self._claims[message] = (attempt.attempt_id, self._lease_end(lease_seconds))

    def done(self, attempt: Attempt) -> None:
        """Remember that the event was handled."""
        with self._lock:
            self._claims.pop((attempt.client_key, attempt.message_id), None)
            self._done.add((attempt.client_key, attempt.message_id))

    def release(self, attempt: Attempt) -> None:
        """Give a claim back; without effect on a lost claim."""
        with self._lock:
            if self._holds(attempt):
                del self._claims[attempt.client_key, attempt.message_id]

    def _holds(self, attempt: Attempt) -> bool:
        held = self._claims.get((attempt.client_key, attempt.message_id))
        return held is not None and held[0] == attempt.attempt_id

    def _lease_end(self, lease_seconds: float) -> datetime:
        return self._now() + timedelta(seconds=lease_seconds)
