"""Installations as the admin API shows them. Source: docs/reference/admin-api.md"""

from portway_platform.catalogue.messages import WebAddress
from portway_platform.installations.rules import InstallationStatus
from portway_platform.messages import Input, Output


class InstallationInput(Input):
    """Where to install an app from."""

    descriptor_url: WebAddress


class InstallationOutput(Output):
    """An app on a site."""

    installation_id: str
    app_key: str
    site_key: str
    status: InstallationStatus
    base_url: str
