"""Migrations, their containers, and the id mappings of each server and site."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from portway_platform.metadata import Id, Key, id_column, metadata
from portway_platform.sites.tables import pairs
from portway_service.database import Instant

# Keys sort by bytes on both databases: paging walks the primary key.
ByteOrdered = String(500).with_variant(String(500, collation="C"), "postgresql")

migrations = Table(
    "migrations",
    metadata,
    id_column(),
    Column("pair_id", Id, ForeignKey(pairs.c.id), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("core_status", String(20), nullable=False),  # RUNNING, FINISHED, INCOMPLETE, FAILED
    Column("created_at", Instant, nullable=False),
)

containers = Table(
    "containers",
    metadata,
    Column("migration_id", Id, ForeignKey(migrations.c.id), nullable=False),
    Column("type", String(30), nullable=False),
    Column("source_id", ByteOrdered, nullable=False),
    Column("key", Key, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("migration_id", "type", "source_id"),
)

# All mappings of one namespace between one server and one site. Its short id stands in each row
# of `mappings` for both: that halves the table, and with it the pages a walk reads.
mapping_sets = Table(
    "mapping_sets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pair_id", Id, ForeignKey(pairs.c.id), nullable=False),
    Column("namespace", String(100), nullable=False),
    UniqueConstraint("pair_id", "namespace"),
)

mappings = Table(
    "mappings",
    metadata,
    Column("set_id", Integer, nullable=False),
    Column("server_key", ByteOrdered, nullable=False),
    Column("cloud_id", Text, nullable=False),
    Column("migration_id", Id, nullable=False),  # the run that brought the present value
    Column("version", BigInteger, nullable=False),  # counts the values this key has had
    PrimaryKeyConstraint("set_id", "server_key"),
    sqlite_with_rowid=False,
)

# Values that are no longer so: replaced by another, or deleted. A key that never changed has none.
former_mappings = Table(
    "former_mappings",
    metadata,
    Column("set_id", Integer, nullable=False),
    Column("server_key", ByteOrdered, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("cloud_id", Text, nullable=False),
    Column("migration_id", Id, nullable=False),  # the run that brought this value
    Column("ended_at", Instant, nullable=False),
    PrimaryKeyConstraint("set_id", "server_key", "version"),
    sqlite_with_rowid=False,
)
