"""Answers kept by Idempotency-Key, so that a repeated creation gives the first answer again."""

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, String, Table, Text

from portway_platform.metadata import JsonAsSent, metadata
from portway_service.database import Instant

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", String(100), nullable=False),
    Column("key", String(100), nullable=False),
    Column("request_digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", JsonAsSent),
    Column("request", Text, nullable=False),  # method and path
    Column("created_at", Instant, nullable=False, index=True),
    PrimaryKeyConstraint("caller", "key"),
)
