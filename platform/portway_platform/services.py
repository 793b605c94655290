"""What every feature of the platform works with, opened once per process."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from portway_platform.app_data.files import Files
from portway_platform.keys.store import Keys
from portway_platform.ledger.service import Ledger
from portway_platform.rate_limits.limiter import RateLimiter
from portway_platform.settings import PlatformSettings
from portway_service.clock import Clock
from portway_service.database import Database
from portway_service.endpoints import Api
from portway_service.ids import Ids

OpenClient = Callable[[float], httpx.Client]
"""Opens a client for addresses others chose; the argument is its time limit in seconds."""


@dataclass(frozen=True)
class Services:
    """Settings, database, keys, files and outgoing calls: the first argument of every feature."""

    settings: PlatformSettings
    database: Database
    keys: Keys
    files: Files
    open_client: OpenClient
    rate_limiter: RateLimiter
    ledger: Ledger

    @property
    def clock(self) -> Clock:
        """The clock everything goes by."""
        return self.settings.clock

    @property
    def ids(self) -> Ids:
        """Where identifiers and secrets come from."""
        return self.settings.ids


@dataclass(frozen=True)
class Interfaces:
    """The platform's doors. A feature's `endpoints(services, interfaces)` adds to them.

    Paths of `connect` are relative to `…/rest/atlassian-connect/1/migration`, those of `admin` to
    `/admin/v1`, of `gateway` to `/gateway/v1`, of `forge` to
    `/app/migration/forge/v1`, of `public` to the public address.
    """

    admin: Api
    connect: Api
    gateway: Api
    forge: Api
    public: Api
