"""Older versions. The newest one is the content, or the attachment, itself."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from portway_cloud_site.metadata import id_column, metadata, site_column
from portway_service.database import Instant

versions = Table(
    "wiki_versions",
    metadata,
    site_column(),
    id_column(),
    Column("content_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),  # may repeat, where the source's did
    Column("title", Text, nullable=False),
    Column("representation", String(16), nullable=False),
    Column("author_id", BigInteger),
    Column("created_at", Instant),
    Column("message", Text),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),  # last: a list that leaves it out never reads it
    Index(None, "site_id", "content_id", "version"),
)

attachment_versions = Table(
    "wiki_attachment_versions",
    metadata,
    site_column(),
    id_column(),
    Column("attachment_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("media_type", String(255), nullable=False),
    Column("comment", Text),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stored", Boolean, nullable=False),  # the bytes are on disk; not shown before
    Column("author_id", BigInteger),
    Column("created_at", Instant),
    Column("revision", Integer, nullable=False),
    Index(None, "site_id", "attachment_id", "version"),
)
