"""Runs the schema versions on the connection it is given."""

from alembic import context
from sqlalchemy import text

from portway_platform.schema_versions.complete import metadata

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    # Processes that start together bring the schema up to date one after the other.
    connection.execute(text("SELECT pg_advisory_xact_lock(7021997)"))
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
    render_item=context.config.attributes.get("render_item"),
)
with context.begin_transaction():
    context.run_migrations()
