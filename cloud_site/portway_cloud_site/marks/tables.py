"""Likes, watches, properties and templates."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from portway_cloud_site.metadata import id_column, metadata, site_column
from portway_service.database import Instant

likes = Table(
    "wiki_likes",
    metadata,
    site_column(),
    id_column(),
    Column("container_id", BigInteger, nullable=False),
    Column("container_kind", String(16), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("created_at", Instant),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("site_id", "container_id", "person_id"),
)

watches = Table(
    "wiki_watches",
    metadata,
    site_column(),
    id_column(),
    Column("container_id", BigInteger, nullable=False),
    Column("container_kind", String(16), nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("type", String(64)),  # of a space's content, where only that is watched
    Column("revision", Integer, nullable=False),
    Index(None, "site_id", "container_id", "person_id"),
)

properties = Table(
    "wiki_properties",
    metadata,
    site_column(),
    id_column(),
    Column("container_id", BigInteger, nullable=False),
    Column("container_kind", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("number", BigInteger),
    Column("instant", Instant),
    Column("revision", Integer, nullable=False),
    Column("text", Text),
    Index(None, "site_id", "container_id", "name"),
)

templates = Table(
    "wiki_templates",
    metadata,
    site_column(),
    id_column(),
    Column("space_id", BigInteger),  # null for one of the whole site
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("representation", String(16), nullable=False),
    Column("author_id", BigInteger),
    Column("created_at", Instant),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "site_id", "space_id"),
)
