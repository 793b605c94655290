"""What listeners send and get, and how admins see them.

Source: docs/reference/gateway-api.md and admin-api.md
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from portway_platform.listeners.rules import CheckOutcome
from portway_platform.messages import Input, Output
from portway_scopes import AccessScope
from portway_sdk.wire import (
    AffectedItems,
    Container,
    CustomFieldMapping,
    TransferDefinition,
    WireModel,
)


class EnrolmentInput(Input):
    """Which app's listener may enrol on a server."""

    app_key: Annotated[str, Field(min_length=1, max_length=255)]


class EnrolmentOutput(Output):
    """A token that one listener enrols with. It is shown this once."""

    enrolment_token: str = Field(repr=False)
    expires_at: datetime


class ListenerOutput(Output):
    """A listener as an admin sees it."""

    listener_id: str
    app_key: str
    server_app_key: str
    version: str
    data_access_scopes: list[AccessScope]
    checks: list[dict[str, str]]
    """`checkId` and `title` of each."""
    forge_app_id: str | None
    forge_environment: str | None
    transfers: list[TransferDefinition]
    preloads: bool
    macro_mappings: dict[str, str]
    custom_field_mappings: list[CustomFieldMapping]
    workflow_rule_mappings: dict[str, str]
    last_seen_at: datetime | None
    connected: bool


class WorkQuery(WireModel):
    """How long to wait for work."""

    wait_seconds: Annotated[float, Field(ge=0, le=30)] = 25.0


class LeaseQuery(WireModel):
    """Which attempt at the work the caller speaks of; None means the present one."""

    attempt: int | None = None


class CheckRunInput(Input):
    """For which server, site and part of a plan an app's vendor checks run."""

    server_key: Annotated[str, Field(min_length=1, max_length=255)]
    site_key: Annotated[str, Field(min_length=1, max_length=255)]
    migration_id: str | None = None
    containers: Annotated[tuple[Container, ...], Field(max_length=10_000)] = ()


class CheckRunCreated(Output):
    """Names the run just begun."""

    check_run_id: str


class CheckRunResult(Output):
    """What an admin reads about one check."""

    check_id: str
    title: str
    outcome: CheckOutcome
    message: str
    steps: str | None
    affected: AffectedItems | None


class CheckRunOutput(Output):
    """How far a run has come; `results` holds the checks that are over, in declared order."""

    status: str
    """RUNNING or FINISHED."""
    results: list[CheckRunResult]
