"""Sizes of encrypted files; endpoints, keys and notices of events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NEWEST = sa.text("ends_at IS NULL")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("app_data", sa.Column("stored_bytes", sa.BigInteger(), nullable=True))
    op.add_column(
        "deliveries",
        sa.Column("attempts_before", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column("deliveries", sa.Column("tried_from", sa.BigInteger(), nullable=True))
    op.create_index(
        op.f("ix_deliveries_created_at_id"), "deliveries", ["created_at", "id"], unique=False
    )
    op.create_table(
        "event_endpoints",
        sa.Column("installation_id", sa.String(length=36), nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installations.id"],
            name=op.f("fk_event_endpoints_installation_id"),
        ),
        sa.PrimaryKeyConstraint("installation_id", "lane", name=op.f("pk_event_endpoints")),
    )
    op.create_table(
        "webhook_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("installation_id", sa.String(length=36), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installations.id"], name=op.f("fk_webhook_keys_installation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_keys")),
    )
    op.create_index(
        "uq_webhook_keys_newest",
        "webhook_keys",
        ["installation_id"],
        unique=True,
        sqlite_where=NEWEST,
        postgresql_where=NEWEST,
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_created_at"), "notices", ["created_at"], unique=False)


def downgrade() -> None:
    """Bring the schema back to the version before."""
    op.drop_index(op.f("ix_notices_created_at"), table_name="notices")
    op.drop_table("notices")
    op.drop_index(
        "uq_webhook_keys_newest",
        table_name="webhook_keys",
        sqlite_where=NEWEST,
        postgresql_where=NEWEST,
    )
    op.drop_table("webhook_keys")
    op.drop_table("event_endpoints")
    op.drop_index(op.f("ix_deliveries_created_at_id"), table_name="deliveries")
    op.drop_column("deliveries", "tried_from")
    op.drop_column("deliveries", "attempts_before")
    op.drop_column("app_data", "stored_bytes")
