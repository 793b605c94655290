"""From what the export holds to what is sent, one function a kind. Pure.

Source: docs/reference/site-api.md
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from portway_assistant.core.outgoing import MappingKey, OutgoingFile, OutgoingItem
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


def user_item(user: User, *, email: str | None) -> OutgoingItem:
    """Return a person; without a usable e-mail, a placeholder of the person's own."""
    keys = []
    if user.user_key:
        keys.append(MappingKey(namespaces.IDENTITY_USER, f"confluence.userkey/{user.user_key}"))
    if user.username:
        keys.append(MappingKey(namespaces.IDENTITY_USER, f"confluence.username/{user.username}"))
    if email:
        keys.append(MappingKey(namespaces.IDENTITY_USER, f"email/{email}"))
    name = user.display_name or user.username or f"Unknown user {user.key[-8:]}"
    return OutgoingItem(
        kind="user",
        source_key=f"user/{user.key}",
        title=name,
        payload={
            "email": email,
            "displayName": name,
            "active": user.active,
            "placeholder": email is None,
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
            "author": _user(space.creator_key or space.modifier_key),
            "createdAt": _instant(space.created_at or space.modified_at),
        },
        mapping_keys=(MappingKey(namespaces.CONFLUENCE_SPACE, space.id),),
    )


def page_item(page: Page) -> OutgoingItem:
    """Return a page at its place in the tree."""
    return OutgoingItem(
        kind="page",
        source_key=f"page/{page.id}",
        title=_title(page),
        payload={
            "space": f"space/{page.space_id}",
            "parent": f"page/{page.parent_id}" if page.parent_id else None,
            "home": page.is_home,
            "title": _title(page),
            "position": page.position,
            "versionMessage": page.version_comment or None,
            **_written(page),
        },
        mapping_keys=(MappingKey(namespaces.CONFLUENCE_PAGE, page.id),),
    )


def blog_post_item(post: BlogPost) -> OutgoingItem:
    """Return a blog post."""
    return OutgoingItem(
        kind="blogPost",
        source_key=f"blogPost/{post.id}",
        title=_title(post),
        payload={
            "space": f"space/{post.space_id}",
            "title": _title(post),
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
            "author": _user(attachment.creator_key or attachment.modifier_key),
            "createdAt": _instant(attachment.created_at or attachment.modified_at),
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
    body, representation = _body(content.body, content.body_type)
    return {
        "body": body,
        "representation": representation,
        "author": _user(creator),
        "createdAt": _instant(created_at),
        "lastAuthor": _user(content.modifier_key or creator),
        "updatedAt": _instant(content.modified_at or created_at),
        "version": content.version,
    }


def _body(body: str, body_type: BodyType) -> tuple[str, str]:
    """Return a body and how it is written; plain text becomes paragraphs."""
    if body_type is BodyType.RAW:
        paragraphs = (escape(part, quote=False) for part in body.split("\n") if part.strip())
        return "".join(f"<p>{part}</p>" for part in paragraphs), "storage"
    return body, "wiki" if body_type is BodyType.WIKI else "storage"


def _title(content: Page | BlogPost) -> str:
    return content.title or f"Untitled {content.id}"


def _user(key: str | None) -> str | None:
    return f"user/{key}" if key else None


def _instant(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
