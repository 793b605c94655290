"""Where the installation of a cloud app on a site stands.

Source: docs/reference/connect-api.md#installation
"""

from collections.abc import Iterable
from enum import StrEnum


class InstallationStatus(StrEnum):
    """How far the app has been told. Each step is kept before the next call is made."""

    INSTALLING = "INSTALLING"
    """The secret is kept; the app has not accepted it yet."""
    INSTALLED = "INSTALLED"
    """The app accepted `installed`; `enabled` is still to be told."""
    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    UNINSTALLED = "UNINSTALLED"


IN_FORCE = (InstallationStatus.INSTALLED, InstallationStatus.ENABLED)
"""The app holds the secret and may call: some do so while they handle `enabled`."""

_WRITING = frozenset({"WRITE", "DELETE", "PROJECT_ADMIN", "SPACE_ADMIN", "ADMIN"})


def may_write(scopes: Iterable[str]) -> bool:
    """Tell whether Connect scopes let an app change a site; the higher ones include WRITE."""
    return not _WRITING.isdisjoint(scopes)
