"""The manifest of an app version, as a vendor writes it. Source: docs/reference/app-manifest.md"""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from portway_platform.catalogue.versions import Between, lies_between, parse_version
from portway_platform.messages import Line, Output
from portway_scopes import AccessScope, MigrationPath
from portway_sdk.wire import ForgeEventType

ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9._-]*")
_APP_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def _app_key(value: str) -> str:
    if not _APP_KEY.fullmatch(value):
        raise ValueError("use letters, digits, '.', '_' and '-', for example com.example.notes")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise ValueError("give a full web address, for example https://example.com/privacy")
    return value


def _version(value: str) -> str:
    parse_version(value)
    return value


AppKey = Annotated[str, AfterValidator(_app_key)]
VersionText = Annotated[str, Field(max_length=64), AfterValidator(_version)]
WebAddress = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclaredScope(_Part):
    """A scope the app needs, and why, in the vendor's words."""

    scope: AccessScope
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class Policy(_Part):
    """One document the admin agrees to. Its digest is that of its text."""

    kind: Literal["privacy", "terms"]
    url: WebAddress
    version: Line
    text: Annotated[str, Field(min_length=1, max_length=200_000)]


class VersionRange(_Part):
    """Server app versions with a migration path; both ends included, None is open."""

    start: VersionText | None = None
    end: VersionText | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.start and self.end and parse_version(self.end) < parse_version(self.start):
            raise ValueError("the range ends before it starts")
        return self


class Cloud(_Part):
    """Where the cloud app can be installed from."""

    descriptor_url: WebAddress


def _environment(value: str) -> str:
    if not ENVIRONMENT.fullmatch(value):
        raise ValueError("environment names are lower case, for example development or production")
    return value


EnvironmentName = Annotated[str, Field(max_length=100), AfterValidator(_environment)]


class ForgeEnvironment(_Part):
    """One environment of a Forge app, and where it takes its events."""

    name: EnvironmentName
    remote_url: WebAddress
    """The whole address of the endpoint that the manifest's trigger names."""


class Forge(_Part):
    """The cloud app as a Forge app."""

    app_id: UUID
    environments: Annotated[tuple[ForgeEnvironment, ...], Field(min_length=1, max_length=50)]
    events: tuple[ForgeEventType, ...] = ()
    """What its trigger listens to; nothing named means every event."""
    permissions: tuple[Line, ...] = ()
    """Its scopes on the site, such as `read:page:confluence`; `write:` ones let it change that."""

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = self.environment_names
        if len(names) != len(set(names)):
            raise ValueError("each environment is named once")
        return self

    @property
    def environment_names(self) -> list[str]:
        """The names of its environments."""
        return [environment.name for environment in self.environments]


class Manifest(_Part):
    """Everything the catalogue knows about one version of an app."""

    app_key: AppKey
    server_app_key: AppKey
    name: Line
    vendor: Line
    version: VersionText
    migration_path: MigrationPath
    server_versions: tuple[VersionRange, ...] = (VersionRange(),)
    feature_differences: WebAddress | None = None
    scopes: tuple[DeclaredScope, ...] = ()
    policies: tuple[Policy, ...] = ()
    cloud: Cloud | None = None
    forge: Forge | None = None

    @model_validator(mode="after")
    def _check_agreement(self) -> Self:
        names = [declared.scope for declared in self.scopes]
        kinds = [policy.kind for policy in self.policies]
        is_automated = self.migration_path is MigrationPath.AUTOMATED
        faults = [
            fault
            for is_wrong, fault in (
                (len(names) != len(set(names)), "each scope is declared once"),
                (len(kinds) != len(set(kinds)), "there is one policy of each kind"),
                (
                    is_automated and set(kinds) != {"privacy", "terms"},
                    "an automated path needs a privacy policy and terms to agree to",
                ),
            )
            if is_wrong
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def supports_server_version(self, version: str) -> bool:
        """Tell whether this version of the server app has a migration path."""
        return lies_between(
            version, [Between(part.start, part.end) for part in self.server_versions]
        )


class Published(Output):
    """The answer to a publication."""

    app_key: str
    version: str
    digest: str
    current_version: str


class AppOutput(Output):
    """An app of the catalogue, with what its current version says."""

    app_key: str
    server_app_key: str
    name: str
    vendor: str
    current_version: str
    versions: tuple[str, ...]
    manifest: Manifest
