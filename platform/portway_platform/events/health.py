"""Endpoints that fail for days are switched off, with a word to the admin, who switches them on.

An endpoint is one address of one installation. It counts as failing from its first failure after
its last success. Source: docs/reference/admin-api.md#event-endpoints
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update

from portway_platform.events.tables import event_endpoints
from portway_platform.notices.service import put_notice
from portway_platform.services import Services
from portway_service.database import insert_if_absent

SWITCHED_OFF_AFTER = timedelta(days=5)
NOTICE = "endpoint-switched-off"

Endpoint = tuple[str, str]
"""An installation's id, and the lane of the address."""


@dataclass(frozen=True)
class Outcome:
    """How the last attempt to an endpoint went, among those recorded together."""

    endpoint: Endpoint
    url: str
    delivered: bool
    at: datetime


def note_outcomes(connection: Connection, services: Services, outcomes: Sequence[Outcome]) -> None:
    """Note which endpoints answer and which fail; switch off those that have failed for days."""
    well = {outcome.endpoint for outcome in outcomes if outcome.delivered}
    if well:
        connection.execute(_WELL, [_names(endpoint) for endpoint in sorted(well)])
    for outcome in outcomes:
        if outcome.endpoint not in well:
            _note_failure(connection, services, outcome)


def find_switched_off(connection: Connection, endpoints: Collection[Endpoint]) -> set[Endpoint]:
    """Return those of the endpoints that are switched off."""
    if not endpoints:
        return set()
    rows = connection.execute(
        select(event_endpoints.c.installation_id, event_endpoints.c.lane).where(
            event_endpoints.c.lane.in_({lane for _, lane in endpoints}),
            event_endpoints.c.disabled_at.is_not(None),
        )
    )
    return {(row.installation_id, row.lane) for row in rows} & set(endpoints)


def list_endpoints(connection: Connection, installation_id: str) -> list[Mapping[Any, Any]]:
    """Return the endpoints of an installation that failed at least once, by address."""
    rows = connection.execute(
        select(event_endpoints)
        .where(event_endpoints.c.installation_id == installation_id)
        .order_by(event_endpoints.c.url)
    )
    return [row._mapping for row in rows]


def switch_on(connection: Connection, installation_id: str, lane: str) -> bool:
    """Let events go to an endpoint again, and count its failures anew; tell whether it exists."""
    result = connection.execute(
        update(event_endpoints)
        .where(event_endpoints.c.installation_id == installation_id, event_endpoints.c.lane == lane)
        .values(disabled_at=None, failing_since=None)
    )
    return result.rowcount == 1


def _note_failure(connection: Connection, services: Services, outcome: Outcome) -> None:
    installation_id, lane = outcome.endpoint
    row = {
        "installation_id": installation_id,
        "lane": lane,
        "url": outcome.url,
        "failing_since": outcome.at,
    }
    if insert_if_absent(connection, event_endpoints, row):
        return
    connection.execute(_FAILS, {**_names(outcome.endpoint), "its_moment": outcome.at})
    switched_off = connection.execute(
        _OFF,
        {
            **_names(outcome.endpoint),
            "its_moment": outcome.at,
            "its_limit": outcome.at - SWITCHED_OFF_AFTER,
        },
    )
    if switched_off.rowcount == 1:
        facts = {"url": outcome.url, "endpointId": lane, "installationId": installation_id}
        put_notice(connection, services, NOTICE, installation_id, facts)


def _names(endpoint: Endpoint) -> dict[str, Any]:
    return {"its_installation": endpoint[0], "its_lane": endpoint[1]}


_IS_IT = and_(
    event_endpoints.c.installation_id == bindparam("its_installation"),
    event_endpoints.c.lane == bindparam("its_lane"),
)
_WELL = (
    update(event_endpoints)
    .where(_IS_IT, event_endpoints.c.failing_since.is_not(None))
    .values(failing_since=None)
)
_FAILS = (
    update(event_endpoints)
    .where(_IS_IT, event_endpoints.c.failing_since.is_(None))
    .values(failing_since=bindparam("its_moment", type_=event_endpoints.c.failing_since.type))
)
_OFF = (
    update(event_endpoints)
    .where(
        _IS_IT,
        event_endpoints.c.disabled_at.is_(None),
        event_endpoints.c.failing_since
        <= bindparam("its_limit", type_=event_endpoints.c.failing_since.type),
    )
    .values(disabled_at=bindparam("its_moment", type_=event_endpoints.c.failing_since.type))
)
