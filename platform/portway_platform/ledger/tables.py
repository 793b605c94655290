"""Entries, the tree over them, and how far both have come."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from portway_platform.metadata import Id, Json, Key, metadata
from portway_service.database import Instant

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    # What entries are searched by; the same stands in `raw`, which alone counts.
    Column("app_key", Key),
    Column("record_id", Id),
    Column("transfer_id", Id),
    Column("raw", Text, nullable=False),
    Index(None, "app_key", "index"),
    Index(None, "record_id", "index"),
    Index(None, "transfer_id", "index"),
)

ledger_nodes = Table(
    "ledger_nodes",
    metadata,
    Column("level", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "position"),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("origin", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("peaks", Json, nullable=False),  # of the tree, in hex, the largest first
    Column("checkpoint", Text, nullable=False),
)
