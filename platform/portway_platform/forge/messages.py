"""Forge installations and logs as the admin API shows them. Source: docs/reference/admin-api.md"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from portway_platform.messages import Input, Output
from portway_sdk.wire import WireModel

FILES_PAGE_SIZE = 1000


class ForgeInstallationInput(Input):
    """Where the environment takes its events, when that is not what the manifest says."""

    remote_url: Annotated[str, Field(max_length=2000)] | None = None


class ForgeInstallationOutput(Output):
    """An environment of a Forge app on a site."""

    forge_installation_id: str
    app_key: str
    site_key: str
    forge_app_id: str
    environment: str
    remote_url: str
    installed_at: datetime


class AppTokenOutput(Output):
    """An app system token, for trying out the Forge REST by hand. It is shown this once."""

    token: str = Field(repr=False)
    expires_at: datetime


class KeyRotationOutput(Output):
    """The key that will sign tokens of Forge apps, and from when on."""

    kid: str
    signs_from: datetime


class LogOutput(Output):
    """A line an app wrote for the admin."""

    message: str
    written_at: datetime


class FilesQuery(WireModel):
    """Which page of a transfer's files."""

    last_evaluated_key: Annotated[str, Field(max_length=100)] | None = None
    page_size: Annotated[int, Field(ge=1, le=FILES_PAGE_SIZE)] = FILES_PAGE_SIZE
