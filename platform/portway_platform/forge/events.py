"""Events as Forge apps are told of them. Source: docs/reference/forge-api.md#events"""

from collections.abc import Mapping
from typing import Any

from portway_sdk.wire import EventType, ForgeEventType

_NAMES: Mapping[EventType, ForgeEventType] = {
    EventType.LISTENER_TRIGGERED: ForgeEventType.LISTENER_TRIGGERED,
    EventType.APP_DATA_UPLOADED: ForgeEventType.APP_DATA_UPLOADED,
    EventType.APP_DATA_PRELOADED: ForgeEventType.APP_DATA_PRELOADED,
    EventType.LISTENER_ERRORED: ForgeEventType.LISTENER_ERRORED,
    EventType.TRANSFER_CANCELLATION_REQUESTED: ForgeEventType.TRANSFER_CANCELLATION_REQUESTED,
    EventType.TRANSFER_SETTLED: ForgeEventType.TRANSFER_SETTLED,
}
UPLOADS = (ForgeEventType.APP_DATA_UPLOADED, ForgeEventType.APP_DATA_PRELOADED)
"""The events an app has to acknowledge."""

_DETAILS = ("migrationId", "migrationScopeId", "createdAt", "cloudUrl", "name")


def forge_type_of(event_type: EventType | ForgeEventType) -> ForgeEventType:
    """Return what Forge calls an event."""
    if isinstance(event_type, ForgeEventType):
        return event_type
    return _NAMES[event_type]


def forge_payload(
    *,
    event_type: ForgeEventType,
    message_id: str,
    transfer_id: str,
    transfer_name: str | None,
    facts: Mapping[str, Any],
    details: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the body of an event for a Forge app.

    Args:
        facts: Members of the Connect payload; the file's key has another name here.
        details: The `migrationDetails` of the Connect payload; client keys are left out.
    """
    own = {"key" if name == "s3Key" else name: value for name, value in facts.items()}
    return {
        "eventType": event_type,
        "transferId": transfer_id,
        **({} if transfer_name is None else {"transferName": transfer_name}),
        "messageId": message_id,
        **own,
        "migrationDetails": {name: details[name] for name in _DETAILS},
    }
