"""Notices to the admin."""

from sqlalchemy import Column, String, Table

from portway_platform.metadata import Id, Json, id_column, metadata
from portway_service.database import Instant

notices = Table(
    "notices",
    metadata,
    id_column(),
    Column("kind", String(40), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("facts", Json, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
    Column("read_at", Instant),
)
