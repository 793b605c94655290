"""Token buckets that every process of the platform draws from."""

from sqlalchemy import Column, String, Table

from portway_platform.metadata import metadata
from portway_service.database import Instant

rate_buckets = Table(
    "rate_buckets",
    metadata,
    Column("subject", String(64), primary_key=True),  # digest of whose bucket it is
    Column("full_at", Instant, nullable=False),  # when it will be full, if nobody draws again
)
