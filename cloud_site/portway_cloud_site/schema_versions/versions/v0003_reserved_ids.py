"""Ids given out before the items that will have them; spaces in the trash."""

import sqlalchemy as sa
from alembic import op

from portway_service.database import Instant

revision = "0003"
down_revision = "0002"

BYTE_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table of reservations, and the mark of what is in the trash."""
    op.create_table(
        "wiki_reservations",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("source_key", BYTE_ORDERED, nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_reservations_site_id")
        ),
        sa.PrimaryKeyConstraint(
            "site_id", "source", "source_key", name=op.f("pk_wiki_reservations")
        ),
        sa.UniqueConstraint(
            "site_id",
            "entity_id",
            "source",
            name=op.f("uq_wiki_reservations_site_id_entity_id_source"),
        ),
        sqlite_with_rowid=False,
    )
    op.add_column("wiki_spaces", sa.Column("trashed_at", Instant(), nullable=True))
