"""Events: written in the transaction of the change they tell of, so neither exists alone.

Source: docs/reference/connect-api.md#events
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, insert, select

from portway_platform.events.messages import AttemptOutput, DeliveryOutput, EventOutput
from portway_platform.events.rules import DeliveryStatus, event_urls, lane_of
from portway_platform.events.tables import attempts, deliveries, events
from portway_platform.services import Services
from portway_platform.transfers.context import get_context
from portway_platform.work.service import schedule
from portway_platform.work.tables import due_work
from portway_sdk.wire import EventType

DELIVERY = "event-delivery"
"""The kind of due work that delivers an event to one endpoint."""

_INSERT_EVENT = insert(events)
_INSERT_DELIVERY = insert(deliveries)


def emit(
    connection: Connection,
    services: Services,
    transfer_id: str,
    event_type: EventType,
    **facts: Any,
) -> str:
    """Write an event of a transfer and its deliveries; return its message id.

    Args:
        connection: The transaction of the change the event tells of.
        facts: Further members of the payload, spelled as on the wire.
    """
    now = services.clock.now()
    context = get_context(connection, transfer_id)
    message_id = services.ids.uuid()
    payload = {
        "cloudAppKey": context.app_key,
        "transferId": transfer_id,
        "eventType": event_type,
        "messageId": message_id,
        **facts,
        "migrationDetails": context.details(services.settings.public_url).to_wire(),
    }
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
    urls = event_urls(context.app_base_url, context.descriptor, context.registered_endpoints)
    for url in urls:
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
        schedule(connection, DELIVERY, delivery_id, now, lane=lane_of(url))
    return message_id


def list_events(connection: Connection, transfer_id: str) -> list[EventOutput]:
    """Return the events of a transfer with their deliveries and attempts, oldest first."""
    attempts_of: defaultdict[str, list[AttemptOutput]] = defaultdict(list)
    for row in connection.execute(
        select(attempts)
        .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
        .join(events, events.c.id == deliveries.c.event_id)
        .where(events.c.transfer_id == transfer_id)
        .order_by(attempts.c.number)
    ):
        attempts_of[row.delivery_id].append(
            AttemptOutput(
                number=row.number,
                started_at=row.started_at,
                finished_at=row.finished_at,
                http_status=row.http_status,
                problem=row.problem,
            )
        )
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
        deliveries_of[row.event_id].append(
            DeliveryOutput(
                url=row.url,
                status=DeliveryStatus(row.status),
                attempts=attempts_of[row.id],
                next_attempt_at=row.due_at,
                delivered_at=row.delivered_at,
            )
        )
    return [
        EventOutput(
            message_id=row.id,
            event_type=row.event_type,
            created_at=row.created_at,
            s3_key=row.payload.get("s3Key"),
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
