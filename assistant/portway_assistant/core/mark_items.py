"""Templates, properties, likes and watches on their way, one function a kind. Pure.

Source: docs/reference/site-api.md
"""

from datetime import datetime

from portway_assistant.core.items import CONTAINER_KINDS, instant, sent_body, user_reference
from portway_assistant.core.outgoing import OutgoingItem
from portway_assistant.exports.records import (
    ContainerKind,
    ContentProperty,
    Like,
    PageTemplate,
    Watch,
)

CARRIED = frozenset(
    {
        "inline-comment",
        "inline-marker-ref",
        "inline-original-selection",
        "status",
        "status-lastmoddate",
        "status-lastmodifier",
        "MEDIA_TYPE",
        "FILESIZE",
    }
)
"""Properties that arrive as what they mean: the anchor of a comment, the type of a file."""

OF_THE_SERVER = frozenset(
    {
        "sync-rev",
        "sync-rev-source",
        "share-id",
        "collabService",
        "macroNames",
        "FILESTORE_ID",
        "COLLECTION_NAME_TYPE",
    }
)
"""Properties by which the old server kept its own affairs, such as shared editing."""

_SERVER_PREFIX = "macro-count."


def is_moved(name: str) -> bool:
    """Tell whether a property goes along under its own name."""
    return not (name in CARRIED or name in OF_THE_SERVER or name.startswith(_SERVER_PREFIX))


def template_item(template: PageTemplate) -> OutgoingItem:
    """Return a page template of a space, or of the whole site."""
    body, representation = sent_body(template.body, template.body_type)
    name = template.name or f"Template {template.id}"
    return OutgoingItem(
        kind="template",
        source_key=f"template/{template.id}",
        title=name,
        payload={
            "space": f"space/{template.space_id}" if template.space_id else None,
            "name": name,
            "description": template.description or None,
            "body": body,
            "representation": representation,
            "author": user_reference(template.creator_key),
            "createdAt": instant(template.created_at),
            "version": template.version,
        },
    )


def property_item(
    property_: ContentProperty, space_id: str, *, date: datetime | None, number: int
) -> OutgoingItem:
    """Return a named value.

    Args:
        date: The value, when it is one.
        number: 1 for the first of its name on its container, 2 for the next.
    """
    container = _container(property_.container_kind, property_.container_id, space_id)
    suffix = f"/{number}" if number > 1 else ""
    return OutgoingItem(
        kind="property",
        source_key=f"property/{container}/{property_.name}{suffix}",
        title=f"{property_.name} of {container}",
        payload={
            "container": container,
            "name": property_.name,
            "text": property_.text,
            "number": property_.number,
            "instant": instant(date),
        },
    )


def like_item(like: Like) -> OutgoingItem:
    """Return that somebody likes something."""
    container = f"{CONTAINER_KINDS[like.container_kind]}/{like.container_id}"
    return OutgoingItem(
        kind="like",
        source_key=f"like/{container}/{like.user_key}",
        title=f"A like of {container}",
        payload={
            "container": container,
            "user": f"user/{like.user_key}",
            "createdAt": instant(like.created_at),
        },
    )


def watch_item(watch: Watch, space_id: str) -> OutgoingItem:
    """Return that somebody watches something, or a space."""
    container = _container(watch.container_kind, watch.container_id, space_id)
    kind = f":{watch.type}" if watch.type else ""
    return OutgoingItem(
        kind="watch",
        source_key=f"watch/{container}/{watch.user_key}{kind}",
        title=f"A watch of {container}",
        payload={
            "container": container,
            "user": f"user/{watch.user_key}",
            "type": watch.type or None,
        },
    )


def _container(kind: ContainerKind | None, container_id: str | None, space_id: str) -> str:
    """Return what something hangs on; what hangs on a space's description hangs on the space."""
    name = CONTAINER_KINDS.get(kind) if kind else None
    return f"{name}/{container_id}" if name else f"space/{space_id}"
