"""Files of transfers."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from portway_platform.metadata import Id, id_column, metadata
from portway_platform.transfers.tables import transfers
from portway_service.database import Instant

app_data = Table(
    "app_data",
    metadata,
    id_column(),  # the contract's s3Key
    Column("transfer_id", Id, ForeignKey(transfers.c.id), nullable=False),
    Column("label", Text),
    Column("data_class", String(40)),
    Column("status", String(20), nullable=False),  # INCOMING, STORED, DELETED
    Column("offset_bytes", BigInteger, nullable=False),  # what was acknowledged
    Column("size_bytes", BigInteger),  # known once declared or complete
    Column("sha256", String(64)),
    Column("cipher", String(20)),  # how the stored bytes are encrypted; null: not at all
    Column("stored_bytes", BigInteger),  # how many they are, of what was acknowledged
    Column("creation_key", String(100)),  # Idempotency-Key of the creation
    Column("created_at", Instant, nullable=False),
    Column("stored_at", Instant),
    Index(None, "transfer_id", "status", "stored_at"),
    Index(None, "transfer_id", "creation_key", unique=True),
)

# What the files of a transfer are encrypted with, wrapped by the master key. A key that was
# destroyed is null, and with it the files are noise.
transfer_keys = Table(
    "transfer_keys",
    metadata,
    Column("transfer_id", Id, ForeignKey(transfers.c.id), primary_key=True),
    Column("wrapped_key", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
)

# Where files are kept as objects, a file is the concatenation of its parts.
app_data_parts = Table(
    "app_data_parts",
    metadata,
    Column("app_data_id", Id, ForeignKey(app_data.c.id), nullable=False),
    Column("offset_bytes", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("app_data_id", "offset_bytes"),
)
