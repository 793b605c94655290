"""Installed apps, and the decisions about them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "installed_apps",
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("server_app_key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_installed_apps_server_id")
        ),
        sa.PrimaryKeyConstraint("server_id", "server_app_key", name=op.f("pk_installed_apps")),
    )
    op.create_table(
        "app_decisions",
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("server_app_key", sa.String(length=255), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("alternative", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_app_decisions_server_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_app_decisions_site_id")),
        sa.PrimaryKeyConstraint(
            "server_id", "site_id", "server_app_key", name=op.f("pk_app_decisions")
        ),
    )


def downgrade() -> None:
    """Take this version back."""
    op.drop_table("app_decisions")
    op.drop_table("installed_apps")
