"""Messages only Forge apps meet. Source: wire contract, sections 4 and 13."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from portway_sdk._wire_base import Instant, OpenWireModel, WireModel

LOG_LIMIT = 65_536
"""Characters of one log message of a Forge app."""


class ForgeEventType(StrEnum):
    """What can happen to a transfer, as Forge apps are told (wire contract, 4.2)."""

    LISTENER_TRIGGERED = "avi:ecosystem.migration:triggered:listener"
    APP_DATA_UPLOADED = "avi:ecosystem.migration:uploaded:app_data"
    APP_DATA_PRELOADED = "avi:ecosystem.migration:preloaded:app_data"
    EXPORT_COMPLETED = "avi:ecosystem.migration:completed:export_phase"
    LISTENER_ERRORED = "avi:ecosystem.migration:errored:listener"
    TRANSFER_CANCELLATION_REQUESTED = "avi:ecosystem.migration:requested:transfer_cancellation"
    TRANSFER_SETTLED = "avi:ecosystem.migration:settled:transfer"


class ForgeMigrationDetails(OpenWireModel):
    """The customer's move that a transfer belongs to, as Forge apps are told."""

    migration_id: str
    migration_scope_id: str
    """Names the pair of server and site; mappings hang on it."""
    created_at: Instant
    cloud_url: str
    name: str


class ForgeAppDataItem(WireModel):
    """One uploaded file of a transfer, as a Forge app lists it."""

    key: str
    s3_key: str
    """The same, under the name the Connect API has for it."""
    label: str | None = None


class ForgeAppDataDetails(WireModel):
    """One uploaded file of a transfer, as the paged list shows it."""

    key: str
    label: str | None = None
    file_size: int


class ForgeAppDataPage(WireModel):
    """One page of a transfer's files. Stop when `last_evaluated_key` is None."""

    items: tuple[ForgeAppDataDetails, ...]
    last_evaluated_key: str | None = None


class MessageReport(WireModel):
    """What a Forge app says about events it was sent."""

    status: Literal["SUCCESS", "FAILED"]
    message_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=1000)]


class LogMessage(WireModel):
    """A line for the admin's log of a transfer."""

    message: Annotated[str, Field(max_length=LOG_LIMIT)]
