"""Installations as the admin API shows them. Source: docs/reference/admin-api.md"""

from typing import Literal

from portway_platform.catalogue.messages import WebAddress
from portway_platform.installations.rules import InstallationStatus
from portway_platform.messages import Input, Output


class InstallationInput(Input):
    """Where to install an app from."""

    descriptor_url: WebAddress
    reinstall: bool = False
    """Begin anew even where it is in force from there: the app gets a new secret."""


class StatusInput(Input):
    """Whether an app may work on the site."""

    status: Literal[InstallationStatus.ENABLED, InstallationStatus.DISABLED]


class InstallationOutput(Output):
    """An app on a site."""

    installation_id: str
    app_key: str
    site_key: str
    status: InstallationStatus
    base_url: str
