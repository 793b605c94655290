"""The first tables: sites, people, spaces, content, comments, attachments, labels, origins."""

import sqlalchemy as sa
from alembic import op

from portway_service.database import Instant

revision = "0001"
down_revision = None

BYTE_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "wiki_sites",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wiki_sites")),
        sa.UniqueConstraint("key", name=op.f("uq_wiki_sites_key")),
    )
    op.create_table(
        "wiki_attachments",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("container_kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_attachments_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_attachments")),
    )
    op.create_index(
        op.f("ix_wiki_attachments_site_id_container_id_title"),
        "wiki_attachments",
        ["site_id", "container_id", "title"],
        unique=False,
    )
    op.create_table(
        "wiki_comments",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("container_kind", sa.String(length=16), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("marker_ref", sa.Text(), nullable=True),
        sa.Column("selection", sa.Text(), nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.Column("representation", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("last_author_id", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_comments_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_comments")),
    )
    op.create_index(
        op.f("ix_wiki_comments_site_id_container_id"),
        "wiki_comments",
        ["site_id", "container_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_wiki_comments_site_id_parent_id"),
        "wiki_comments",
        ["site_id", "parent_id"],
        unique=False,
    )
    op.create_table(
        "wiki_contents",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("space_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=True),
        sa.Column("representation", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("last_author_id", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_message", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_contents_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_contents")),
        sa.UniqueConstraint(
            "site_id",
            "title_key",
            "space_id",
            name=op.f("uq_wiki_contents_site_id_title_key_space_id"),
        ),
    )
    op.create_index(
        op.f("ix_wiki_contents_site_id_space_id_kind"),
        "wiki_contents",
        ["site_id", "space_id", "kind"],
        unique=False,
    )
    op.create_index(
        op.f("ix_wiki_contents_site_id_space_id_parent_id"),
        "wiki_contents",
        ["site_id", "space_id", "parent_id"],
        unique=False,
    )
    op.create_table(
        "wiki_labellings",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("container_kind", sa.String(length=16), nullable=False),
        sa.Column("label_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_labellings_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_labellings")),
        sa.UniqueConstraint(
            "site_id",
            "container_id",
            "label_id",
            name=op.f("uq_wiki_labellings_site_id_container_id_label_id"),
        ),
    )
    op.create_table(
        "wiki_labels",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prefix", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_labels_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_labels")),
        sa.UniqueConstraint(
            "site_id", "name", "prefix", name=op.f("uq_wiki_labels_site_id_name_prefix")
        ),
    )
    op.create_table(
        "wiki_origins",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("source_key", BYTE_ORDERED, nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("canonical_for", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_alias", BYTE_ORDERED, nullable=True),
        sa.Column("last_author_alias", BYTE_ORDERED, nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("run_outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_origins_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "source", "source_key", name=op.f("pk_wiki_origins")),
        sa.UniqueConstraint(
            "site_id",
            "canonical_for",
            "source",
            name=op.f("uq_wiki_origins_site_id_canonical_for_source"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wiki_people",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(length=128), nullable=False),
        sa.Column("account_type", sa.String(length=16), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("placeholder", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_people_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_people")),
        sa.UniqueConstraint(
            "site_id", "account_id", name=op.f("uq_wiki_people_site_id_account_id")
        ),
        sa.UniqueConstraint("site_id", "email_key", name=op.f("uq_wiki_people_site_id_email_key")),
    )
    op.create_table(
        "wiki_sources",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_sources_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "name", name=op.f("pk_wiki_sources")),
    )
    op.create_table(
        "wiki_spaces",
        sa.Column("site_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("key_folded", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("homepage_id", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["wiki_sites.id"], name=op.f("fk_wiki_spaces_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", "id", name=op.f("pk_wiki_spaces")),
        sa.UniqueConstraint(
            "site_id", "key_folded", name=op.f("uq_wiki_spaces_site_id_key_folded")
        ),
    )
