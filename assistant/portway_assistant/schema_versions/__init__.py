"""Schema versions of the assistant's ledger, as Alembic scripts."""

HEAD = "0004"
SCRIPTS = "portway_assistant:schema_versions"
