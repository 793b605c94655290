"""How a site's dialect changes an event: whether it is told, what it says, when it is sent. Pure.

Source: docs/reference/dialect.md, points 4, 6, 8 and 12
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from portway_platform.dialect.rules import Dialect
from portway_scopes import TransferStatus
from portway_sdk.wire import EventType

SHUFFLE_SPAN = timedelta(seconds=20)
"""How long an event waits at most where the order is shuffled."""

COPY_AFTER = timedelta(seconds=2)
"""How long after an event its copy is sent, where each comes twice."""

_ENDED = (TransferStatus.TIMED_OUT, TransferStatus.CANCELLED)
_UPLOADS = (EventType.APP_DATA_UPLOADED, EventType.APP_DATA_PRELOADED)


def is_told(dialect: Dialect, event_type: str, facts: Mapping[str, Any]) -> bool:
    """Tell whether an event with these facts is sent at all."""
    if event_type != EventType.TRANSFER_SETTLED or dialect.settled_event_sent == "always":
        return True
    return facts.get("transferStatus") not in _ENDED


def told_facts(dialect: Dialect, event_type: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event says beside what every event does."""
    told = dict(facts)
    if event_type == EventType.TRANSFER_SETTLED and dialect.settled_event_status == "absent":
        told.pop("transferStatus", None)
    if event_type in _UPLOADS and dialect.event_label == "null":
        told.setdefault("label", None)
    return told


def delivery_times(
    dialect: Dialect, message_id: str, url: str, now: datetime
) -> tuple[datetime, ...]:
    """Return when an event is first sent to an address, once for each delivery of it."""
    first = now
    if dialect.event_order == "shuffled":
        first += SHUFFLE_SPAN * _chance(message_id, url)
    if dialect.event_duplicates == "every-event":
        return first, first + COPY_AFTER
    return (first,)


def _chance(message_id: str, url: str) -> float:
    """Return a number from 0 up to 1: another for each event, the same in each test run."""
    digest = hashlib.sha256(f"{message_id} {url}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
