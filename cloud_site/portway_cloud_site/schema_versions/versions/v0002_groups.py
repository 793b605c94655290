"""Groups and memberships; accounts that may use the product, and those that only are there."""

import sqlalchemy as sa
from alembic import op

from portway_service.database import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables; whoever could sign in until now keeps that."""
    op.add_column(
        "wiki_people",
        sa.Column("access", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    people = sa.table("wiki_people", *map(sa.column, ("access", "active", "placeholder")))
    op.execute(
        sa.update(people)
        .where(people.c.active == sa.true(), people.c.placeholder == sa.false())
        .values(access=sa.true())
    )
    op.create_table(
        "wiki_groups",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_groups_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_groups")),
        sa.UniqueConstraint("site_id", "group_id", name=op.f("uq_wiki_groups_site_id_group_id")),
        sa.UniqueConstraint("site_id", "name_key", name=op.f("uq_wiki_groups_site_id_name_key")),
    )
    op.create_table(
        "wiki_memberships",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_memberships_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_memberships")),
        sa.UniqueConstraint(
            "site_id",
            "group_id",
            "person_id",
            name=op.f("uq_wiki_memberships_site_id_group_id_person_id"),
        ),
    )
    op.create_index(
        op.f("ix_wiki_memberships_site_id_person_id"),
        "wiki_memberships",
        ["site_id", "person_id"],
        unique=False,
    )
