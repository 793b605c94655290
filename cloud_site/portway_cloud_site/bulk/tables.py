"""The sources of a site; where each item came from; ids kept for items still to come."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, UniqueConstraint

from portway_cloud_site.metadata import ByteOrderedText, metadata, site_column
from portway_service.database import Instant

MAX_RUN = 64
CLAIMED = "claimed"
"""How a key came to stand for its entity, beside created and merged: an admin said who it is."""

sources = Table(
    "wiki_sources",
    metadata,
    site_column(),
    Column("name", String(128), primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
)

origins = Table(
    "wiki_origins",
    metadata,
    site_column(),
    Column("source", String(128), primary_key=True),
    Column("source_key", ByteOrderedText, primary_key=True),
    Column("entity_id", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),  # how it came here
    # The entity again, unless another key of the source stood for it before: then this is an alias.
    Column("canonical_for", BigInteger),
    Column("digest", LargeBinary, nullable=False),  # of the item as it was last taken
    Column("revision", Integer, nullable=False),  # of the entity when it was last written from here
    # The references as sent, where they name an alias: the account alone would not tell which.
    Column("author_alias", ByteOrderedText),
    Column("last_author_alias", ByteOrderedText),
    # The run that last wrote it and what that run was told, to be told the same again.
    Column("run_id", String(MAX_RUN)),
    Column("run_outcome", String(16)),
    UniqueConstraint("site_id", "canonical_for", "source"),
    sqlite_with_rowid=False,
)

reservations = Table(
    "wiki_reservations",
    metadata,
    site_column(),
    Column("source", String(128), primary_key=True),
    Column("source_key", ByteOrderedText, primary_key=True),
    Column("entity_id", BigInteger, nullable=False),
    UniqueConstraint("site_id", "entity_id", "source"),
    sqlite_with_rowid=False,
)
"""Ids given out for items that are still to come. A row goes when its item arrives."""
