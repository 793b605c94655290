"""Attachments moved ahead of their pages."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "files_ahead",
        sa.Column("server_key", sa.Text(), nullable=False),
        sa.Column("site_key", sa.Text(), nullable=False),
        sa.Column("source_key", sa.String(300), nullable=False),
        sa.Column("space_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("server_key", "site_key", "source_key", name="pk_files_ahead"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_files_ahead_space_id", "files_ahead", ["space_id"])
