"""Draft the next schema version from what the tables say now.

    python -m portway_platform.schema_versions "what changes" [NUMBER]

Read the draft, correct it where it loses data, set `HEAD`, and keep it: a version that has been
released never changes.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from sqlalchemy import JSON

from portway_platform.schema_versions import HEAD, SCRIPTS
from portway_service.database import Instant, open_database, sqlite_url, upgrade_schema


def draft(message: str, number: str) -> None:
    """Write the script that turns the newest version into the present tables."""
    with TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder) / "draft.db"))
        if int(number) > 1:
            upgrade_schema(database, SCRIPTS, head=HEAD)
        config = Config()
        config.set_main_option("script_location", SCRIPTS)
        config.set_main_option("path_separator", "os")
        with database.write() as connection:
            config.attributes |= {
                "connection": connection,
                "version_table": "alembic_version",
                "render_item": _render,
            }
            command.revision(config, message, autogenerate=True, rev_id=number)
        database.close()


def _render(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Write types as the database knows them, so a version does not change with our classes."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, JSON):
        return "JSON"
    return False


if __name__ == "__main__":
    draft(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else f"{int(HEAD) + 1:04}")
