"""The first schema: runs, phases, items, outcomes of apps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("plan_digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("server_key", sa.Text(), nullable=False),
        sa.Column("site_key", sa.Text(), nullable=False),
        sa.Column("export_digest", sa.String(64), nullable=False),
        sa.Column("export_name", sa.Text(), nullable=False),
        sa.Column("space_keys", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("migration_id", sa.String(36)),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("busy_milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_plan_digest", "runs", ["plan_digest"])
    op.create_table(
        "phases",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("phase", sa.String(20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "phase", name="pk_phases"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_phases_run_id"),
    )
    op.create_table(
        "items",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("source_key", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("destination_id", sa.String(80)),
        sa.Column("code", sa.String(40)),
        sa.Column("reason", sa.Text()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "source_key", name="pk_items"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_items_run_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_items_run_id_kind_outcome", "items", ["run_id", "kind", "outcome"])
    op.create_table(
        "app_outcomes",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("app_key", sa.Text(), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("transfer_id", sa.String(36)),
        sa.Column("message", sa.Text()),
        sa.Column("consent_record_id", sa.String(36)),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "app_key", name="pk_app_outcomes"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_app_outcomes_run_id"),
    )
