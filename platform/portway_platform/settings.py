"""What a platform process is started with."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from portway_platform.rate_limits.rules import RateLimits
from portway_service.clock import Clock, SystemClock
from portway_service.ids import Ids, RandomIds
from portway_service.outbound import Outbound


@dataclass(frozen=True)
class PlatformSettings:
    """Everything the platform needs to know, read once.

    `public_url` has no trailing slash: it is the start of every address handed out.
    `files_url` is a folder (`file:///…` or a path) or an object store (`s3://bucket/prefix`).
    """

    database_url: str
    files_url: str
    keys_folder: Path
    public_url: str
    admin_token: str = field(repr=False)
    master_keys: tuple[bytes, ...] = field(default=(), repr=False)
    """What secrets in the database are wrapped with, the newest first; by default a key in a file
    of the keys folder. 32 bytes each."""
    outbound: Outbound = Outbound.PUBLIC
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=RandomIds)
    upload_limit_bytes: int = 25 * 1000**3
    event_timeout_seconds: float = 5.0
    lease_seconds: int = 60
    delivery_lease_seconds: float = 60.0
    transfer_life: timedelta = timedelta(days=14)
    forge_inactivity: timedelta = timedelta(minutes=15)
    cancellation_from: timedelta = timedelta(minutes=30)
    cancellation_grace: timedelta = timedelta(minutes=60)
    address_life: timedelta = timedelta(hours=1)
    upload_life: timedelta = timedelta(days=7)
    """How long an upload may take, from its creation to its last byte."""
    app_data_retention: timedelta = timedelta(days=7)
    """How long the files of a settled transfer are kept, encrypted and out of everybody's reach."""
    check_time_limit: timedelta = timedelta(minutes=5)
    enrolment_life: timedelta = timedelta(days=7)
    rate_limits: RateLimits = field(default_factory=RateLimits)
