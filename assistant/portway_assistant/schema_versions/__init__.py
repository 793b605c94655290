"""Schema versions of the assistant's ledger, as Alembic scripts."""

HEAD = "0003"
SCRIPTS = "portway_assistant:schema_versions"
