"""Comments on pages, blog posts and attachments."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from portway_cloud_site.metadata import ByteOrderedText, id_column, metadata, site_column
from portway_service.database import Instant

comments = Table(
    "wiki_comments",
    metadata,
    site_column(),
    id_column(),
    Column("container_id", BigInteger, nullable=False),
    Column("container_kind", String(16), nullable=False),
    Column("parent_id", BigInteger),
    Column("inline", Boolean, nullable=False),  # itself, or the thread it belongs to
    Column("marker_ref", Text),
    Column("selection", Text),
    Column("resolved", Boolean),  # null unless the comment itself is tied to a selection
    Column("resolved_by_id", BigInteger),
    Column("resolved_by_key", ByteOrderedText),  # as sent: several keys may be one account
    Column("resolved_at", Instant),
    Column("representation", String(16), nullable=False),
    Column("author_id", BigInteger),
    Column("created_at", Instant),
    Column("last_author_id", BigInteger),
    Column("updated_at", Instant),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "site_id", "container_id"),
    Index(None, "site_id", "parent_id"),
)
