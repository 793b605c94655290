"""Show what `inspect_export` found as plain text."""

from collections.abc import Mapping
from typing import Any

_STATES = ("current", "history", "draft", "deleted", "archived")
_CONTENT = {
    "pages": "Pages",
    "blogposts": "Blog posts",
    "comments": "Comments",
    "attachments": "Attachments",
}
_SINGLE = (
    ("spaces", "Spaces"),
    ("users", "Users"),
    ("groups", "Groups"),
    ("memberships", "Memberships"),
    ("bodies", "Bodies"),
    ("labels", "Labels"),
    ("labellings", "Labels on content"),
    ("space_permissions", "Space permissions"),
    ("content_permission_sets", "Restrictions"),
    ("content_permissions", "People and groups in restrictions"),
    ("page_templates", "Page templates"),
    ("likes", "Likes"),
    ("notifications", "Watches"),
    ("attachment_files", "Attachment files"),
)
_SHOWN_REPAIRS = 10
_SHOWN_SPACES = 50


def render_inspection(found: Mapping[str, Any]) -> str:
    """Return the counts, repairs and notes as text for people."""
    return "\n".join(
        [
            *_export_lines(found["export"]),
            "",
            *_content_lines(found),
            "",
            *(f"{label:<34}{found[name]:>12,}" for name, label in _SINGLE),
            *_space_lines(found["space_list"]),
            *_repair_lines(found),
            *_note_lines(found),
            "",
        ]
    )


def _export_lines(export: Mapping[str, Any]) -> list[str]:
    kinds = {"space": "Space export", "all": "Site export"}
    kind = kinds.get(export["type"] or "", "Export of unstated kind")
    keys = ", ".join(export["space_keys"])
    version = export["created_by_version"]
    zone = export["timezone"] or "not named, dates read as UTC"
    facts = (
        f"of {keys}" if keys else "",
        f"made by Confluence {version}" if version else "",
        "in Cloud" if export["source"] == "cloud" else "",
    )
    return [
        f"{export['name']}: {' '.join([kind, *filter(None, facts)])}",
        f"SHA-256 {export['sha256']}",
        f"entities.xml {export['entities_bytes']:,} bytes; time zone {zone}",
    ]


def _content_lines(found: Mapping[str, Any]) -> list[str]:
    lines = [f"{'':<14}" + "".join(f"{state:>10}" for state in _STATES)]
    for plural, label in _CONTENT.items():
        counts = "".join(f"{found[f'{plural}_{state}']:>10,}" for state in _STATES)
        lines.append(f"{label:<14}{counts}")
    lines.append(
        f"Of these on current pages and blog posts: {found['comments_on_content']:,} comments, "
        f"{found['attachments_on_content']:,} attachments"
    )
    return lines


def _space_lines(spaces: list[Mapping[str, Any]]) -> list[str]:
    if not spaces:
        return []
    lines = ["", "Spaces, and what a migration of current content takes of each:"]
    for space in spaces[:_SHOWN_SPACES]:
        remark = "" if space["in_scope"] else "  (not what the export is about)"
        counts = "".join(f"{space[plural]:>10,} {plural}" for plural in _CONTENT)
        lines.append(f"  {space['key'] or '?':<20}{counts}{remark}")
    if len(spaces) > _SHOWN_SPACES:
        lines.append(f"  and {len(spaces) - _SHOWN_SPACES:,} more")
    return lines


def _repair_lines(found: Mapping[str, Any]) -> list[str]:
    count = found["repair_count"]
    if not count:
        return []
    lines = ["", f"{count:,} spots that XML forbids were repaired:"]
    for repair in found["repairs"][:_SHOWN_REPAIRS]:
        kind = repair["kind"].replace("_", " ")
        lines.append(f"  byte {repair['offset']:,}: {kind} ({repair['found']})")
    if count > _SHOWN_REPAIRS:
        lines.append(f"  and {count - _SHOWN_REPAIRS:,} more")
    return lines


def _note_lines(found: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    if found["secrets_dropped"]:
        total = sum(found["secrets_dropped"].values())
        lines += ["", f"{total:,} objects with credentials or settings were dropped while reading."]
    if found["unresolved"]:
        lines += ["", "References to objects that are not in the package:"]
        lines += [f"  {name:<44}{count:>8,}" for name, count in found["unresolved"].items()]
    if found["notes"]:
        lines += ["", "Notes:"]
        lines += [
            f"  {note['kind'].replace('_', ' ')}: {note['detail']} ({note['count']:,})"
            for note in found["notes"]
        ]
    return lines
