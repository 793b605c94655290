"""Transfers as the admin API shows them. Source: docs/reference/admin-api.md"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from portway_platform.messages import Input, Output
from portway_scopes import AccessScope, TransferStatus
from portway_sdk.wire import ListenerError, WireModel


class StartInput(Input):
    """Which app's transfer to start."""

    app_key: Annotated[str, Field(min_length=1, max_length=255)]
    transfer_name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """One of those the listener declares; all of them when none is named."""


class PreloadInput(Input):
    """Whose files to send ahead of the migration."""

    app_key: Annotated[str, Field(min_length=1, max_length=255)]


class CancellationQuery(WireModel):
    """How a cancellation is asked for."""

    at_once: bool = False
    """Also in the first half hour, as support may."""


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


class DefinitionOutput(Output):
    """What a transfer was declared as."""

    name: str | None
    access_scopes: list[AccessScope] | None
    tags: list[str]
    depends_on: list[str]
    blocking: bool
    preload: bool


class ForgeOutput(Output):
    """The Forge side of a transfer."""

    forge_app_id: str
    environment: str
    uploaded: int
    processed: int
    failed: int
    times_out_at: datetime | None
    """When the platform settles it unless something happens; None before the listener began."""


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
    definition: DefinitionOutput | None
    forge: ForgeOutput | None
    listener: ListenerOutput | None
    next: NextStepOutput | None
    feedback: dict[str, Any] | None
    error: ListenerError | None
