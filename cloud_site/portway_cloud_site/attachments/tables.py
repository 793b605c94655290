"""Attachments of spaces, pages, blog posts and comments."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from portway_cloud_site.metadata import id_column, metadata, site_column
from portway_service.database import Instant

attachments = Table(
    "wiki_attachments",
    metadata,
    site_column(),
    id_column(),
    Column("container_id", BigInteger, nullable=False),
    Column("container_kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("media_type", String(255), nullable=False),
    Column("comment", Text),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stored", Boolean, nullable=False),  # the bytes are on disk; not shown before
    Column("author_id", BigInteger),
    Column("created_at", Instant),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Index(None, "site_id", "container_id", "title"),
)
