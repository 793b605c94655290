"""Server apps at the gateway, and the work handed to them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from portway_platform.catalogue.tables import apps
from portway_platform.metadata import Id, Json, Key, id_column, metadata
from portway_platform.sites.tables import servers, sites
from portway_service.database import Instant

enrolments = Table(
    "enrolments",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    Column("server_id", Id, ForeignKey(servers.c.id), nullable=False),
    Column("app_key", Key, ForeignKey(apps.c.key), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_by_key_id", String(64)),
)

listeners = Table(
    "listeners",
    metadata,
    id_column(),
    Column("server_id", Id, ForeignKey(servers.c.id), nullable=False),
    Column("app_key", Key, ForeignKey(apps.c.key), nullable=False),
    Column("server_app_key", Key, nullable=False),
    Column("key_id", String(64), nullable=False, unique=True),
    Column("public_key", Text, nullable=False),  # JWK member x
    Column("declaration", Json, nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    Column("last_seen_at", Instant),
    UniqueConstraint("server_id", "app_key"),
)

check_runs = Table(
    "check_runs",
    metadata,
    id_column(),
    Column("listener_id", Id, ForeignKey(listeners.c.id), nullable=False, index=True),
    Column("site_id", Id, ForeignKey(sites.c.id), nullable=False),
    Column("specs", Json, nullable=False),  # the checks as declared when the run began
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),  # what has not answered by then is broken
)

listener_work = Table(
    "listener_work",
    metadata,
    id_column(),
    Column("listener_id", Id, ForeignKey(listeners.c.id), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("transfer_id", Id, index=True),
    Column("check_run_id", Id, index=True),
    Column("payload", Json, nullable=False),
    Column("status", String(20), nullable=False),  # WAITING, LEASED, DONE, FAILED, DROPPED
    Column("attempt", Integer, nullable=False),  # how often it was handed out
    Column("lease_until", Instant),
    Column("result", Json),
    Column("created_at", Instant, nullable=False),
    Index(None, "listener_id", "status", "created_at"),
)
