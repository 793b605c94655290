"""The messages that travel between apps and the platform, as pydantic models.

JSON keeps the contract's `transferId`, Python says `transfer_id`; `WireModel` converts. Fields
nobody knows yet are tolerated everywhere, and kept where a vendor may want them.
Source: wire contract, sections 2.4, 2.5, 3.3, 3.4, 3.6 and 13; docs/reference/gateway-api.md.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

from portway_scopes import SETTLED_BY_CLOUD_APP, AccessScope, TransferStatus
from portway_sdk._wire_base import Instant as Instant
from portway_sdk._wire_base import OpenWireModel as OpenWireModel
from portway_sdk._wire_base import WireModel as WireModel
from portway_sdk._wire_forge import LOG_LIMIT as LOG_LIMIT
from portway_sdk._wire_forge import ForgeAppDataDetails as ForgeAppDataDetails
from portway_sdk._wire_forge import ForgeAppDataItem as ForgeAppDataItem
from portway_sdk._wire_forge import ForgeAppDataPage as ForgeAppDataPage
from portway_sdk._wire_forge import ForgeEventType as ForgeEventType
from portway_sdk._wire_forge import ForgeMigrationDetails as ForgeMigrationDetails
from portway_sdk._wire_forge import LogMessage as LogMessage
from portway_sdk._wire_forge import MessageReport as MessageReport
from portway_sdk._wire_transfers import NAME_LIMIT as NAME_LIMIT
from portway_sdk._wire_transfers import TRANSFERS_LIMIT as TRANSFERS_LIMIT
from portway_sdk._wire_transfers import CustomFieldMapping as CustomFieldMapping
from portway_sdk._wire_transfers import TransferDefinition as TransferDefinition
from portway_sdk._wire_transfers import find_transfer_faults as find_transfer_faults

TITLE_LIMIT = 60
STEPS_LIMIT = 1050
CHECKS_LIMIT = 3
"""Vendor checks of one app; beyond it neither execution nor order is promised."""

# What a migration is


class MigrationDetails(OpenWireModel):
    """The customer's move that a transfer belongs to."""

    migration_id: str
    migration_scope_id: str
    """Names the pair of server and site; mappings hang on it."""
    name: str
    created_at: Instant
    jira_client_key: str = "unknown"
    confluence_client_key: str = "unknown"
    cloud_url: str


class ContainerType(StrEnum):
    """The kinds of items a migration plan is made of."""

    CONFLUENCE_SPACE = "ConfluenceSpace"
    JIRA_PROJECT = "JiraProject"
    SITE = "Site"


class Container(WireModel):
    """One item of the migration plan: a space, a project, or the site."""

    type: str
    """A `ContainerType`; kept as text, for kinds to come."""
    source_id: str | None = None
    key: str | None = None
    name: str | None = None


class TransferState(WireModel):
    """Where a transfer stands, as the gateway tells the listener."""

    transfer_id: str
    status: TransferStatus
    percent: int | None = None
    transfer_name: str | None = None
    tags: tuple[str, ...] = ()
    granted_scopes: frozenset[AccessScope] = frozenset()
    migration_details: MigrationDetails


class TransferSummary(WireModel):
    """An active transfer, as `transfer/recent` lists it."""

    transfer_id: str
    status: TransferStatus
    migration_details: MigrationDetails


# Pages


class PageMeta(WireModel):
    """Where a page stands among its pages. Stop on `has_next`."""

    page_size: int
    has_next: bool
    last_entity: str | None = None
    """Asks for the next page. The last page may carry one too."""


class MappingPage(WireModel):
    """One page of a namespace's mappings, server id to cloud id."""

    meta: PageMeta
    items: dict[str, str]


class ContainersPage(WireModel):
    """One page of the migration plan's items."""

    meta: PageMeta
    containers: tuple[Container, ...]


# App data, progress, feedback


class AppDataItem(WireModel):
    """One uploaded file of a transfer, as the cloud app lists it."""

    s3_key: str
    label: str | None = None


class AppDataAddress(WireModel):
    """Where to download a file, for one hour."""

    url: str = Field(repr=False)


class StoredAppData(WireModel):
    """The answer to an upload in one request."""

    key: str
    label: str | None = None
    size_bytes: int
    sha256: str


class ProgressReport(WireModel):
    """What a cloud app says about a transfer. `SUCCESS`, `INCOMPLETE`, `FAILED` settle it."""

    status: TransferStatus
    percent: int | None = Field(default=None, ge=0, le=100)
    message: str | None = None

    @field_validator("status")
    @classmethod
    def _is_the_apps_to_set(cls, status: TransferStatus) -> TransferStatus:
        if status is not TransferStatus.IN_PROGRESS and status not in SETTLED_BY_CLOUD_APP:
            raise ValueError("must be IN_PROGRESS, SUCCESS, INCOMPLETE or FAILED")
        return status


class Feedback(WireModel):
    """What a cloud app leaves for its server app; later feedback replaces it."""

    details: dict[str, Any]


class ListenerError(WireModel):
    """How a listener failed: types and places, no messages and no values."""

    exception_type: str
    safe_stack_trace: str


class Endpoints(WireModel):
    """The addresses registered for events beside the descriptor's."""

    endpoints: tuple[str, ...]


# Events


class EventType(StrEnum):
    """What can happen to a transfer. More may come: handlers meet those as plain text."""

    LISTENER_TRIGGERED = "listener-triggered"
    APP_DATA_UPLOADED = "app-data-uploaded"
    LISTENER_ERRORED = "listener-errored"
    TRANSFER_CANCELLATION_REQUESTED = "transfer-cancellation-requested"
    TRANSFER_SETTLED = "transfer-settled"
    APP_DATA_PRELOADED = "app-data-preloaded"


class ForgeEvent(OpenWireModel):
    """Something happened to a transfer. The same `message_id` may arrive more than once."""

    event_type: ForgeEventType | str = Field(union_mode="left_to_right")
    transfer_id: str
    transfer_name: str | None = None
    """Which of the app's transfers it is, where the listener declares several."""
    message_id: str = Field(min_length=1, max_length=255)
    """What the app acknowledges."""
    migration_details: ForgeMigrationDetails
    key: str | None = None
    """The uploaded file, for `uploaded:app_data`."""
    label: str | None = None
    """The vendor's tag of that file. None and "" differ."""
    transfer_status: TransferStatus | str | None = Field(default=None, union_mode="left_to_right")
    """How the transfer settled, for `settled:transfer`."""
    transfer_error: ListenerError | None = None
    """How the listener failed, for `errored:listener`."""


class Event(OpenWireModel):
    """Something happened to a transfer. The same `message_id` may arrive more than once."""

    cloud_app_key: str
    transfer_id: str
    event_type: EventType | str = Field(union_mode="left_to_right")
    message_id: str = Field(min_length=1, max_length=255)
    migration_details: MigrationDetails
    s3_key: str | None = None
    """The uploaded file, for `app-data-uploaded`."""
    label: str | None = None
    """The vendor's tag of that file. None and "" differ."""
    transfer_status: TransferStatus | str | None = Field(default=None, union_mode="left_to_right")
    """How the transfer settled, for `transfer-settled`."""


# Vendor checks and declarations


class CheckSpec(WireModel):
    """A vendor check as the admin sees it announced. Limits: wire contract, 2.5."""

    check_id: str = Field(min_length=1)
    title: str
    description: str = ""
    steps_to_resolve: dict[str, str] = Field(default_factory=dict)
    """Texts by template name; `{name}` places are filled from the result's values."""

    def violations(self) -> tuple[str, ...]:
        """Return one sentence for each limit the spec breaks."""
        found = []
        if len(self.title) > TITLE_LIMIT:
            found.append(
                f"check {self.check_id}: the title has {len(self.title)} characters,"
                f" at most {TITLE_LIMIT} are shown"
            )
        found.extend(
            f"check {self.check_id}: the steps {name!r} have {len(text)} characters,"
            f" at most {STEPS_LIMIT} are shown"
            for name, text in self.steps_to_resolve.items()
            if len(text) > STEPS_LIMIT
        )
        return tuple(found)

    def cut_to_limits(self) -> Self:
        """Return the spec with its texts cut: an overlong spec is cut, not dropped."""
        steps = {name: text[:STEPS_LIMIT] for name, text in self.steps_to_resolve.items()}
        return self.model_copy(
            update={"title": self.title[:TITLE_LIMIT], "steps_to_resolve": steps}
        )


class AffectedItems(WireModel):
    """A table the admin can download: what the check found, row by row."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class CheckResult(WireModel):
    """What a vendor check found. Make one with `ok` or `found`."""

    passed: bool
    steps_to_resolve: str | None = None
    """The name of the spec's text to show."""
    values: dict[str, str] = Field(default_factory=dict)
    affected: AffectedItems | None = None

    @classmethod
    def ok(cls) -> Self:
        """Return the result of a check that found nothing to mend."""
        return cls(passed=True)

    @classmethod
    def found(
        cls,
        steps_to_resolve: str,
        *,
        values: Mapping[str, object] | None = None,
        headers: Sequence[str] = (),
        rows: Iterable[Sequence[object]] = (),
    ) -> Self:
        """Return the result of a check that found something the admin should mend.

        Args:
            steps_to_resolve: The name of the spec's text to show.
            values: What fills the text's `{name}` places.
            headers: Column names of the table of affected items; none means no table.
            rows: Its rows, as long as `headers`.
        """
        table = tuple(tuple(map(str, row)) for row in rows)
        return cls(
            passed=False,
            steps_to_resolve=steps_to_resolve,
            values={name: str(value) for name, value in (values or {}).items()},
            affected=AffectedItems(headers=tuple(headers), rows=table) if headers else None,
        )


class CheckContext(WireModel):
    """What a vendor check may know about the planned migration."""

    migration_id: str | None = None
    site_key: str
    cloud_url: str
    containers: tuple[Container, ...] = ()


class Declaration(WireModel):
    """What a listener is: its app's keys, version, access scopes, transfers and vendor checks."""

    server_app_key: str = Field(min_length=1)
    cloud_app_key: str = Field(min_length=1)
    version: str = Field(min_length=1)
    data_access_scopes: Annotated[
        frozenset[AccessScope], PlainSerializer(sorted, return_type=list[str])
    ]
    reruns: bool = True
    """Whether a settled transfer may be run again."""
    checks: tuple[CheckSpec, ...] = ()
    forge_app_id: str | None = None
    """The Forge app that takes over; None for a Connect app."""
    forge_environment: str = "development"
    """The environment of the Forge app, in lower case."""
    transfers: tuple[TransferDefinition, ...] = ()
    """The app's transfers, where it has several; none means one without a name."""
    preloads: bool = False
    """Whether it can send files before the migration window."""
    macro_mappings: dict[str, str] = Field(default_factory=dict)
    """Macro name in storage format to the key of the Forge macro module (wire contract, 2.7)."""
    custom_field_mappings: tuple[CustomFieldMapping, ...] = ()
    """Custom fields that core migration moves to the cloud app's (wire contract, 2.6)."""
    workflow_rule_mappings: dict[str, str] = Field(default_factory=dict)
    """Class name of a workflow rule to the key of the cloud rule module (wire contract, 2.6)."""

    @field_validator("forge_app_id")
    @classmethod
    def _is_uuid(cls, value: str | None) -> str | None:
        return None if value is None else str(UUID(value))

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        faults = find_transfer_faults(self.transfers, self.data_access_scopes)
        if self.forge_app_id is None:
            faults += [
                f"custom field type {each.field_type_key} needs a field_name: only Forge apps take"
                " every field of a type"
                for each in self.custom_field_mappings
                if each.field_name is None
            ]
        if faults:
            raise ValueError("; ".join(faults))
        return self


# Enrolment and work


class PublicKey(WireModel):
    """An Ed25519 public key as a JWK (RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    x: str

    @field_validator("x")
    @classmethod
    def _is_32_bytes(cls, x: str) -> str:
        try:
            raw = base64.b64decode(x + "=" * (-len(x) % 4), altchars=b"-_", validate=True)
        except binascii.Error as exc:
            raise ValueError("must be base64url without padding") from exc
        if len(raw) != 32 or base64.urlsafe_b64encode(raw).decode().rstrip("=") != x:
            raise ValueError("must be 32 bytes as base64url without padding")
        return x


class EnrolmentRequest(WireModel):
    """What a listener hands in once, with its enrolment token."""

    public_key: PublicKey
    declaration: Declaration


class ListenerRegistration(WireModel):
    """The platform's answer to an enrolment and to a declaration."""

    listener_id: str
    server_id: str
    key_id: str
    """The RFC 7638 thumbprint of the public key."""
    issuer: str
    """What the listener's tokens say in `iss`: the server app key."""


class WorkKind(StrEnum):
    """What a listener can be called for."""

    START_APP_MIGRATION = "start-app-migration"
    RERUN_APP_MIGRATION = "rerun-app-migration"
    VENDOR_CHECK = "vendor-check"
    PRELOAD_APP_DATA = "preload-app-data"


class CheckCall(WireModel):
    """The vendor check to run, and what it may know."""

    check_id: str
    context: CheckContext


class Work(WireModel):
    """One piece of work, leased to one listener."""

    work_id: str
    kind: WorkKind | str = Field(union_mode="left_to_right")
    attempt: int = 1
    """Counts from 1; one more each time the lease ran out."""
    lease_seconds: float = Field(gt=0)
    transfer_id: str | None = None
    original_transfer_id: str | None = None
    transfer_name: str | None = None
    """Which of the app's transfers it is, where it declares several."""
    tags: tuple[str, ...] = ()
    migration_details: MigrationDetails | None = None
    check: CheckCall | None = None


class Heartbeat(WireModel):
    """The answer to a heartbeat: the lease goes on."""

    lease_seconds: float = Field(gt=0)
    cancellation_requested: bool = False


class WorkCompletion(WireModel):
    """What a listener says when work is done."""

    check_result: CheckResult | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return `{}` for anything but a check."""
        return {} if self.check_result is None else super().to_wire()


# Descriptor and installation


class Vendor(WireModel):
    """Who makes an app."""

    name: str
    url: str | None = None


class Authentication(WireModel):
    """How the product proves itself to the app."""

    type: Literal["jwt"] = "jwt"


class Lifecycle(WireModel):
    """Paths under the app's base URL that the platform calls around an installation."""

    installed: str
    uninstalled: str | None = None
    enabled: str | None = None
    disabled: str | None = None


class CloudAppMigration(WireModel):
    """Where an app takes the events of its migrations."""

    migration_webhook_path: str


class AppDescriptor(OpenWireModel):
    """A Connect app's description of itself."""

    key: str = Field(min_length=1)
    name: str
    description: str | None = None
    base_url: str
    vendor: Vendor | None = None
    authentication: Authentication
    lifecycle: Lifecycle
    cloud_app_migration: CloudAppMigration | None = None
    scopes: tuple[str, ...] = ()
    """Connect scopes such as READ and WRITE; not the access scopes of a migration."""
    api_version: int = 1

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON without the fields that say nothing."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class LifecyclePayload(WireModel):
    """The body of a lifecycle call."""

    key: str
    client_key: str = Field(min_length=1)
    base_url: str
    product_type: str
    event_type: str
    description: str = ""
    display_url: str | None = None
    oauth_client_id: str | None = None


class InstalledPayload(LifecyclePayload):
    """The body of `installed`: it brings the secret both sides sign with."""

    shared_secret: str = Field(repr=False)
    public_key: str | None = None
    """Deprecated in the contract; lifecycle calls are verified by the key their `kid` names."""
