"""Spaces of a site."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, UniqueConstraint

from portway_cloud_site.metadata import id_column, metadata, site_column
from portway_service.database import Instant

spaces = Table(
    "wiki_spaces",
    metadata,
    site_column(),
    id_column(),
    Column("key", String(255), nullable=False),
    Column("key_folded", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("type", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("author_id", BigInteger),  # in wiki_people; null for nobody known
    Column("created_at", Instant),
    Column("homepage_id", BigInteger),  # in wiki_contents
    Column("revision", Integer, nullable=False),
    Column("trashed_at", Instant),  # null unless in the trash; its key stays taken
    UniqueConstraint("site_id", "key_folded"),
)
