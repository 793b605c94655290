"""Installed server apps, and the decisions about them."""

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, String, Table, Text

from portway_platform.metadata import Id, Key, metadata
from portway_platform.sites.tables import servers, sites
from portway_service.database import Instant

installed_apps = Table(
    "installed_apps",
    metadata,
    Column("server_id", Id, ForeignKey(servers.c.id), nullable=False),
    Column("server_app_key", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", String(64), nullable=False),
    Column("vendor", Text),
    PrimaryKeyConstraint("server_id", "server_app_key"),
)

app_decisions = Table(
    "app_decisions",
    metadata,
    Column("server_id", Id, ForeignKey(servers.c.id), nullable=False),
    Column("site_id", Id, ForeignKey(sites.c.id), nullable=False),
    Column("server_app_key", Key, nullable=False),
    Column("decision", String(20), nullable=False),
    Column("alternative", Text),  # the app chosen instead
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    PrimaryKeyConstraint("server_id", "site_id", "server_app_key"),
)
"""An app without a row here has no decision yet."""
