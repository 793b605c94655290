"""Events, their deliveries to endpoints, and each attempt."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from portway_platform.installations.tables import installations
from portway_platform.metadata import Id, JsonAsSent, id_column, metadata
from portway_platform.transfers.tables import transfers
from portway_service.database import Instant
from portway_service.vault import Sealed

events = Table(
    "events",
    metadata,
    id_column(),  # the contract's messageId
    Column("transfer_id", Id, ForeignKey(transfers.c.id), nullable=False, index=True),
    Column("installation_id", Id, ForeignKey(installations.c.id), nullable=False),
    Column("event_type", String(60), nullable=False),
    Column("payload", JsonAsSent, nullable=False),
    Column("created_at", Instant, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    id_column(),
    Column("event_id", Id, ForeignKey(events.c.id), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("status", String(20), nullable=False),  # PENDING, DELIVERED, GIVEN_UP
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    # Once it was sent again: how many attempts there were before, and when its time began anew.
    Column("attempts_before", Integer, nullable=False, server_default="0"),
    Column("tried_from", Instant),
    Index(None, "created_at", "id"),
)

attempts = Table(
    "delivery_attempts",
    metadata,
    Column("delivery_id", Id, ForeignKey(deliveries.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant, nullable=False),
    Column("http_status", Integer),
    Column("problem", Text),
    PrimaryKeyConstraint("delivery_id", "number"),
)

# Addresses that failed at least once.
event_endpoints = Table(
    "event_endpoints",
    metadata,
    Column("installation_id", Id, ForeignKey(installations.c.id), nullable=False),
    Column("lane", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("failing_since", Instant),  # null while it answers
    Column("disabled_at", Instant),  # null unless it is switched off
    PrimaryKeyConstraint("installation_id", "lane"),
)

webhook_keys = Table(
    "webhook_keys",
    metadata,
    id_column(),
    Column("installation_id", Id, ForeignKey(installations.c.id), nullable=False),
    Column("secret", Sealed("webhook secret"), nullable=False),
    Column("seed", Sealed("webhook key pair"), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant),  # null for the newest
    Index(
        "uq_webhook_keys_newest",
        "installation_id",
        unique=True,
        sqlite_where=text("ends_at IS NULL"),
        postgresql_where=text("ends_at IS NULL"),
    ),
)
