"""Where an event goes, and when a delivery is attempted again.

Source: docs/reference/connect-api.md#events; wire contract, 1.5 and 3.6.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from portway_platform.dialect.rules import EventEndpoints, EventRetries

DELIVERY = "event-delivery"
"""The kind of due work that delivers an event to one endpoint."""

DELIVERY_LIFE = timedelta(hours=75)
"""From the event to the last attempt."""

RETRY_PAUSES: Mapping[EventRetries, Sequence[timedelta]] = {
    "growing": tuple(
        timedelta(seconds=seconds)
        for seconds in (5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600)
    ),
    "steady": (timedelta(seconds=30),),
}
"""The pause after each attempt; the last one is repeated."""

_JITTER = 0.2


class DeliveryStatus(StrEnum):
    """Where the delivery of one event to one endpoint stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    GIVEN_UP = "GIVEN_UP"
    SWITCHED_OFF = "SWITCHED_OFF"
    """Its endpoint has failed for days; nothing was sent."""


def event_urls(
    base_url: str,
    descriptor: Mapping[str, Any],
    registered: Sequence[str],
    *,
    endpoints: EventEndpoints = "both",
) -> tuple[str, ...]:
    """Return every address an app wants its events at, each once.

    The descriptor's webhook comes first. An address that is also registered gets one delivery.
    `endpoints` says what is left out where there are both.
    """
    found: dict[str, None] = {}
    path = _webhook_path(descriptor)
    if path is not None and not (registered and endpoints == "registered-first"):
        found[f"{base_url.rstrip('/')}/{path.lstrip('/')}"] = None
    if not (found and endpoints == "descriptor-first"):
        found.update(dict.fromkeys(registered))
    return tuple(found)


def lane_of(url: str) -> str:
    """Return the name of the lane that deliveries to an address queue in."""
    return hashlib.sha256(url.encode()).hexdigest()


def next_attempt_at(
    attempts_made: int,
    *,
    created_at: datetime,
    now: datetime,
    retry_after_seconds: float | None,
    chance: float,
    retries: EventRetries = "growing",
) -> datetime | None:
    """Return when a delivery is attempted again, or None once it is given up.

    Args:
        attempts_made: Finished attempts, so it starts at 1.
        created_at: When the event happened.
        now: When the last attempt ended.
        retry_after_seconds: The rest the endpoint asked for, if it did; the pause is no shorter.
            Rest beyond the life of the delivery ends with its last attempt.
        chance: From 0 up to 1; moves the pause by up to a fifth in both directions, so that
            deliveries that failed together do not come back together.
        retries: Whether pauses grow, or are the same each time.
    """
    pauses = RETRY_PAUSES[retries]
    pause = pauses[min(attempts_made, len(pauses)) - 1]
    pause *= 1 - _JITTER + 2 * _JITTER * chance
    if retry_after_seconds is not None:
        pause = max(pause, timedelta(seconds=min(retry_after_seconds, 1e9)))
    last_at = created_at + DELIVERY_LIFE
    return min(now + pause, last_at) if now < last_at else None


def chance_of(delivery_id: str, attempt: int) -> float:
    """Return a number from 0 up to 1: another for each attempt, the same in each test run."""
    digest = hashlib.sha256(f"{delivery_id} {attempt}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def context_path_for(url: str, base_url: str) -> str:
    """Return the part of the address that a token's `qsh` leaves out.

    That is the path of the app's base URL, when the address lies below it.
    """
    address, base = urlsplit(url), urlsplit(base_url)
    path = base.path.rstrip("/")
    is_below = (address.scheme, address.netloc) == (base.scheme, base.netloc) and (
        address.path == path or address.path.startswith(f"{path}/")
    )
    return path if is_below else ""


def _webhook_path(descriptor: Mapping[str, Any]) -> str | None:
    # Published descriptors have the entry at the top or among their modules.
    modules = descriptor.get("modules")
    for holder in (descriptor, modules if isinstance(modules, Mapping) else {}):
        entry = holder.get("cloudAppMigration")
        if isinstance(entry, Mapping) and isinstance(entry.get("migrationWebhookPath"), str):
            return str(entry["migrationWebhookPath"])
    return None
