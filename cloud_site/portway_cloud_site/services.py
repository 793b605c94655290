"""What every feature of the cloud site works with, opened once per process."""

from dataclasses import dataclass

from portway_cloud_site.access import AppCaller, Gatekeeper
from portway_cloud_site.addresses import Addresses
from portway_cloud_site.attachments.files import FileStore
from portway_cloud_site.permissions.viewer import EVERYTHING, Viewer
from portway_cloud_site.settings import CloudSiteSettings, Limits
from portway_cloud_site.sites.rules import Site
from portway_service.admin_access import Admin
from portway_service.clock import Clock
from portway_service.database import Database
from portway_service.endpoints import Api
from portway_service.ids import Ids


@dataclass(frozen=True)
class Services:
    """Settings, database and files: the first argument of every feature."""

    settings: CloudSiteSettings
    database: Database
    files: FileStore
    addresses: Addresses
    gatekeeper: Gatekeeper

    @property
    def clock(self) -> Clock:
        """The clock everything goes by."""
        return self.settings.clock

    @property
    def ids(self) -> Ids:
        """Where random identifiers come from."""
        return self.settings.ids

    @property
    def limits(self) -> Limits:
        """How much one request may bring."""
        return self.settings.limits


@dataclass(frozen=True)
class Visit:
    """An admitted call: who calls, and at which site. Handlers get it as `call.admitted`."""

    site: Site
    caller: Admin | AppCaller
    viewer: Viewer = EVERYTHING
    """Whom what is read is for."""

    @property
    def is_admin(self) -> bool:
        """Whether an admin calls, who sees what apps do not: e-mail addresses."""
        return isinstance(self.caller, Admin)


@dataclass(frozen=True)
class Interfaces:
    """The doors of a site. A feature's `add_endpoints(services, interfaces)` adds to them."""

    product: Api
    """`/sites/{site}/wiki/api/v2`"""
    classic: Api
    """`/sites/{site}/wiki/rest/api`, the first version of the product REST"""
    bulk: Api
    """`/sites/{site}/wiki/portway/v1`"""
    founding: Api
    """`/sites/{site}/wiki/portway/v1`, for a site that may not be there yet."""
    downloads: Api
    """`/sites/{site}/wiki/download`"""
