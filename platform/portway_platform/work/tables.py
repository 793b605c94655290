"""Due work: what must happen later, in the same database as the change that caused it."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from portway_platform.metadata import Id, Json, metadata
from portway_service.database import Instant

due_work = Table(
    "due_work",
    metadata,
    Column("kind", String(40), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("lane", String(64), nullable=False),  # "" unless the kind runs in lanes
    Column("payload", Json, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),  # how often it was claimed
    Column("lease_until", Instant),
    Column("lease_owner", Text),
    PrimaryKeyConstraint("kind", "subject_id"),
    Index(None, "kind", "lane", "due_at"),
)
