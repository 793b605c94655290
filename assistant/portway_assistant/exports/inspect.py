"""Count what an export holds, as `portway inspect --json` prints it.

Counts are of objects, each class and id once; an object without an id counts each time it occurs.
Every key of `COUNTS` is an integer. Source: docs/reference/export-format.md#counts
"""

import tempfile
from pathlib import Path

from portway_assistant.exports.building import Progress
from portway_assistant.exports.limits import DEFAULT_LIMITS, Limits
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.shapes import SECRET_CLASSES
from portway_assistant.exports.store_reader import StoreReader
from portway_assistant.exports.work_store import WorkStore, open_work_store

STATES = ("current", "history", "draft", "deleted", "archived")
_CONTENT = {
    "pages": "Page",
    "blogposts": "BlogPost",
    "comments": "Comment",
    "attachments": "Attachment",
}
_ON_CONTENT = (
    "SELECT count(*) FROM contents c WHERE c.kind = ? AND c.state = 'current' AND EXISTS"
    " (SELECT 1 FROM contents o WHERE o.id = c.container_id AND o.kind = c.container_kind"
    " AND o.kind IN ('Page', 'BlogPost') AND o.state = 'current')"
)
_TABLES = {
    "spaces": "spaces",
    "space_permissions": "space_permissions",
    "content_permission_sets": "permission_sets",
    "content_permissions": "content_permissions",
    "labels": "labels",
    "labellings": "labellings",
    "page_templates": "templates",
    "bodies": "bodies",
    "likes": "likes",
    "notifications": "notifications",
    "content_properties": "properties",
    "outgoing_links": "links",
    "user_keys": "user_keys",
    "inline_tasks": "inline_tasks",
}
_USERS = (
    "SELECT count(*) FROM (SELECT lower_name FROM user_keys WHERE lower_name IS NOT NULL"
    " UNION SELECT lower_name FROM directory_users WHERE lower_name IS NOT NULL"
    " AND kind IN ('InternalUser', 'DefaultHibernateUser'))"
)
COUNTS = (
    "spaces",
    *(f"{plural}_{state}" for plural in _CONTENT for state in STATES),
    "comments_on_content",
    "attachments_on_content",
    "attachment_files",
    "users",
    "groups",
    "memberships",
    *(name for name in _TABLES if name != "spaces"),
    "memberships_legacy",
    "custom_contents",
    "drafts_legacy",
    "repair_count",
)


def inspect_export(
    path: Path | str,
    *,
    work_folder: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: Progress | None = None,
) -> dict[str, object]:
    """Read the export at `path` and return its counts as JSON values.

    Args:
        path: The ZIP package, or the folder it unpacks to.
        work_folder: Where the work store is kept for later runs; without one it is thrown away.

    Returns:
        The integer counts of `COUNTS`; `repairs`, a list; `export`, facts of the descriptor and
        the package; `space_list`, one entry a space; `classes`, `secrets_dropped`, `unresolved`
        and `notes`.

    Raises:
        Refusal: See `ExportPackage.open` and `open_work_store`.
    """
    package = ExportPackage.open(path, limits=limits)
    if work_folder is not None:
        with open_work_store(package, work_folder, on_progress=on_progress) as store:
            return inspect_store(store)
    with (
        tempfile.TemporaryDirectory(prefix="portway-inspect-") as folder,
        open_work_store(package, Path(folder), on_progress=on_progress) as store,
    ):
        return inspect_store(store)


def inspect_store(store: WorkStore) -> dict[str, object]:
    """Return the counts of an export that has been read already."""
    counter = _Counter(store)
    found: dict[str, object] = dict.fromkeys(COUNTS, 0)
    found |= counter.counts()
    found["attachment_files"] = store.package.attachment_file_count
    found["repairs"] = counter.repairs()
    found["export"] = _export_facts(store)
    found["space_list"] = counter.spaces()
    classes = counter.classes()
    found["classes"] = classes
    found["secrets_dropped"] = {
        name: count for name, count in classes.items() if name in SECRET_CLASSES
    }
    found["unresolved"] = store.unresolved()
    found["notes"] = [
        {"kind": note.kind.value, "detail": note.detail, "count": note.count}
        for note in store.notes()
    ]
    return found


class _Counter(StoreReader):
    """The queries that count."""

    def __init__(self, store: WorkStore) -> None:
        super().__init__(store._database, store._dates)

    def counts(self) -> dict[str, int]:
        """Return every integer the tables answer."""
        counts = {
            name: self._value(f"SELECT count(*) FROM {table}")  # noqa: S608
            for name, table in _TABLES.items()
        }
        states = {
            (kind, state): count
            for kind, state, count in self._rows(
                "SELECT kind, state, count(*) FROM contents GROUP BY kind, state"
            )
        }
        for plural, kind in _CONTENT.items():
            for state in STATES:
                counts[f"{plural}_{state}"] = states.get((kind, state), 0)
        counts["comments_on_content"] = self._value(_ON_CONTENT, "Comment")
        counts["attachments_on_content"] = self._value(_ON_CONTENT, "Attachment")
        counts["users"] = self._value(_USERS)
        counts["groups"] = self._value("SELECT count(DISTINCT name) FROM directory_groups")
        legacy = self._value(
            "SELECT count(*) FROM memberships WHERE group_kind = 'DefaultHibernateGroup'"
        )
        counts["memberships_legacy"] = legacy
        counts["memberships"] = self._value("SELECT count(*) FROM memberships") - legacy
        counts["custom_contents"] = sum(
            count for (kind, _), count in states.items() if kind == "CustomContentEntityObject"
        )
        counts["drafts_legacy"] = sum(
            count for (kind, _), count in states.items() if kind == "Draft"
        )
        counts["repair_count"] = sum(
            int(count)
            for (count,) in self._rows("SELECT value FROM meta WHERE name LIKE 'repairs.%'")
        )
        return counts

    def repairs(self) -> list[dict[str, object]]:
        """Return the repairs that are kept one by one."""
        names = ("offset", "length", "kind", "found", "became")
        return [
            dict(zip(names, row, strict=True))
            for row in self._rows("SELECT at, length, kind, found, became FROM repairs ORDER BY at")
        ]

    def spaces(self) -> list[dict[str, object]]:
        """Return one summary a space: what current-content migration would take of it."""
        taken = {
            (space, kind): count
            for space, kind, count in self._rows(
                "SELECT space_id, kind, count(*) FROM contents"
                " WHERE reason IS NULL OR reason = 'file_missing' GROUP BY space_id, kind"
            )
        }
        return [
            {
                "id": None if row[0] is None else str(row[0]),
                "key": row[1],
                "name": row[2],
                "type": row[3],
                "status": row[4],
                "in_scope": bool(row[5]),
                **{plural: taken.get((row[0], kind), 0) for plural, kind in _CONTENT.items()},
            }
            for row in self._rows(
                "SELECT id, key, name, type, status, chosen FROM spaces ORDER BY folded_key, id"
            )
        ]

    def classes(self) -> dict[str, int]:
        """Return how many objects of each class the file holds, repeated ones included."""
        return dict(
            self._rows("SELECT class, sum(count) FROM classes GROUP BY class ORDER BY class")
        )


def _export_facts(store: WorkStore) -> dict[str, object]:
    package = store.package
    return {
        **package.descriptor.facts(),
        "name": package.path.name,
        "sha256": store.export_digest,
        "packed": not package.is_folder,
        "entities_bytes": package.entities_size,
    }
