"""Forge apps on sites, the Forge side of transfers, and what apps said about it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from portway_platform.installations.tables import installations
from portway_platform.metadata import Id, Json, id_column, metadata
from portway_platform.transfers.tables import transfers
from portway_service.database import Instant

# An app is installed on a site once, and there in any number of environments.
forge_installations = Table(
    "forge_installations",
    metadata,
    id_column(),
    Column("installation_id", Id, ForeignKey(installations.c.id), nullable=False),
    Column("environment", String(100), nullable=False),  # lower case
    Column("forge_app_id", Id, nullable=False),
    Column("app_version", String(64), nullable=False),
    Column("remote_url", Text, nullable=False),
    Column("events", Json, nullable=False),  # what it listens to; empty means everything
    Column("is_installed", Integer, nullable=False),  # 1, or 0 once it was taken away
    Column("installed_at", Instant, nullable=False),
    UniqueConstraint("installation_id", "environment"),
)

# A transfer that goes to a Forge app; one without a row goes to a Connect app.
forge_transfers = Table(
    "forge_transfers",
    metadata,
    Column("transfer_id", Id, ForeignKey(transfers.c.id), primary_key=True),
    Column("forge_installation_id", Id, ForeignKey(forge_installations.c.id), nullable=False),
    Column("uploaded", Integer, nullable=False),  # files stored, each with an event
    Column("processed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("uploaded_at", Instant),  # the last upload; the start of the listener's work before
    Column("active_at", Instant),  # the last upload or acknowledgement; likewise
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("message_id", Id, primary_key=True),
    Column("transfer_id", Id, ForeignKey(transfers.c.id), nullable=False, index=True),
    Column("status", String(20), nullable=False),  # SUCCESS, FAILED
    Column("acknowledged_at", Instant, nullable=False),
)

transfer_logs = Table(
    "transfer_logs",
    metadata,
    id_column(),
    Column("transfer_id", Id, ForeignKey(transfers.c.id), nullable=False),
    Column("message", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Index(None, "transfer_id", "written_at"),
)
