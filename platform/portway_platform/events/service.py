"""Events: written in the transaction of the change they tell of, so neither exists alone.

Source: docs/reference/connect-api.md#events
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, insert, select

from portway_platform.dialect.events import delivery_times, is_told, told_facts
from portway_platform.events.log import as_delivery, read_attempts
from portway_platform.events.messages import DeliveryOutput, EventOutput
from portway_platform.events.rules import DELIVERY, DeliveryStatus, event_urls, lane_of
from portway_platform.events.tables import deliveries, events
from portway_platform.forge.activity import note_upload
from portway_platform.forge.events import UPLOADS, forge_payload, forge_type_of
from portway_platform.services import Services
from portway_platform.transfers.context import TransferContext, get_context
from portway_platform.work.service import schedule
from portway_platform.work.tables import due_work
from portway_sdk.wire import EventType, ForgeEventType

_FORGE_ONLY = "transferError"
"""A Connect app asks for the error of a listener; a Forge app is told."""

_INSERT_EVENT = insert(events)
_INSERT_DELIVERY = insert(deliveries)


def emit(
    connection: Connection,
    services: Services,
    transfer_id: str,
    event_type: EventType | ForgeEventType,
    **facts: Any,
) -> str:
    """Write an event of a transfer and its deliveries; return its message id.

    Where the site's dialect leaves such an event out, nothing is written.

    Args:
        connection: The transaction of the change the event tells of.
        facts: Further members of the payload, spelled as on the wire.
    """
    now = services.clock.now()
    context = get_context(connection, transfer_id)
    message_id = services.ids.uuid()
    if not is_told(context.dialect, event_type, facts):
        return message_id
    facts = told_facts(context.dialect, event_type, facts)
    if event_type is EventType.APP_DATA_UPLOADED and context.is_preload:
        event_type = EventType.APP_DATA_PRELOADED
    details = context.details_on_wire(services.settings.public_url)
    if context.forge_app_id is None:
        payload = {
            "cloudAppKey": context.app_key,
            "transferId": transfer_id,
            "eventType": event_type,
            "messageId": message_id,
            **{name: value for name, value in facts.items() if name != _FORGE_ONLY},
            "migrationDetails": details,
        }
    else:
        event_type = forge_type_of(event_type)
        payload = forge_payload(
            event_type=event_type,
            message_id=message_id,
            transfer_id=transfer_id,
            transfer_name=context.transfer_name,
            facts=facts,
            details=details,
        )
        if event_type in UPLOADS:
            note_upload(connection, services, transfer_id)
    connection.execute(
        _INSERT_EVENT,
        {
            "id": message_id,
            "transfer_id": transfer_id,
            "installation_id": context.installation_id,
            "event_type": event_type,
            "payload": payload,
            "created_at": now,
        },
    )
    for url in _urls(context, event_type):
        for due_at in delivery_times(context.dialect, message_id, url, now):
            delivery_id = services.ids.uuid()
            connection.execute(
                _INSERT_DELIVERY,
                {
                    "id": delivery_id,
                    "event_id": message_id,
                    "url": url,
                    "status": DeliveryStatus.PENDING,
                    "attempts": 0,
                    "created_at": now,
                },
            )
            schedule(connection, DELIVERY, delivery_id, due_at, lane=lane_of(url))
    return message_id


def _urls(context: TransferContext, event_type: str) -> tuple[str, ...]:
    if context.forge_remote_url is None:
        return event_urls(
            context.app_base_url,
            context.descriptor,
            context.registered_endpoints,
            endpoints=context.dialect.event_endpoints,
        )
    is_wanted = not context.forge_events or event_type in context.forge_events
    return (context.forge_remote_url,) if is_wanted else ()


def list_events(connection: Connection, transfer_id: str) -> list[EventOutput]:
    """Return the events of a transfer with their deliveries and attempts, oldest first."""
    attempts_of = read_attempts(connection, events.c.transfer_id == transfer_id)
    deliveries_of: defaultdict[str, list[DeliveryOutput]] = defaultdict(list)
    for row in connection.execute(
        select(deliveries, due_work.c.due_at)
        .join(events, events.c.id == deliveries.c.event_id)
        .outerjoin(
            due_work,
            (due_work.c.kind == DELIVERY) & (due_work.c.subject_id == deliveries.c.id),
        )
        .where(events.c.transfer_id == transfer_id)
        .order_by(deliveries.c.url)
    ):
        deliveries_of[row.event_id].append(as_delivery(row, attempts_of[row.id]))
    return [
        EventOutput(
            message_id=row.id,
            event_type=row.event_type,
            created_at=row.created_at,
            s3_key=row.payload.get("s3Key") or row.payload.get("key"),
            label=row.payload.get("label"),
            transfer_status=row.payload.get("transferStatus"),
            deliveries=deliveries_of[row.id],
        )
        for row in connection.execute(
            select(events)
            .where(events.c.transfer_id == transfer_id)
            .order_by(events.c.created_at, events.c.id)
        )
    ]
