"""Transfers as the admin API shows them. Source: docs/reference/admin-api.md"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from portway_platform.messages import Input, Output
from portway_scopes import TransferStatus
from portway_sdk.wire import ListenerError


class StartInput(Input):
    """Which app's transfer to start."""

    app_key: Annotated[str, Field(min_length=1, max_length=255)]


class UploadCounts(Output):
    """Stored files of a transfer."""

    count: int
    bytes: int


class EventCounts(Output):
    """Deliveries of a transfer's events."""

    total: int
    delivered: int
    pending: int
    given_up: int


class ListenerOutput(Output):
    """The listener's side of a transfer."""

    work: str
    """WAITING, LEASED, DONE, FAILED or DROPPED."""
    attempt: int
    connected: bool


class NextStepOutput(Output):
    """Whose move it is: `admin`, `listener` or `cloud-app`."""

    party: str
    action: str


class TransferOutput(Output):
    """A transfer as an admin sees it."""

    transfer_id: str
    migration_id: str
    app_key: str
    status: TransferStatus
    percent: int
    message: str | None
    reason: str | None
    settled_by: str | None
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None
    rerun_of: str | None
    export_completed_at: datetime | None
    uploads: UploadCounts
    events: EventCounts
    listener: ListenerOutput | None
    next: NextStepOutput | None
    feedback: dict[str, Any] | None
    error: ListenerError | None
