"""Pages and blog posts, in one table: a blog post is a page without a place in the tree."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from portway_cloud_site.metadata import id_column, metadata, site_column
from portway_service.database import Instant

PAGE = "page"
BLOG_POST = "blogPost"
CURRENT = "current"
ARCHIVED = "archived"

contents = Table(
    "wiki_contents",
    metadata,
    site_column(),
    id_column(),
    Column("kind", String(16), nullable=False),
    Column("space_id", BigInteger, nullable=False),
    Column("parent_id", BigInteger),
    Column("position", BigInteger),
    Column("status", String(16), nullable=False),
    # A restriction on reading belongs to it: without one it is closed to everybody.
    Column("restricted", Boolean, nullable=False, server_default=false()),
    Column("title", Text, nullable=False),
    Column("title_key", Text),  # folded; null where it may occur twice: blog posts, archived
    Column("representation", String(16), nullable=False),
    Column("author_id", BigInteger),
    Column("created_at", Instant),
    Column("last_author_id", BigInteger),
    Column("updated_at", Instant),
    Column("version", Integer, nullable=False),
    Column("version_message", Text),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),  # last: a list that leaves it out never reads it
    UniqueConstraint("site_id", "title_key", "space_id"),
    Index(None, "site_id", "space_id", "kind"),
    Index(None, "site_id", "space_id", "parent_id"),
    Index(None, "site_id", "parent_id"),
    Index(None, "site_id", "restricted"),
)
