"""Forge apps, several transfers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "forge_installations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("installation_id", sa.String(length=36), nullable=False),
        sa.Column("environment", sa.String(length=100), nullable=False),
        sa.Column("forge_app_id", sa.String(length=36), nullable=False),
        sa.Column("app_version", sa.String(length=64), nullable=False),
        sa.Column("remote_url", sa.Text(), nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("is_installed", sa.Integer(), nullable=False),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installations.id"],
            name=op.f("fk_forge_installations_installation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forge_installations")),
        sa.UniqueConstraint(
            "installation_id",
            "environment",
            name=op.f("uq_forge_installations_installation_id_environment"),
        ),
    )
    op.create_table(
        "acknowledgements",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_acknowledgements_transfer_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_acknowledgements")),
    )
    op.create_index(
        op.f("ix_acknowledgements_transfer_id"), "acknowledgements", ["transfer_id"], unique=False
    )
    op.create_table(
        "forge_transfers",
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("forge_installation_id", sa.String(length=36), nullable=False),
        sa.Column("uploaded", sa.Integer(), nullable=False),
        sa.Column("processed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=True),
        sa.Column("active_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["forge_installation_id"],
            ["forge_installations.id"],
            name=op.f("fk_forge_transfers_forge_installation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_forge_transfers_transfer_id")
        ),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_forge_transfers")),
    )
    op.create_table(
        "transfer_definitions",
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("scopes", JSON, nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("depends_on", JSON, nullable=False),
        sa.Column("is_blocking", sa.Integer(), nullable=False),
        sa.Column("is_preload", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_definitions_transfer_id")
        ),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_transfer_definitions")),
    )
    op.create_table(
        "transfer_logs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_logs_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_logs")),
    )
    op.create_index(
        op.f("ix_transfer_logs_transfer_id_written_at"),
        "transfer_logs",
        ["transfer_id", "written_at"],
        unique=False,
    )


def downgrade() -> None:
    """Bring the schema back to the version before."""
    op.drop_index(op.f("ix_transfer_logs_transfer_id_written_at"), table_name="transfer_logs")
    op.drop_table("transfer_logs")
    op.drop_table("transfer_definitions")
    op.drop_table("forge_transfers")
    op.drop_index(op.f("ix_acknowledgements_transfer_id"), table_name="acknowledgements")
    op.drop_table("acknowledgements")
    op.drop_table("forge_installations")
