"""Published apps and their versions."""

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, String, Table, Text

from portway_platform.metadata import Json, Key, metadata
from portway_service.database import Instant

apps = Table(
    "apps",
    metadata,
    Column("key", Key, primary_key=True),  # the cloud app key
    Column("server_app_key", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("current_version", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
)

app_versions = Table(
    "app_versions",
    metadata,
    Column("app_key", Key, ForeignKey(apps.c.key), nullable=False),
    Column("version", String(64), nullable=False),
    Column("manifest", Json, nullable=False),  # as validated; see catalogue/messages.py
    Column("digest", String(64), nullable=False),
    Column("published_at", Instant, nullable=False),
    PrimaryKeyConstraint("app_key", "version"),
)
