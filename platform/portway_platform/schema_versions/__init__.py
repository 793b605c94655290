"""Versions of the platform's database schema, as Alembic scripts."""

SCRIPTS = "portway_platform:schema_versions"
HEAD = "0008"
