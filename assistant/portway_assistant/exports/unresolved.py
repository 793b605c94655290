"""Count every reference to an object the package does not hold, by kind of reference."""

import sqlite3

_CONTENT = "contents t WHERE t.id = r.{key} AND t.kind = r.{kind}"

_TO_CONTENT = (
    ("bodies", "'BodyContent.content'", "owner_id", "owner_kind"),
    ("properties", "'ContentProperty.content'", "owner_id", "owner_kind"),
    ("permission_sets", "'ContentPermissionSet.owningContent'", "owner_id", "owner_kind"),
    ("likes", "'LikeEntity.content'", "owner_id", "owner_kind"),
    ("notifications", "'Notification.content'", "owner_id", "owner_kind"),
    ("links", "'OutgoingLink.sourceContent'", "owner_id", "owner_kind"),
    ("contents", "r.kind || '.containerContent'", "container_id", "container_kind"),
    ("contents", "r.kind || '.parent'", "parent_id", "kind"),
)
_TO_TABLE = (
    ("contents", "r.kind || '.space'", "space_id", "spaces", "id"),
    ("space_permissions", "'SpacePermission.space'", "space_id", "spaces", "id"),
    ("templates", "'PageTemplate.space'", "space_id", "spaces", "id"),
    ("notifications", "'Notification.space'", "space_id", "spaces", "id"),
    ("labellings", "'Labelling.label'", "label_id", "labels", "id"),
    ("content_permissions", "'ContentPermission.owningSet'", "set_id", "permission_sets", "id"),
    ("spaces", "'Space.homePage'", "home_id", "contents", "id"),
    ("spaces", "'Space.description'", "description_id", "contents", "id"),
)
_TO_PEOPLE = (
    ("contents", "r.kind || '.creator'", "creator_key"),
    ("contents", "r.kind || '.lastModifier'", "modifier_key"),
    ("spaces", "'Space.creator'", "creator_key"),
    ("space_permissions", "'SpacePermission.userSubject'", "user_key"),
    ("content_permissions", "'ContentPermission.userSubject'", "user_key"),
    ("likes", "'LikeEntity.user'", "user_key"),
    ("notifications", "'Notification.receiver'", "user_key"),
)
_MISSING_MEMBERS = (
    (("bodyContents",), "bodies"),
    (("contentProperties",), "properties"),
    (("labellings",), "labellings"),
    (("contentPermissionSets",), "permission_sets"),
    (("contentPermissions",), "content_permissions"),
    (("permissions",), "space_permissions"),
    (
        ("attachments", "comments", "children", "childrens", "historicalVersions"),
        "contents",
    ),
)


def count_unresolved(database: sqlite3.Connection) -> None:
    """Fill `unresolved`: reference, such as `Comment.parent`, and how many lead nowhere."""
    for table, label, key, kind in _TO_CONTENT:
        target = _CONTENT.format(key=key, kind=kind)
        template = " AND r.owner_kind IS NOT 'PageTemplate'" if kind == "owner_kind" else ""
        _count(
            database,
            f"SELECT {label}, count(*) FROM {table} r WHERE r.{key} IS NOT NULL{template}"  # noqa: S608
            f" AND NOT EXISTS (SELECT 1 FROM {target}) GROUP BY 1",
        )
    _count(
        database,
        "SELECT 'Labelling.content', count(*) FROM labellings r WHERE r.owner_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM contents t"
        " WHERE t.id = r.owner_id AND t.kind = r.owner_kind)"
        " AND NOT EXISTS (SELECT 1 FROM templates t WHERE t.id = r.owner_id"
        " AND r.owner_kind = 'PageTemplate')",
    )
    # A draft or revision outlives its page; only pages and their like have a newest version.
    _count(
        database,
        "SELECT r.kind || '.originalVersion', count(*) FROM contents r"
        " WHERE r.original_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM contents t"
        " WHERE t.id = r.original_id) GROUP BY 1",
    )
    for table, label, key, target, target_key in _TO_TABLE:
        _count(
            database,
            f"SELECT {label}, count(*) FROM {table} r WHERE r.{key} IS NOT NULL AND NOT EXISTS"  # noqa: S608
            f" (SELECT 1 FROM {target} t WHERE t.{target_key} = r.{key}) GROUP BY 1",
        )
    for table, label, key in _TO_PEOPLE:
        _count(
            database,
            f"SELECT {label}, count(*) FROM {table} r JOIN people p ON p.key = r.{key}"  # noqa: S608
            " WHERE NOT p.known GROUP BY 1",
        )
    _count_memberships(database)
    for fields, target in _MISSING_MEMBERS:
        names = ", ".join(f"'{field}'" for field in fields)
        _count(
            database,
            f"SELECT r.owner_kind || '.' || r.field, count(*) FROM listed r"  # noqa: S608
            f" WHERE r.field IN ({names}) AND NOT EXISTS"
            f" (SELECT 1 FROM {target} t WHERE t.id = r.member_id) GROUP BY 1",
        )


def _count_memberships(database: sqlite3.Connection) -> None:
    _count(
        database,
        "SELECT 'HibernateMembership.parentGroup', count(*) FROM memberships r"
        " WHERE NOT EXISTS (SELECT 1 FROM directory_groups t"
        " WHERE t.id = r.group_id AND t.kind = r.group_kind)",
    )
    _count(
        database,
        "SELECT CASE WHEN r.member_kind LIKE '%Group' THEN 'HibernateMembership.groupMember'"
        " ELSE 'HibernateMembership.userMember' END, count(*) FROM memberships r"
        " WHERE NOT EXISTS (SELECT 1 FROM directory_groups t"
        " WHERE t.id = r.member_id AND t.kind = r.member_kind)"
        " AND NOT EXISTS (SELECT 1 FROM directory_users t"
        " WHERE t.id = r.member_id AND t.kind = r.member_kind) GROUP BY 1",
    )


def _count(database: sqlite3.Connection, query: str) -> None:
    for reference, count in database.execute(query).fetchall():
        if count and reference:
            database.execute(
                "INSERT INTO unresolved VALUES (?, ?) ON CONFLICT (reference)"
                " DO UPDATE SET count = count + excluded.count",
                (reference, count),
            )
