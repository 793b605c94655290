"""Deleted rows, whole, so that what was deleted by mistake is not lost."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from portway_cloud_site.metadata import ByteOrderedText, id_column, metadata, site_column
from portway_service.database import Instant

trash = Table(
    "wiki_trash",
    metadata,
    site_column(),
    id_column(),
    Column("source", String(128), nullable=False),
    Column("source_key", ByteOrderedText),  # null for what was added here to a deleted thing
    Column("entity_id", BigInteger, nullable=False),
    Column("kept_table", String(64), nullable=False),
    Column("kept_row", Text, nullable=False),  # JSON
    Column("run_id", String(64)),
    Column("deleted_at", Instant, nullable=False),
    Index(None, "site_id", "source", "source_key"),
)
