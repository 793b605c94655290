"""Regions and dialects of sites, rate buckets, data of Jira sites."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("sites", sa.Column("region", sa.String(length=10), nullable=True))
    op.create_table(
        "rate_buckets",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("full_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_rate_buckets")),
    )
    op.create_table(
        "dialects",
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("switches", JSON, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_dialects_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_dialects")),
    )
    op.create_table(
        "site_data",
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "key",
            sa.String(length=500).with_variant(sa.String(length=500, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("value", JSON, nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_data_site_id")),
        sa.PrimaryKeyConstraint("site_id", "kind", "key", name=op.f("pk_site_data")),
    )


def downgrade() -> None:
    """Bring the schema back to the version before."""
    op.drop_table("site_data")
    op.drop_table("dialects")
    op.drop_table("rate_buckets")
    op.drop_column("sites", "region")
