"""Run by Alembic: applies the schema versions on the connection it is handed."""

from alembic import context
from sqlalchemy import text

attributes = context.config.attributes
connection = attributes["connection"]
if connection.dialect.name == "postgresql":
    # Processes that start together bring the schema up to date one after the other.
    connection.execute(text("SELECT pg_advisory_xact_lock(7021997)"))
context.configure(
    connection=connection,
    version_table=attributes["version_table"],
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
