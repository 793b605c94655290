"""Sites, and the counter that gives out their ids."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from portway_cloud_site.metadata import metadata
from portway_service.database import Instant

sites = Table(
    "wiki_sites",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", String(63), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("next_id", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
)
