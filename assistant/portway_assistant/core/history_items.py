"""Older versions on their way to the destination, one function a kind. Pure.

Source: docs/reference/site-api.md
"""

from portway_assistant.core.items import (
    CONTAINER_KINDS,
    FILE_MISSING,
    UNKNOWN_TYPE,
    FileFacts,
    instant,
    sent_body,
    user_reference,
)
from portway_assistant.core.outgoing import OutgoingFile, OutgoingItem
from portway_assistant.core.titles import MAX_TITLE
from portway_assistant.exports.records import AttachmentRevision, Revision

NEWEST_FILE_MISSING = (
    "container_missing",
    "It is an older version of an attachment whose file the export does not hold.",
)


def version_item(revision: Revision) -> OutgoingItem:
    """Return an older version of a page or blog post, by whoever wrote that version."""
    body, representation = sent_body(revision.body, revision.body_type)
    title = revision.title[:MAX_TITLE] or f"Untitled {revision.original_id}"
    return OutgoingItem(
        kind="version",
        source_key=f"version/{revision.id}",
        title=f"{title}, version {revision.version}",
        payload={
            "of": f"{CONTAINER_KINDS[revision.kind]}/{revision.original_id}",
            "title": title,
            "body": body,
            "representation": representation,
            "author": user_reference(revision.modifier_key or revision.creator_key),
            "createdAt": instant(revision.modified_at or revision.created_at),
            "version": revision.version,
            "versionMessage": revision.version_comment or None,
        },
    )


def attachment_version_item(
    revision: AttachmentRevision, facts: FileFacts | None, *, newest_is_missing: bool
) -> OutgoingItem:
    """Return an older version of a file with its bytes, or as a gap when the export lacks them."""
    title = revision.title or f"attachment-{revision.original_id}"
    gap = None if facts else FILE_MISSING
    return OutgoingItem(
        kind="attachmentVersion",
        source_key=f"attachmentVersion/{revision.id}",
        title=f"{title}, version {revision.version}",
        payload={
            "of": f"attachment/{revision.original_id}",
            "title": title,
            "mediaType": revision.media_type or UNKNOWN_TYPE,
            "comment": revision.version_comment or None,
            "sizeBytes": facts.size_bytes if facts else 0,
            "sha256": facts.sha256 if facts else "",
            "author": user_reference(revision.modifier_key or revision.creator_key),
            "createdAt": instant(revision.modified_at or revision.created_at),
            "version": revision.version,
        },
        file=OutgoingFile(facts.size_bytes, facts.open_chunks) if facts else None,
        gap=NEWEST_FILE_MISSING if newest_is_missing else gap,
    )
