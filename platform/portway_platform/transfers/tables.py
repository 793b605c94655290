"""Transfers and what the cloud app said about them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from portway_platform.catalogue.tables import apps
from portway_platform.installations.tables import installations
from portway_platform.listeners.tables import listeners
from portway_platform.metadata import Id, Json, JsonOrNull, Key, id_column, metadata
from portway_platform.migrations.tables import migrations
from portway_service.database import Instant

transfers = Table(
    "transfers",
    metadata,
    id_column(),
    Column("migration_id", Id, ForeignKey(migrations.c.id), nullable=False),
    Column("app_key", Key, ForeignKey(apps.c.key), nullable=False),
    Column("installation_id", Id, ForeignKey(installations.c.id), nullable=False),
    Column("listener_id", Id, ForeignKey(listeners.c.id), nullable=False),
    Column("rerun_of", Id),
    Column("status", String(30), nullable=False),
    Column("percent", Integer, nullable=False),
    Column("message", Text),
    Column("settled_by", String(30)),  # cloud-app, platform, admin
    Column("reason", Text),
    Column("feedback", Json),
    Column("error", Json),  # {"exceptionType", "safeStackTrace"}
    Column("export_completed_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),  # when the platform settles it by itself
    Column("settled_at", Instant),
    Index(None, "migration_id", "app_key"),
    Index(None, "installation_id", "status"),
)

# What a transfer was declared as, where it is one of several of its app, or a preload.
transfer_definitions = Table(
    "transfer_definitions",
    metadata,
    Column("transfer_id", Id, ForeignKey(transfers.c.id), primary_key=True),
    Column("name", Key),  # None for a preload
    Column("scopes", JsonOrNull),  # None: all of the app's
    Column("tags", Json, nullable=False),
    Column("depends_on", Json, nullable=False),  # names of transfers of the same app
    Column("is_blocking", Integer, nullable=False),  # 1: the customer waits for its end
    Column("is_preload", Integer, nullable=False),  # 1: sent before the migration window
)
