"""Destination sites, source servers, and the pairs that mappings hang on."""

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint

from portway_platform.metadata import Id, Key, id_column, metadata
from portway_service.database import Instant

sites = Table(
    "sites",
    metadata,
    id_column(),
    Column("key", Key, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("product", String(20), nullable=False),
    Column("client_key", Id, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("region", String(10)),  # where its data is kept, such as EU; none is pinned without
)

servers = Table(
    "servers",
    metadata,
    id_column(),
    Column("key", Key, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("product", String(20), nullable=False),
    Column("base_url", Text),
    Column("created_at", Instant, nullable=False),
)

# The contract's migrationScopeId: one source server and one destination site.
pairs = Table(
    "pairs",
    metadata,
    id_column(),
    Column("server_id", Id, ForeignKey(servers.c.id), nullable=False),
    Column("site_id", Id, ForeignKey(sites.c.id), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("server_id", "site_id"),
)
