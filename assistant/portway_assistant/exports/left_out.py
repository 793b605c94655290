"""Account for everything that a migration does not take.

Every object of an export is taken, or it is here with a reason; nothing goes missing in silence.
"""

from collections.abc import Iterator
from functools import cached_property

from portway_assistant.exports.records import LeftOut, LeftOutItem, LeftOutReason
from portway_assistant.exports.shapes import INFRASTRUCTURE_CLASSES, SECRET_CLASSES, WANTED
from portway_assistant.exports.store_reader import StoreReader, text_id

_OLDER_VERSION = (
    "({c}.kind IN ('Page', 'BlogPost', 'Attachment') AND EXISTS (SELECT 1 FROM contents n"
    " WHERE n.id = {c}.original_id AND n.kind = {c}.kind AND n.scope IS NOT NULL"
    " AND ({c}.reason = 'history' OR ({c}.kind <> 'Attachment' AND ({c}.reason = 'deleted'"
    " OR ({c}.reason = 'archived' AND n.scope = 2))))))"
)
"""An older version of something that is taken: it is offered with it."""

_TAKEN = f"({{c}}.scope IS NOT NULL OR {_OLDER_VERSION})"
_OWNER_REASON = (
    "CASE WHEN o.id IS NULL THEN 'owner_missing'"
    " WHEN o.scope IS NULL THEN 'owner_left_out' {rest} END"
)
_BODY_REASON = (
    "CASE WHEN o.id IS NULL THEN 'owner_missing'"
    f" WHEN NOT {_TAKEN.format(c='o')} THEN 'owner_left_out' WHEN NOT r.chosen THEN 'duplicate' END"
)
_OWNER = "LEFT JOIN contents o ON o.id = {owner}_id AND o.kind = {owner}_kind"
_OWN_STEP = "ELSE 'own_step'"
_OWNED: dict[str, tuple[str, str]] = {
    "BodyContent": ("bodies", _BODY_REASON),
    "ContentProperty": ("properties", _OWNER_REASON.format(rest=_OWN_STEP)),
    "ContentPermissionSet": ("permission_sets", _OWNER_REASON.format(rest=_OWN_STEP)),
    "LikeEntity": ("likes", _OWNER_REASON.format(rest=_OWN_STEP)),
    "OutgoingLink": ("links", _OWNER_REASON.format(rest="ELSE 'server_only'")),
}
"""Classes that belong to one content: their table, and why they are left out."""

_BY_SPACE: dict[str, str] = {
    "PageTemplate": (
        "SELECT s.id, 'own_step' AS why, count(*) FROM templates r"
        " LEFT JOIN spaces s ON s.id = r.space_id GROUP BY 1"
    ),
    "SpacePermission": (
        "SELECT s.id, 'own_step' AS why, count(*) FROM space_permissions r"
        " LEFT JOIN spaces s ON s.id = r.space_id GROUP BY 1"
    ),
    "ContentPermission": (
        f"SELECT s.id, {_OWNER_REASON.format(rest=_OWN_STEP)} AS why, count(*)"  # noqa: S608
        " FROM content_permissions r LEFT JOIN permission_sets p ON p.id = r.set_id"
        f" {_OWNER.format(owner='p.owner')} LEFT JOIN spaces s ON s.id = o.space_id GROUP BY 1, 2"
    ),
    "Notification": (
        "SELECT ifnull(s.id, n.id), CASE WHEN r.owner_id IS NULL THEN 'own_step'"  # noqa: S608
        f" ELSE {_OWNER_REASON.format(rest=_OWN_STEP)} END AS why, count(*)"
        f" FROM notifications r {_OWNER.format(owner='r.owner')}"
        " LEFT JOIN spaces s ON s.id = o.space_id LEFT JOIN spaces n ON n.id = r.space_id"
        " GROUP BY 1, 2"
    ),
    "Labelling": (
        "SELECT s.id, CASE WHEN l.id IS NULL THEN 'owner_missing'"  # noqa: S608
        " WHEN t.id IS NOT NULL THEN 'own_step'"
        f" ELSE {_OWNER_REASON.format(rest='')} END AS why, count(*) FROM labellings r"
        f" LEFT JOIN labels l ON l.id = r.label_id {_OWNER.format(owner='r.owner')}"
        " LEFT JOIN templates t ON t.id = r.owner_id AND r.owner_kind = 'PageTemplate'"
        " LEFT JOIN spaces s ON s.id = ifnull(o.space_id, t.space_id)"
        " GROUP BY 1, 2 HAVING why IS NOT NULL"
    ),
    "Label": (
        "SELECT NULL, 'unused' AS why, count(*) FROM labels l"
        " WHERE NOT EXISTS (SELECT 1 FROM labellings r WHERE r.label_id = l.id)"
    ),
    "Space": "SELECT s.id, 'other_space' AS why, 1 FROM spaces s WHERE NOT s.chosen",
    **{
        kind: (
            f"SELECT s.id, {reason} AS why, count(*)"  # noqa: S608
            f" FROM {table} r {_OWNER.format(owner='r.owner')}"
            " LEFT JOIN spaces s ON s.id = o.space_id GROUP BY 1, 2 HAVING why IS NOT NULL"
        )
        for kind, (table, reason) in _OWNED.items()
    },
}
"""Queries for space, reason and count, by class."""

_LEFT_OUT = f"(c.reason = 'file_missing' OR (c.reason IS NOT NULL AND NOT {_TAKEN.format(c='c')}))"
_CONTENTS = (
    "SELECT s.id, c.kind, c.reason, count(*) FROM contents c LEFT JOIN spaces s"  # noqa: S608
    f" ON s.id = c.space_id WHERE {_LEFT_OUT} GROUP BY 1, 2, 3"
)


class LeftOutQueries(StoreReader):
    """Queries over what is left out."""

    def left_out(self, space_id: str | None) -> list[LeftOut]:
        """Return counts by class and reason for a space; with None, for what has no space.

        `own_step` is not a loss: those objects are offered by a query of their own.
        """
        return self._left_out.get(space_id, [])

    def left_out_items(self, space_id: str | None) -> Iterator[LeftOutItem]:
        """Yield every left out content of a space, or with None of no space in the package."""
        for row in self._rows(
            "SELECT c.kind, c.id, c.title, c.reason FROM contents c"  # noqa: S608
            " LEFT JOIN spaces s ON s.id = c.space_id"
            f" WHERE {_LEFT_OUT} AND s.id IS ? ORDER BY c.kind, c.reason, c.id",
            space_id,
        ):
            yield LeftOutItem(row[0], str(row[1] or ""), row[2], LeftOutReason(row[3]))

    @cached_property
    def _left_out(self) -> dict[str | None, list[LeftOut]]:
        found: dict[str | None, list[LeftOut]] = {}
        rows = list(self._rows(_CONTENTS))
        for kind, query in _BY_SPACE.items():
            rows += [(space, kind, why, count) for space, why, count in self._rows(query)]
        for space, kind, why, count in rows:
            if count:
                item = LeftOut(kind, LeftOutReason(why), count)
                found.setdefault(text_id(space), []).append(item)
        for kind, count in self._rows("SELECT class, sum(count) FROM classes GROUP BY class"):
            reason = _class_reason(kind)
            if reason is not None:
                found.setdefault(None, []).append(LeftOut(kind, reason, count))
        for items in found.values():
            items.sort(key=lambda item: (item.kind, item.reason))
        return found


def _class_reason(name: str) -> LeftOutReason | None:
    """Return why a whole class is left out, or None when its objects are accounted for."""
    if name in SECRET_CLASSES:
        return LeftOutReason.SECRET
    if name in INFRASTRUCTURE_CLASSES:
        return LeftOutReason.SERVER_ONLY
    if name in WANTED:
        return None
    return LeftOutReason.UNKNOWN_CLASS
