"""What a vendor's server app and cloud app import to migrate their data with Portway.

Everything listed here may be relied on; so may `portway_sdk.flask`, `portway_sdk.testing`,
`portway_sdk.wire`, `portway_sdk.tokens` and `portway_sdk.http`. See docs/reference/sdk.md.
"""

from portway_scopes import AccessScope, TransferStatus
from portway_sdk._app_store import (
    AppStore,
    Attempt,
    Claim,
    Installation,
    MemoryAppStore,
)
from portway_sdk._canonical import canonical_request, query_string_hash
from portway_sdk._client import MigrationClient
from portway_sdk._cloud_app import CloudApp
from portway_sdk._downloads import AppDataReader
from portway_sdk._errors import (
    APIError,
    ConfigurationError,
    ConsentError,
    IntegrityError,
    PortwayError,
    RateLimitedError,
    ScopeNotGrantedError,
    TransferSettledError,
    TransportError,
    VerificationError,
    VerificationReason,
    WorkInterruptedError,
)
from portway_sdk._forge_client import ForgeClient
from portway_sdk._forge_remote import ForgeRemote, ForgeRemoteSettings
from portway_sdk._gateway import Gateway
from portway_sdk._listener import Listener
from portway_sdk._requests import Request, Response
from portway_sdk._settings import CloudAppSettings, ListenerSettings
from portway_sdk._sqlite_app_store import SqliteAppStore
from portway_sdk._uploads import AppDataUpload, AppDataWriter
from portway_sdk.wire import (
    AppDataItem,
    CheckContext,
    CheckResult,
    Container,
    ContainerType,
    CustomFieldMapping,
    Event,
    EventType,
    ForgeEvent,
    ForgeEventType,
    ListenerError,
    MappingPage,
    MigrationDetails,
    TransferDefinition,
    TransferSummary,
)

__all__ = [
    "APIError",
    "AccessScope",
    "AppDataItem",
    "AppDataReader",
    "AppDataUpload",
    "AppDataWriter",
    "AppStore",
    "Attempt",
    "CheckContext",
    "CheckResult",
    "Claim",
    "CloudApp",
    "CloudAppSettings",
    "ConfigurationError",
    "ConsentError",
    "Container",
    "ContainerType",
    "CustomFieldMapping",
    "Event",
    "EventType",
    "ForgeClient",
    "ForgeEvent",
    "ForgeEventType",
    "ForgeRemote",
    "ForgeRemoteSettings",
    "Gateway",
    "Installation",
    "IntegrityError",
    "Listener",
    "ListenerError",
    "ListenerSettings",
    "MappingPage",
    "MemoryAppStore",
    "MigrationClient",
    "MigrationDetails",
    "PortwayError",
    "RateLimitedError",
    "Request",
    "Response",
    "ScopeNotGrantedError",
    "SqliteAppStore",
    "TransferDefinition",
    "TransferSettledError",
    "TransferStatus",
    "TransferSummary",
    "TransportError",
    "VerificationError",
    "VerificationReason",
    "WorkInterruptedError",
    "canonical_request",
    "query_string_hash",
]
