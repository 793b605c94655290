"""From what the export holds to what is sent, one function a kind. Pure.

Source: docs/reference/site-api.md
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from portway_assistant.core.outgoing import MappingKey, OutgoingFile, OutgoingItem
from portway_assistant.core.titles import MAX_TITLE
from portway_assistant.exports.records import (
    Attachment,
    BlogPost,
    BodyType,
    Comment,
    ContainerKind,
    Label,
    Page,
    Space,
    User,
)
from portway_assistant.people.settled import Arrival
from portway_scopes import namespaces
from portway_service.instants import format_instant

CONTAINER_KINDS = {
    ContainerKind.PAGE: "page",
    ContainerKind.BLOG_POST: "blogPost",
    ContainerKind.COMMENT: "comment",
    ContainerKind.ATTACHMENT: "attachment",
}
NAMESPACES = {
    "space": namespaces.CONFLUENCE_SPACE,
    "page": namespaces.CONFLUENCE_PAGE,
    "blogPost": namespaces.CONFLUENCE_BLOG_POST,
    "comment": namespaces.CONFLUENCE_COMMENT,
    "attachment": namespaces.CONFLUENCE_ATTACHMENT,
}
"""Where apps look up content by the id it had at the source."""

FILE_MISSING = (
    "file_missing",
    (
        "The export does not hold the file. Export again with attachments, or look for it on the"
        " server's disk."
    ),
)
CONTAINER_MISSING = (
    "container_missing",
    "It hangs on an attachment whose file the export does not hold.",
)
PRIVATE_LABEL = (
    "private_label",
    "It is one person's private favourite, which only that person can set in the cloud.",
)
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class FileFacts:
    """The bytes of an attachment, measured."""

    size_bytes: int
    sha256: str
    open_chunks: Callable[[], Iterator[bytes]]


def user_item(user: User, arrival: Arrival) -> OutgoingItem:
    """Return a person as they arrive.

    Whoever is disabled at the source is active without access to the product; nobody can sign in
    to a placeholder, so that is not active.
    """
    keys = []
    if user.user_key:
        keys.append(MappingKey(namespaces.IDENTITY_USER, f"confluence.userkey/{user.user_key}"))
    if user.username:
        keys.append(MappingKey(namespaces.IDENTITY_USER, f"confluence.username/{user.username}"))
    if arrival.email:
        keys.append(MappingKey(namespaces.IDENTITY_USER, f"email/{arrival.email}"))
    return OutgoingItem(
        kind="user",
        source_key=f"user/{user.key}",
        title=arrival.name,
        payload={
            "email": arrival.email,
            "displayName": arrival.name,
            "active": not arrival.is_placeholder,
            "access": arrival.access,
            "placeholder": arrival.is_placeholder,
        },
        mapping_keys=tuple(keys),
    )


def space_item(space: Space) -> OutgoingItem:
    """Return a space."""
    return OutgoingItem(
        kind="space",
        source_key=f"space/{space.id}",
        title=f"{space.name} ({space.key})",
        payload={
            "key": space.key,
            "name": space.name,
            "description": space.description or None,
            "type": space.type,
            "status": "archived" if space.is_archived else "current",
            "author": user_reference(space.creator_key or space.modifier_key),
            "createdAt": instant(space.created_at or space.modified_at),
        },
        mapping_keys=(MappingKey(namespaces.CONFLUENCE_SPACE, space.id),),
    )


def page_item(page: Page, *, archived: bool = False, restricted: bool = False) -> OutgoingItem:
    """Return a page at its place in the tree.

    One that is `restricted` arrives closed to everybody, until its restriction is there.
    """
    return OutgoingItem(
        kind="page",
        source_key=f"page/{page.id}",
        title=_title(page),
        payload={
            "space": f"space/{page.space_id}",
            "parent": f"page/{page.parent_id}" if page.parent_id else None,
            "home": page.is_home,
            "title": _title(page),
            "status": "archived" if archived else "current",
            "restricted": restricted,
            "position": page.position,
            "versionMessage": page.version_comment or None,
            **_written(page),
        },
        mapping_keys=(MappingKey(namespaces.CONFLUENCE_PAGE, page.id),),
    )


def blog_post_item(
    post: BlogPost, *, archived: bool = False, restricted: bool = False
) -> OutgoingItem:
    """Return a blog post; one that is `restricted` arrives closed, as pages do."""
    return OutgoingItem(
        kind="blogPost",
        source_key=f"blogPost/{post.id}",
        title=_title(post),
        payload={
            "space": f"space/{post.space_id}",
            "title": _title(post),
            "status": "archived" if archived else "current",
            "restricted": restricted,
            "versionMessage": post.version_comment or None,
            **_written(post),
        },
        mapping_keys=(MappingKey(namespaces.CONFLUENCE_BLOG_POST, post.id),),
    )


def comment_item(comment: Comment, *, fileless: Set[str]) -> OutgoingItem:
    """Return a comment. `fileless` are the ids of attachments that cannot be moved."""
    kind = CONTAINER_KINDS[comment.container_kind]
    inline = comment.inline
    return OutgoingItem(
        kind="comment",
        source_key=f"comment/{comment.id}",
        title=f"Comment {comment.id}",
        payload={
            "container": f"{kind}/{comment.container_id}",
            "parent": f"comment/{comment.parent_id}" if comment.parent_id else None,
            "inline": inline
            and {
                "markerRef": inline.marker_ref,
                "selection": inline.selection,
                "resolved": comment.is_resolved,
                "resolvedBy": user_reference(comment.resolved_by_key),
                "resolvedAt": instant(comment.resolved_at),
            },
            **_written(comment),
        },
        mapping_keys=(MappingKey(namespaces.CONFLUENCE_COMMENT, comment.id),),
        gap=CONTAINER_MISSING
        if kind == "attachment" and comment.container_id in fileless
        else None,
    )


def attachment_item(attachment: Attachment, facts: FileFacts | None) -> OutgoingItem:
    """Return an attachment with its bytes, or as a gap when the export lacks them."""
    kind = CONTAINER_KINDS.get(attachment.container_kind)
    container = f"{kind}/{attachment.container_id}" if kind else f"space/{attachment.space_id}"
    return OutgoingItem(
        kind="attachment",
        source_key=f"attachment/{attachment.id}",
        title=attachment.title or f"Attachment {attachment.id}",
        payload={
            "container": container,
            "title": attachment.title or f"attachment-{attachment.id}",
            "mediaType": attachment.media_type or UNKNOWN_TYPE,
            "comment": attachment.version_comment or None,
            "sizeBytes": facts.size_bytes if facts else 0,
            "sha256": facts.sha256 if facts else "",
            "author": user_reference(attachment.creator_key or attachment.modifier_key),
            "createdAt": instant(attachment.created_at or attachment.modified_at),
            "version": attachment.version,
        },
        mapping_keys=(MappingKey(namespaces.CONFLUENCE_ATTACHMENT, attachment.id),),
        file=OutgoingFile(facts.size_bytes, facts.open_chunks) if facts else None,
        gap=None if facts else FILE_MISSING,
    )


def label_item(container: str, label: Label, *, gap: tuple[str, str] | None) -> OutgoingItem:
    """Return a label on a container such as `page/200`."""
    owner = f":{label.user_key}" if label.user_key else ""
    return OutgoingItem(
        kind="label",
        source_key=f"label/{container}/{label.namespace}:{label.name}{owner}",
        title=label.name,
        payload={"container": container, "name": label.name, "prefix": label.namespace},
        gap=PRIVATE_LABEL if label.user_key or label.namespace == "my" else gap,
    )


def _written(content: Page | BlogPost | Comment) -> dict[str, Any]:
    created_at = content.created_at or content.modified_at
    creator = content.creator_key or content.modifier_key
    body, representation = sent_body(content.body, content.body_type)
    return {
        "body": body,
        "representation": representation,
        "author": user_reference(creator),
        "createdAt": instant(created_at),
        "lastAuthor": user_reference(content.modifier_key or creator),
        "updatedAt": instant(content.modified_at or created_at),
        "version": content.version,
    }


def sent_body(body: str, body_type: BodyType) -> tuple[str, str]:
    """Return a body and how it is written; plain text becomes paragraphs."""
    if body_type is BodyType.RAW:
        paragraphs = (escape(part, quote=False) for part in body.split("\n") if part.strip())
        return "".join(f"<p>{part}</p>" for part in paragraphs), "storage"
    return body, "wiki" if body_type is BodyType.WIKI else "storage"


def _title(content: Page | BlogPost) -> str:
    return content.title[:MAX_TITLE] or f"Untitled {content.id}"


def user_reference(key: str | None) -> str | None:
    """Return how an item refers to a person."""
    return f"user/{key}" if key else None


def instant(moment: datetime | None) -> str | None:
    """Return an instant as items carry it."""
    return format_instant(moment) if moment else None
