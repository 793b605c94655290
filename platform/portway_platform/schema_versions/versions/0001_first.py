"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Bring the schema to this version."""
    op.create_table(
        "apps",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("server_app_key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("current_version", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_apps")),
    )
    op.create_table(
        "due_work",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_due_work")),
    )
    op.create_index(
        op.f("ix_due_work_kind_lane_due_at"), "due_work", ["kind", "lane", "due_at"], unique=False
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", JSON, nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False
    )
    op.create_table(
        "mappings",
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column(
            "server_key",
            sa.String(length=500).with_variant(sa.String(length=500, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("cloud_id", sa.Text(), nullable=False),
        sa.Column("migration_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("set_id", "server_key", name=op.f("pk_mappings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "servers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product", sa.String(length=20), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servers")),
        sa.UniqueConstraint("key", name=op.f("uq_servers_key")),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product", sa.String(length=20), nullable=False),
        sa.Column("client_key", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("client_key", name=op.f("uq_sites_client_key")),
        sa.UniqueConstraint("key", name=op.f("uq_sites_key")),
    )
    op.create_table(
        "app_versions",
        sa.Column("app_key", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("manifest", JSON, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["app_key"], ["apps.key"], name=op.f("fk_app_versions_app_key")),
        sa.PrimaryKeyConstraint("app_key", "version", name=op.f("pk_app_versions")),
    )
    op.create_table(
        "consent_records",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("app_key", sa.String(length=255), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("app_version", sa.String(length=64), nullable=False),
        sa.Column("offered_scopes", JSON, nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("policy_digests", JSON, nullable=False),
        sa.Column("notice_digest", sa.String(length=64), nullable=False),
        sa.Column("notice_text", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("superseded_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["app_key"], ["apps.key"], name=op.f("fk_consent_records_app_key")),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_consent_records_server_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_consent_records_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_records")),
    )
    op.create_index(
        op.f("ix_consent_records_app_key_server_id_site_id_given_at"),
        "consent_records",
        ["app_key", "server_id", "site_id", "given_at"],
        unique=False,
    )
    op.create_index(
        "uq_consent_records_newest",
        "consent_records",
        ["app_key", "server_id", "site_id"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "enrolments",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("app_key", sa.String(length=255), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_by_key_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["app_key"], ["apps.key"], name=op.f("fk_enrolments_app_key")),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_enrolments_server_id")
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_enrolments")),
    )
    op.create_table(
        "installations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("app_key", sa.String(length=255), nullable=False),
        sa.Column("descriptor_url", sa.Text(), nullable=False),
        sa.Column("descriptor", JSON, nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("shared_secret", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("endpoints", JSON, nullable=False),
        sa.Column("pending", JSON, nullable=True),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["app_key"], ["apps.key"], name=op.f("fk_installations_app_key")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_installations_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installations")),
        sa.UniqueConstraint("site_id", "app_key", name=op.f("uq_installations_site_id_app_key")),
    )
    op.create_table(
        "listeners",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("app_key", sa.String(length=255), nullable=False),
        sa.Column("server_app_key", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("declaration", JSON, nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["app_key"], ["apps.key"], name=op.f("fk_listeners_app_key")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_listeners_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listeners")),
        sa.UniqueConstraint("key_id", name=op.f("uq_listeners_key_id")),
        sa.UniqueConstraint("server_id", "app_key", name=op.f("uq_listeners_server_id_app_key")),
    )
    op.create_table(
        "pairs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_pairs_server_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_pairs_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairs")),
        sa.UniqueConstraint("server_id", "site_id", name=op.f("uq_pairs_server_id_site_id")),
    )
    op.create_table(
        "check_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("listener_id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("specs", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listener_id"], ["listeners.id"], name=op.f("fk_check_runs_listener_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_check_runs_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_runs")),
    )
    op.create_index(op.f("ix_check_runs_listener_id"), "check_runs", ["listener_id"], unique=False)
    op.create_table(
        "listener_work",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("listener_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=True),
        sa.Column("check_run_id", sa.String(length=36), nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listener_id"], ["listeners.id"], name=op.f("fk_listener_work_listener_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listener_work")),
    )
    op.create_index(
        op.f("ix_listener_work_check_run_id"), "listener_work", ["check_run_id"], unique=False
    )
    op.create_index(
        op.f("ix_listener_work_listener_id_status_created_at"),
        "listener_work",
        ["listener_id", "status", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_listener_work_transfer_id"), "listener_work", ["transfer_id"], unique=False
    )
    op.create_table(
        "mapping_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pair_id", sa.String(length=36), nullable=False),
        sa.Column("namespace", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["pairs.id"], name=op.f("fk_mapping_sets_pair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapping_sets")),
        sa.UniqueConstraint("pair_id", "namespace", name=op.f("uq_mapping_sets_pair_id_namespace")),
    )
    op.create_table(
        "migrations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pair_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("core_status", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["pairs.id"], name=op.f("fk_migrations_pair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migrations")),
    )
    op.create_index(op.f("ix_migrations_pair_id"), "migrations", ["pair_id"], unique=False)
    op.create_table(
        "containers",
        sa.Column("migration_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column(
            "source_id",
            sa.String(length=500).with_variant(sa.String(length=500, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["migration_id"], ["migrations.id"], name=op.f("fk_containers_migration_id")
        ),
        sa.PrimaryKeyConstraint("migration_id", "type", "source_id", name=op.f("pk_containers")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("migration_id", sa.String(length=36), nullable=False),
        sa.Column("app_key", sa.String(length=255), nullable=False),
        sa.Column("installation_id", sa.String(length=36), nullable=False),
        sa.Column("listener_id", sa.String(length=36), nullable=False),
        sa.Column("rerun_of", sa.String(length=36), nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.String(length=30), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("feedback", JSON, nullable=True),
        sa.Column("error", JSON, nullable=True),
        sa.Column("export_completed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["app_key"], ["apps.key"], name=op.f("fk_transfers_app_key")),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installations.id"], name=op.f("fk_transfers_installation_id")
        ),
        sa.ForeignKeyConstraint(
            ["listener_id"], ["listeners.id"], name=op.f("fk_transfers_listener_id")
        ),
        sa.ForeignKeyConstraint(
            ["migration_id"], ["migrations.id"], name=op.f("fk_transfers_migration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index(
        op.f("ix_transfers_installation_id_status"),
        "transfers",
        ["installation_id", "status"],
        unique=False,
    )
    op.create_index(
        op.f("ix_transfers_migration_id_app_key"),
        "transfers",
        ["migration_id", "app_key"],
        unique=False,
    )
    op.create_table(
        "app_data",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("data_class", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("creation_key", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_app_data_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_data")),
    )
    op.create_index(
        op.f("ix_app_data_transfer_id_creation_key"),
        "app_data",
        ["transfer_id", "creation_key"],
        unique=True,
    )
    op.create_index(
        op.f("ix_app_data_transfer_id_status_stored_at"),
        "app_data",
        ["transfer_id", "status", "stored_at"],
        unique=False,
    )
    op.create_table(
        "events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("installation_id", sa.String(length=36), nullable=False),
        sa.Column("event_type", sa.String(length=60), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installations.id"], name=op.f("fk_events_installation_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_events_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_transfer_id"), "events", ["transfer_id"], unique=False)
    op.create_table(
        "app_data_parts",
        sa.Column("app_data_id", sa.String(length=36), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_data_id"], ["app_data.id"], name=op.f("fk_app_data_parts_app_data_id")
        ),
        sa.PrimaryKeyConstraint("app_data_id", "offset_bytes", name=op.f("pk_app_data_parts")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_deliveries_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_event_id"), "deliveries", ["event_id"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_attempts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_attempts")),
    )


def downgrade() -> None:
    """Bring the schema back to the version before."""
    op.drop_table("delivery_attempts")
    op.drop_index(op.f("ix_deliveries_event_id"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_table("app_data_parts")
    op.drop_index(op.f("ix_events_transfer_id"), table_name="events")
    op.drop_table("events")
    op.drop_index(op.f("ix_app_data_transfer_id_status_stored_at"), table_name="app_data")
    op.drop_index(op.f("ix_app_data_transfer_id_creation_key"), table_name="app_data")
    op.drop_table("app_data")
    op.drop_index(op.f("ix_transfers_migration_id_app_key"), table_name="transfers")
    op.drop_index(op.f("ix_transfers_installation_id_status"), table_name="transfers")
    op.drop_table("transfers")
    op.drop_table("containers")
    op.drop_index(op.f("ix_migrations_pair_id"), table_name="migrations")
    op.drop_table("migrations")
    op.drop_table("mapping_sets")
    op.drop_index(op.f("ix_listener_work_transfer_id"), table_name="listener_work")
    op.drop_index(
        op.f("ix_listener_work_listener_id_status_created_at"), table_name="listener_work"
    )
    op.drop_index(op.f("ix_listener_work_check_run_id"), table_name="listener_work")
    op.drop_table("listener_work")
    op.drop_index(op.f("ix_check_runs_listener_id"), table_name="check_runs")
    op.drop_table("check_runs")
    op.drop_table("pairs")
    op.drop_table("listeners")
    op.drop_table("installations")
    op.drop_table("enrolments")
    op.drop_index(
        "uq_consent_records_newest",
        table_name="consent_records",
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_index(
        op.f("ix_consent_records_app_key_server_id_site_id_given_at"), table_name="consent_records"
    )
    op.drop_table("consent_records")
    op.drop_table("app_versions")
    op.drop_table("sites")
    op.drop_table("servers")
    op.drop_table("mappings")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index(op.f("ix_due_work_kind_lane_due_at"), table_name="due_work")
    op.drop_table("due_work")
    op.drop_table("apps")
