"""Restrictions and space permissions on their way to the destination, one function a kind. Pure.

Source: docs/reference/site-api.md, and docs/reference/permissions.md for what becomes of each
permission.
"""

from collections.abc import Mapping, Sequence

from portway_assistant.core.items import CONTAINER_KINDS
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.exports.records import (
    ContentRestriction,
    SpacePermission,
    SubjectKind,
)
from portway_service.folding import fold

Gap = tuple[str, str]

OPERATIONS: Mapping[str, str] = {"view": "read", "edit": "update"}
"""What a restriction is on, there and here."""

PERMISSIONS: Mapping[str, tuple[str, str]] = {
    "VIEWSPACE": ("read", "space"),
    "EDITSPACE": ("create", "page"),
    "REMOVEPAGE": ("delete", "page"),
    "ARCHIVEPAGE": ("archive", "page"),
    "EDITBLOG": ("create", "blogpost"),
    "REMOVEBLOG": ("delete", "blogpost"),
    "COMMENT": ("create", "comment"),
    "REMOVECOMMENT": ("delete", "comment"),
    "CREATEATTACHMENT": ("create", "attachment"),
    "REMOVEATTACHMENT": ("delete", "attachment"),
    "SETPAGEPERMISSIONS": ("restrict_content", "space"),
    "EXPORTSPACE": ("export", "space"),
    "SETSPACEPERMISSIONS": ("administer", "space"),
    "REMOVEOWNCONTENT": ("delete", "space"),
}
"""Operation and target in the cloud, by the type in the export."""

WITHOUT_COUNTERPART = frozenset({"EXPORTPAGE", "REMOVEMAIL"})
GLOBAL = frozenset(
    {
        "USECONFLUENCE",
        "CREATESPACE",
        "PERSONALSPACE",
        "ADMINISTRATECONFLUENCE",
        "SYSTEMADMINISTRATOR",
        "UPDATEUSERSTATUS",
        "PROFILEATTACHMENTS",
        "BROWSEUSERS",
        "VIEWUSERPROFILES",
    }
)

NO_COUNTERPART: Gap = (
    "permission_without_counterpart",
    "The cloud has no such permission in a space; nothing is lost that could be done there.",
)
GLOBAL_PERMISSION: Gap = (
    "permission_is_global",
    "It holds for a whole site, not for a space. Set it by hand in the cloud.",
)
UNKNOWN_PERMISSION: Gap = (
    "permission_unknown",
    "Portway does not know this permission, and gives nobody more than it understands.",
)
UNKNOWN_SUBJECT: Gap = (
    "permission_subject_unknown",
    (
        "It is held by a class of people that Portway does not know, and never takes for the"
        " public. Decide who is meant, and set it by hand."
    ),
)
NOT_OF_ALL_MERGED: Gap = (
    "permission_not_of_all_merged",
    "Accounts that become one did not all hold it, so the one account does not get it.",
)
HELD_AS_ONE: Gap = (
    "permission_held_as_one",
    "The account this person becomes one with holds it already.",
)
UNKNOWN_RESTRICTION: Gap = (
    "restriction_unknown",
    "It restricts something else than viewing or editing a page or blog post.",
)


def restriction_item(
    restriction: ContentRestriction, users: Sequence[str], *, number: int
) -> OutgoingItem:
    """Return one set of who may view, or edit, something.

    Args:
        users: Keys of the people in it who still pass once accounts are merged.
        number: 1 for the first set of its type on its container, 2 for the next.
    """
    container = f"{CONTAINER_KINDS.get(restriction.container_kind, 'other')}"
    operation = OPERATIONS.get(restriction.type, restriction.type)
    place = f"{container}/{restriction.container_id}"
    known = container in {"page", "blogPost"} and restriction.type in OPERATIONS
    return OutgoingItem(
        kind="restriction",
        source_key=f"restriction/{place}/{operation}" + (f"/{number}" if number > 1 else ""),
        title=f"Who may {restriction.type} {place}",
        payload={
            "container": place,
            "operation": operation,
            "users": sorted({f"user/{key}" for key in users}),
            "groups": sorted({f"group/{fold(name)}" for name in restriction.groups}),
        },
        gap=None if known else UNKNOWN_RESTRICTION,
    )


def space_permission_item(
    permission: SpacePermission, space_id: str, *, subject_gap: Gap | None
) -> OutgoingItem:
    """Return what somebody may do in a space. `subject_gap` is why its holder does not arrive."""
    operation, target = PERMISSIONS.get(permission.type, ("", ""))
    subject = subject_key(permission)
    deed = f"{operation}:{target}" if operation else permission.type
    return OutgoingItem(
        kind="spacePermission",
        source_key=f"spacePermission/{space_id}/{subject}/{deed}",
        title=f"{permission.type} for {permission.subject or 'everybody'}",
        payload={
            "space": f"space/{space_id}",
            "subject": subject,
            "operation": operation,
            "target": target,
        },
        gap=_permission_gap(permission) or subject_gap,
    )


def subject_key(permission: SpacePermission) -> str:
    """Return who holds a permission, as the site calls it."""
    match permission.subject_kind:
        case SubjectKind.USER:
            return f"user/{permission.subject}"
        case SubjectKind.GROUP:
            return f"group/{fold(permission.subject or '')}"
        case SubjectKind.ANONYMOUS:
            return "anonymous"
    return f"other/{permission.subject}"


def _permission_gap(permission: SpacePermission) -> Gap | None:
    if permission.subject_kind is SubjectKind.OTHER:
        return UNKNOWN_SUBJECT
    if permission.type in PERMISSIONS:
        return None
    if permission.type in WITHOUT_COUNTERPART:
        return NO_COUNTERPART
    return GLOBAL_PERMISSION if permission.type in GLOBAL else UNKNOWN_PERMISSION
