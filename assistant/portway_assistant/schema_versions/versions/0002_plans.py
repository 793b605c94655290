"""Saved plans; which plan a run belongs to, and how often its failures were sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of plans, and give runs their plan."""
    op.create_table(
        "plans",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.String(12), nullable=False),
        sa.Column("server_key", sa.Text(), nullable=False),
        sa.Column("site_key", sa.Text(), nullable=False),
        sa.Column("export_path", sa.Text(), nullable=False),
        sa.Column("export_digest", sa.String(64), nullable=False),
        sa.Column("newer_export", sa.Boolean(), nullable=False),
        sa.Column("space_keys", sa.JSON(), nullable=False),
        sa.Column("spaces", sa.JSON(), nullable=False),
        sa.Column("people_path", sa.Text()),
        sa.Column("people_digest", sa.String(64)),
        sa.Column("app_keys", sa.JSON(), nullable=False),
        sa.Column("manifests", sa.JSON(), nullable=False),
        sa.Column("agree", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger()),
        sa.Column("stop_asked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
    )
    op.add_column("runs", sa.Column("plan_id", sa.String(36)))
    op.add_column(
        "runs", sa.Column("attempt", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.create_index("ix_runs_plan_id", "runs", ["plan_id"])
