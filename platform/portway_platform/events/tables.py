"""Events, their deliveries to endpoints, and each attempt."""

from sqlalchemy import Column, ForeignKey, Integer, PrimaryKeyConstraint, String, Table, Text

from portway_platform.installations.tables import installations
from portway_platform.metadata import Id, JsonAsSent, id_column, metadata
from portway_platform.transfers.tables import transfers
from portway_service.database import Instant

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
