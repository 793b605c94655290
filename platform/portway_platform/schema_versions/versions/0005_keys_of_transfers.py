"""Keys of transfers, and JSON that keeps the order of its members."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "transfer_keys",
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_keys_transfer_id")
        ),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_transfer_keys")),
    )
    # Files stored before stay as they are: null says that they are not encrypted.
    op.add_column("app_data", sa.Column("cipher", sa.String(length=20), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        _change_type(sa.JSON())


def downgrade() -> None:
    """Bring the schema back to the version before."""
    if op.get_bind().dialect.name == "postgresql":
        _change_type(postgresql.JSONB())
    op.drop_column("app_data", "cipher")
    op.drop_table("transfer_keys")


def _change_type(wanted: sa.types.TypeEngine[object]) -> None:
    for table, column in (("events", "payload"), ("idempotency_keys", "answer")):
        op.alter_column(
            table, column, type_=wanted, postgresql_using=f"{column}::{wanted.__class__.__name__}"
        )
