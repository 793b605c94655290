"""Events and their deliveries as the admin API shows them. Source: docs/reference/admin-api.md"""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from portway_platform.events.rules import DeliveryStatus
from portway_platform.messages import Input, Output


class AttemptOutput(Output):
    """One POST of a delivery."""

    number: int
    started_at: datetime
    finished_at: datetime
    http_status: int | None
    problem: str | None


class DeliveryOutput(Output):
    """An event on its way to one endpoint."""

    delivery_id: str
    url: str
    status: DeliveryStatus
    attempts: list[AttemptOutput]
    next_attempt_at: datetime | None
    delivered_at: datetime | None


class EventOutput(Output):
    """Something that happened to a transfer, and who was told."""

    message_id: str
    event_type: str
    created_at: datetime
    s3_key: str | None
    label: str | None
    transfer_status: str | None
    deliveries: list[DeliveryOutput]


class DeliveriesQuery(Input):
    """Which page of which deliveries an admin wants to see."""

    site: str | None = None
    app: str | None = None
    status: DeliveryStatus | None = None
    since: AwareDatetime | None = None
    last_entity: str | None = None
    page_size: Annotated[int, Field(ge=1)] = 50


class LoggedDelivery(DeliveryOutput):
    """A delivery with what it is about."""

    message_id: str
    event_type: str
    transfer_id: str
    app_key: str
    site_key: str
    endpoint_id: str
    created_at: datetime


class PageMeta(Output):
    """Where a page ends."""

    page_size: int
    has_next: bool
    last_entity: str | None


class DeliveriesPage(Output):
    """Deliveries in the order their events happened."""

    meta: PageMeta
    deliveries: list[LoggedDelivery]


class ReplayInput(Input):
    """From when on events are sent again."""

    since: AwareDatetime
    only_undelivered: bool = False


class ReplayOutput(Output):
    """How many deliveries go out again."""

    deliveries: int


class EndpointOutput(Output):
    """An address of an app that failed at least once."""

    endpoint_id: str
    url: str
    failing_since: datetime | None
    switched_off_at: datetime | None


class PublicKeysOutput(Output):
    """What verifies the events of an app, the newest first."""

    public_keys: list[str]


class WebhookKeysOutput(PublicKeysOutput):
    """What signs and verifies the events of an app, the newest first."""

    secrets: list[str]
