"""Plans, their runs, the position each phase has reached, and one row for every item."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from portway_service.database import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

plans = Table(
    "plans",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", Text, nullable=False),
    Column("label", String(12), nullable=False),
    Column("server_key", Text, nullable=False),
    Column("site_key", Text, nullable=False),
    Column("export_path", Text, nullable=False),
    Column("export_digest", String(64), nullable=False),  # of the export last agreed on
    Column("newer_export", Boolean, nullable=False),  # another file there becomes a delta run
    Column("space_keys", JSON, nullable=False),  # as chosen; empty for all
    Column("spaces", JSON, nullable=False),  # what that came to: [{"key", "name"}]
    Column("people_path", Text),
    Column("people_digest", String(64)),
    Column("app_keys", JSON, nullable=False),
    Column("manifests", JSON, nullable=False),
    Column("agree", Boolean, nullable=False),
    Column("settings", JSON, nullable=False),  # those that are not the defaults
    Column("created_at", Instant, nullable=False),
    Column("archived_at", Instant),
    Column("stop_asked_at", Instant),  # its run looks here; a new run clears it
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("plan_id", String(36), index=True),  # null for runs older than saved plans
    Column("attempt", Integer, nullable=False, server_default="1"),  # retries count
    Column("plan_digest", String(64), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("server_key", Text, nullable=False),
    Column("site_key", Text, nullable=False),
    Column("export_digest", String(64), nullable=False),
    Column("export_name", Text, nullable=False),
    Column("space_keys", JSON, nullable=False),
    Column("status", String(20), nullable=False),
    Column("reason", Text),
    Column("migration_id", String(36)),  # given by the platform at the start
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("busy_milliseconds", Integer, nullable=False),
)

phases = Table(
    "phases",
    metadata,
    Column("run_id", String(36), ForeignKey(runs.c.id), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("position", Integer, nullable=False),  # items acknowledged, in the source's order
    Column("done", Boolean, nullable=False),
    PrimaryKeyConstraint("run_id", "phase"),
)

items = Table(
    "items",
    metadata,
    Column("run_id", String(36), ForeignKey(runs.c.id), nullable=False),
    Column("source_key", String(300), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("destination_id", String(80)),
    Column("code", String(40)),
    Column("reason", Text),
    Column("title", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "source_key"),
    Index(None, "run_id", "kind", "outcome"),
    sqlite_with_rowid=False,
)

app_outcomes = Table(
    "app_outcomes",
    metadata,
    Column("run_id", String(36), ForeignKey(runs.c.id), nullable=False),
    Column("app_key", Text, nullable=False),
    Column("app_version", Text, nullable=False),
    Column("status", String(30), nullable=False),
    Column("transfer_id", String(36)),
    Column("message", Text),
    Column("consent_record_id", String(36)),
    Column("details", JSON, nullable=False),
    PrimaryKeyConstraint("run_id", "app_key"),
)

files_ahead = Table(
    "files_ahead",
    metadata,
    Column("server_key", Text, nullable=False),
    Column("site_key", Text, nullable=False),
    Column("source_key", String(300), nullable=False),
    Column("space_id", Text, nullable=False, index=True),  # at the source
    PrimaryKeyConstraint("server_key", "site_key", "source_key"),
    sqlite_with_rowid=False,
)
