"""Sizes of encrypted files."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("app_data", sa.Column("stored_bytes", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Bring the schema back to the version before."""
    op.drop_column("app_data", "stored_bytes")
