"""What a cloud site process is started with."""

from dataclasses import dataclass, field
from pathlib import Path

from portway_cloud_site.access import AppAuthenticator
from portway_service.admin_access import AdminAccess
from portway_service.clock import Clock, SystemClock
from portway_service.database import Database
from portway_service.ids import Ids, RandomIds


@dataclass(frozen=True)
class Limits:
    """How much one request may bring."""

    batch_lines: int = 1_000
    batch_bytes: int = 8 << 20
    """Of a batch of items, hence also of one item; and of a page sent to the product REST."""
    ids: int = 20_000
    """Source keys in one request for ids."""
    files: int = 1_000
    """Files in one request to the multi-file door; their size is not limited."""


@dataclass(frozen=True)
class CloudSiteSettings:
    """Everything the cloud site needs to know, read once.

    Args:
        database: An SQLAlchemy URL, or a database another room opened already.
        files_folder: Where the bytes of attachments lie; made when absent.
        public_url: The start of every address handed out, without a trailing slash.
        admin: Recognises admins.
        app_authenticator: Recognises the apps installed on a site.
    """

    database: str | Database
    files_folder: Path
    public_url: str
    admin: AdminAccess
    app_authenticator: AppAuthenticator
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=RandomIds)
    limits: Limits = field(default_factory=Limits)
