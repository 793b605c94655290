"""The trash: rows deleted because their source has them no longer."""

import sqlalchemy as sa
from alembic import op

from portway_cloud_site.metadata import ByteOrderedText
from portway_service.database import Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "wiki_trash",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("source_key", ByteOrderedText, nullable=True),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("kept_table", sa.String(length=64), nullable=False),
        sa.Column("kept_row", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_trash_site_id")),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_trash")),
    )
    op.create_index(
        "ix_wiki_trash_site_id_source_source_key",
        "wiki_trash",
        ["site_id", "source", "source_key"],
    )
