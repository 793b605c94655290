"""The digest both sides of a core migration compute over one item, each from its own store.

Source: docs/reference/proof.md
"""

import hashlib
from collections.abc import Mapping

import orjson

DIGEST_FIELDS: dict[str, tuple[str, ...]] = {
    "user": ("email", "displayName", "access"),
    "group": ("name", "description"),
    "membership": ("group", "user"),
    "space": ("key", "name", "description", "type", "status"),
    "page": (
        "space",
        "parent",
        "title",
        "body",
        "representation",
        "position",
        "author",
        "createdAt",
        "lastAuthor",
        "updatedAt",
        "version",
        "versionMessage",
        "home",
        "status",
        "restricted",
    ),
    "blogPost": (
        "space",
        "title",
        "body",
        "representation",
        "author",
        "createdAt",
        "lastAuthor",
        "updatedAt",
        "version",
        "versionMessage",
        "status",
        "restricted",
    ),
    "version": (
        "of",
        "title",
        "body",
        "representation",
        "author",
        "createdAt",
        "version",
        "versionMessage",
    ),
    "comment": (
        "container",
        "parent",
        "body",
        "representation",
        "author",
        "createdAt",
        "lastAuthor",
        "updatedAt",
        "version",
        "inline",
    ),
    "attachment": (
        "container",
        "title",
        "mediaType",
        "comment",
        "sizeBytes",
        "sha256",
        "author",
        "createdAt",
        "version",
    ),
    "attachmentVersion": (
        "of",
        "title",
        "mediaType",
        "comment",
        "sizeBytes",
        "sha256",
        "author",
        "createdAt",
        "version",
    ),
    "template": (
        "space",
        "name",
        "description",
        "body",
        "representation",
        "author",
        "createdAt",
        "version",
    ),
    "label": ("container", "name", "prefix"),
    "property": ("container", "name", "text", "number", "instant"),
    "restriction": ("container", "operation", "users", "groups"),
    "like": ("container", "user", "createdAt"),
    "watch": ("container", "user", "type"),
    "spacePermission": ("space", "subject", "operation", "target"),
}
"""Per kind, the fields that count. References are source keys; instants are ISO 8601 UTC."""


def item_digest(kind: str, item: Mapping[str, object]) -> str:
    """Return the SHA-256 (hex) over the fields of an item that count; absent ones are null."""
    fields = [item.get(name) for name in DIGEST_FIELDS[kind]]
    return hashlib.sha256(orjson.dumps([kind, *fields], option=orjson.OPT_SORT_KEYS)).hexdigest()
