"""History, restrictions, permissions, likes, watches, properties and templates."""

import sqlalchemy as sa
from alembic import op

from portway_service.database import Instant

revision = "0004"
down_revision = "0003"

BYTE_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables, and the columns of archived and closed content."""
    op.create_table(
        "wiki_attachment_versions",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attachment_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_attachment_versions_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_attachment_versions")),
    )
    op.create_index(
        op.f("ix_wiki_attachment_versions_site_id_attachment_id_version"),
        "wiki_attachment_versions",
        ["site_id", "attachment_id", "version"],
        unique=False,
    )
    op.create_table(
        "wiki_likes",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("container_kind", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_likes_site_id")),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_likes")),
        sa.UniqueConstraint(
            "site_id",
            "container_id",
            "person_id",
            name=op.f("uq_wiki_likes_site_id_container_id_person_id"),
        ),
    )
    op.create_table(
        "wiki_properties",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("container_kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("instant", Instant(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_properties_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_properties")),
    )
    op.create_index(
        op.f("ix_wiki_properties_site_id_container_id_name"),
        "wiki_properties",
        ["site_id", "container_id", "name"],
        unique=False,
    )
    op.create_table(
        "wiki_restriction_subjects",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("restriction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_key", BYTE_ORDERED, nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_restriction_subjects_site_id")
        ),
        sa.PrimaryKeyConstraint(
            "site_id", "restriction_id", "place", name=op.f("pk_wiki_restriction_subjects")
        ),
    )
    op.create_index(
        op.f("ix_wiki_restriction_subjects_site_id_subject_id"),
        "wiki_restriction_subjects",
        ["site_id", "subject_id"],
        unique=False,
    )
    op.create_table(
        "wiki_restrictions",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_restrictions_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_restrictions")),
    )
    op.create_index(
        op.f("ix_wiki_restrictions_site_id_container_id_operation"),
        "wiki_restrictions",
        ["site_id", "container_id", "operation"],
        unique=False,
    )
    op.create_table(
        "wiki_space_permissions",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("space_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_space_permissions_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_space_permissions")),
        sa.UniqueConstraint(
            "site_id",
            "space_id",
            "subject_kind",
            "subject_id",
            "operation",
            "target",
            name="uq_wiki_space_permissions_once",
        ),
    )
    op.create_index(
        op.f("ix_wiki_space_permissions_site_id_subject_id"),
        "wiki_space_permissions",
        ["site_id", "subject_id"],
        unique=False,
    )
    op.create_table(
        "wiki_templates",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("space_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("representation", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_templates_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_templates")),
    )
    op.create_index(
        op.f("ix_wiki_templates_site_id_space_id"),
        "wiki_templates",
        ["site_id", "space_id"],
        unique=False,
    )
    op.create_table(
        "wiki_versions",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("representation", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_versions_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_versions")),
    )
    op.create_index(
        op.f("ix_wiki_versions_site_id_content_id_version"),
        "wiki_versions",
        ["site_id", "content_id", "version"],
        unique=False,
    )
    op.create_table(
        "wiki_watches",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("container_kind", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_watches_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_watches")),
    )
    op.create_index(
        op.f("ix_wiki_watches_site_id_container_id_person_id"),
        "wiki_watches",
        ["site_id", "container_id", "person_id"],
        unique=False,
    )
    op.add_column("wiki_comments", sa.Column("resolved_by_id", sa.BigInteger(), nullable=True))
    op.add_column("wiki_comments", sa.Column("resolved_by_key", BYTE_ORDERED, nullable=True))
    op.add_column("wiki_comments", sa.Column("resolved_at", Instant(), nullable=True))
    op.add_column(
        "wiki_contents",
        sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        op.f("ix_wiki_contents_site_id_restricted"),
        "wiki_contents",
        ["site_id", "restricted"],
        unique=False,
    )
    op.create_index(
        op.f("ix_wiki_contents_site_id_parent_id"),
        "wiki_contents",
        ["site_id", "parent_id"],
        unique=False,
    )
