"""Everything a cloud site holds, in a form that two runs can be compared by."""

import hashlib
import sqlite3
from pathlib import Path

# When and under which run something was written differs between two runs of the same plan.
_VOLATILE = {
    "wiki_sites": {"created_at"},
    "wiki_people": {"created_at"},
    "wiki_sources": {"first_seen_at"},
    "wiki_origins": {"run_id"},
    "wiki_trash": {"run_id", "deleted_at"},
}


def site_state(data: Path) -> dict[str, object]:
    """Read the site of a data folder: every row of every table, and the digest of every file."""
    with sqlite3.connect(f"file:{data / 'site.db'}?mode=ro", uri=True) as database:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith("sqlite_")
        ]
        rows: dict[str, object] = {}
        for table in sorted(tables):
            columns = [column[1] for column in database.execute(f"PRAGMA table_info({table})")]
            kept = [column for column in columns if column not in _VOLATILE.get(table, ())]
            if kept:
                rows[table] = sorted(
                    map(repr, database.execute(f"SELECT {', '.join(kept)} FROM {table}"))
                )
    files = sorted(
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (data / "site-files").rglob("*")
        if path.is_file()
    )
    return {"rows": rows, "files": files}
