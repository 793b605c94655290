"""Run by Alembic: applies the schema versions on the connection it is handed."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
