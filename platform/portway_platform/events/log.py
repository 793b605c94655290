"""The log of deliveries and attempts, and sending again what was sent before.

A delivery that is sent again keeps its id, its log and its `messageId`; its 75 hours begin anew.
Source: docs/reference/admin-api.md#deliveries
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, update

from portway_platform import error_codes
from portway_platform.events.messages import (
    AttemptOutput,
    DeliveriesPage,
    DeliveriesQuery,
    DeliveryOutput,
    LoggedDelivery,
    PageMeta,
)
from portway_platform.events.rules import DELIVERY, DeliveryStatus, lane_of
from portway_platform.events.tables import attempts, deliveries, events
from portway_platform.installations.tables import installations
from portway_platform.services import Services
from portway_platform.sites.tables import sites
from portway_platform.work.service import schedule
from portway_platform.work.tables import due_work
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal

PAGE_LIMIT = 200
_REPLAY_BATCH = 500


def list_deliveries(connection: Connection, query: DeliveriesQuery) -> DeliveriesPage:
    """Return a page of deliveries in the order their events happened."""
    size = min(query.page_size, PAGE_LIMIT)
    statement = _logged().order_by(deliveries.c.created_at, deliveries.c.id).limit(size + 1)
    if query.site is not None:
        statement = statement.where(sites.c.key == query.site)
    if query.app is not None:
        statement = statement.where(installations.c.app_key == query.app)
    if query.status is not None:
        statement = statement.where(deliveries.c.status == query.status)
    if query.since is not None:
        statement = statement.where(deliveries.c.created_at >= query.since)
    if query.last_entity is not None:
        statement = statement.where(_after(connection, query.last_entity))
    rows = connection.execute(statement).all()
    shown = rows[:size]
    attempts_of = read_attempts(connection, deliveries.c.id.in_([row.id for row in shown]))
    has_next = len(rows) > size
    return DeliveriesPage(
        meta=PageMeta(
            page_size=size, has_next=has_next, last_entity=shown[-1].id if has_next else None
        ),
        deliveries=[_as_logged(row, attempts_of[row.id]) for row in shown],
    )


def get_delivery(connection: Connection, delivery_id: str) -> LoggedDelivery:
    """Return a delivery with its attempts, or refuse."""
    row = connection.execute(_logged().where(deliveries.c.id == delivery_id)).first()
    if row is None:
        raise Refusal(error_codes.DELIVERY_UNKNOWN, delivery_id=delivery_id)
    attempts_of = read_attempts(connection, deliveries.c.id == delivery_id)
    return _as_logged(row, attempts_of[delivery_id])


def resend(connection: Connection, services: Services, delivery_id: str) -> LoggedDelivery:
    """Have a delivery sent again now, whatever became of it before."""
    get_delivery(connection, delivery_id)
    _send_again(connection, services, [delivery_id])
    return get_delivery(connection, delivery_id)


def replay(
    services: Services, installation_id: str, since: datetime, *, only_undelivered: bool
) -> int:
    """Have every delivery of an app sent again whose event happened at `since` or later.

    Returns how many those are. They go out in the order of their events, as far as lanes allow.
    """
    count = 0
    after: tuple[datetime, str] | None = None
    while True:
        statement = (
            select(deliveries.c.id, deliveries.c.created_at)
            .join(events, events.c.id == deliveries.c.event_id)
            .where(events.c.installation_id == installation_id, deliveries.c.created_at >= since)
            .order_by(deliveries.c.created_at, deliveries.c.id)
            .limit(_REPLAY_BATCH)
        )
        if only_undelivered:
            statement = statement.where(deliveries.c.status != DeliveryStatus.DELIVERED)
        if after is not None:
            statement = statement.where(_later(*after))
        with services.database.write() as connection:
            rows = connection.execute(statement).all()
            _send_again(connection, services, [row.id for row in rows])
        if not rows:
            return count
        count += len(rows)
        after = (rows[-1].created_at, rows[-1].id)


def read_attempts(connection: Connection, which: Any) -> dict[str, list[AttemptOutput]]:
    """Return the attempts of the deliveries that `which` chooses, by delivery, in their order."""
    found: defaultdict[str, list[AttemptOutput]] = defaultdict(list)
    for row in connection.execute(
        select(attempts)
        .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
        .join(events, events.c.id == deliveries.c.event_id)
        .where(which)
        .order_by(attempts.c.number)
    ):
        found[row.delivery_id].append(
            AttemptOutput(
                number=row.number,
                started_at=row.started_at,
                finished_at=row.finished_at,
                http_status=row.http_status,
                problem=row.problem,
            )
        )
    return found


def as_delivery(row: Row[Any], made: Sequence[AttemptOutput]) -> DeliveryOutput:
    """Return what is shown of a delivery; the row holds `due_at` of its next attempt."""
    return DeliveryOutput(
        delivery_id=row.id,
        url=row.url,
        status=DeliveryStatus(row.status),
        attempts=list(made),
        next_attempt_at=row.due_at,
        delivered_at=row.delivered_at,
    )


def _send_again(connection: Connection, services: Services, ids: Sequence[str]) -> None:
    now = services.clock.now()
    rows = connection.execute(
        select(deliveries.c.id, deliveries.c.url)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.created_at, deliveries.c.id)
        .with_for_update()
    ).all()
    for row in rows:
        made = (
            select(func.coalesce(func.max(attempts.c.number), 0))
            .where(attempts.c.delivery_id == row.id)
            .scalar_subquery()
        )
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == row.id)
            .values(
                status=DeliveryStatus.PENDING,
                attempts_before=made,
                tried_from=now,
                delivered_at=None,
            )
        )
        schedule(connection, DELIVERY, row.id, now, lane=lane_of(row.url))


def _logged() -> Select[Any]:
    return (
        select(
            deliveries,
            due_work.c.due_at,
            events.c.event_type,
            events.c.transfer_id,
            installations.c.app_key,
            sites.c.key.label("site_key"),
        )
        .join(events, events.c.id == deliveries.c.event_id)
        .join(installations, installations.c.id == events.c.installation_id)
        .join(sites, sites.c.id == installations.c.site_id)
        .outerjoin(
            due_work, and_(due_work.c.kind == DELIVERY, due_work.c.subject_id == deliveries.c.id)
        )
    )


def _as_logged(row: Row[Any], made: Sequence[AttemptOutput]) -> LoggedDelivery:
    return LoggedDelivery(
        **as_delivery(row, made).model_dump(),
        message_id=row.event_id,
        event_type=row.event_type,
        transfer_id=row.transfer_id,
        app_key=row.app_key,
        site_key=row.site_key,
        endpoint_id=lane_of(row.url),
        created_at=row.created_at,
    )


def _after(connection: Connection, delivery_id: str) -> Any:
    row = connection.execute(
        select(deliveries.c.created_at).where(deliveries.c.id == delivery_id)
    ).first()
    if row is None:
        raise invalid_fields([{"field": "lastEntity", "problem": "there is no such delivery"}])
    return _later(row.created_at, delivery_id)


def _later(created_at: datetime, delivery_id: str) -> Any:
    return or_(
        deliveries.c.created_at > created_at,
        and_(deliveries.c.created_at == created_at, deliveries.c.id > delivery_id),
    )
