"""Events and their deliveries as the admin API shows them. Source: docs/reference/admin-api.md"""

from datetime import datetime

from portway_platform.events.rules import DeliveryStatus
from portway_platform.messages import Output


class AttemptOutput(Output):
    """One POST of a delivery."""

    number: int
    started_at: datetime
    finished_at: datetime
    http_status: int | None
    problem: str | None


class DeliveryOutput(Output):
    """An event on its way to one endpoint."""

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
