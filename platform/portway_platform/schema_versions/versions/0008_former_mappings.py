"""Since when a mapping is so; what it was before is kept by the database itself."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BYTE_ORDERED = sa.String(length=500).with_variant(
    sa.String(length=500, collation="C"), "postgresql"
)

SQLITE = """
    CREATE TRIGGER mappings_keep_former AFTER UPDATE OF cloud_id ON mappings
    WHEN old.cloud_id <> new.cloud_id
    BEGIN
        INSERT OR IGNORE INTO former_mappings
            (set_id, server_key, version, cloud_id, migration_id, since, ended_at)
        VALUES (old.set_id, old.server_key, old.version, old.cloud_id, old.migration_id,
            old.since, new.since);
    END
"""
POSTGRESQL = (
    """
    CREATE FUNCTION keep_former_mapping() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO former_mappings
            (set_id, server_key, version, cloud_id, migration_id, since, ended_at)
        VALUES (old.set_id, old.server_key, old.version, old.cloud_id, old.migration_id,
            old.since, new.since)
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER mappings_keep_former AFTER UPDATE OF cloud_id ON mappings
    FOR EACH ROW WHEN (old.cloud_id <> new.cloud_id) EXECUTE FUNCTION keep_former_mapping()
    """,
)


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column("mappings", sa.Column("since", sa.BigInteger(), nullable=True))
    op.create_table(
        "former_mappings",
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("server_key", BYTE_ORDERED, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("cloud_id", sa.Text(), nullable=False),
        sa.Column("migration_id", sa.String(length=36), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "set_id", "server_key", "ended_at", "version", name=op.f("pk_former_mappings")
        ),
        sqlite_with_rowid=False,
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (SQLITE,) if is_sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Bring the schema back to the version before."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER mappings_keep_former")
    else:
        op.execute("DROP TRIGGER mappings_keep_former ON mappings")
        op.execute("DROP FUNCTION keep_former_mapping()")
    op.drop_table("former_mappings")
    op.drop_column("mappings", "since")
