"""Mapping namespaces and the scope that opens each. Source: wire contract, section 5."""

import re

from portway_scopes.access_scopes import AccessScope

IDENTITY_USER = "identity:user"
IDENTITY_GROUP = "identity:group"
CONFLUENCE_SPACE = "confluence:space"
CONFLUENCE_PAGE = "confluence:page"
CONFLUENCE_BLOG_POST = "confluence:blogPost"
CONFLUENCE_COMMENT = "confluence:comment"
CONFLUENCE_ATTACHMENT = "confluence:attachment"
MIGRATED_NAMESPACES = (
    IDENTITY_USER,
    IDENTITY_GROUP,
    CONFLUENCE_SPACE,
    CONFLUENCE_PAGE,
    CONFLUENCE_BLOG_POST,
    CONFLUENCE_COMMENT,
    CONFLUENCE_ATTACHMENT,
)
"""The namespaces core migration fills."""

_SHAPE = re.compile(
    r"(?P<family>identity|confluence|jira)(?:/[A-Za-z0-9_-]+)*:[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)*"
)


def find_scope_for_namespace(namespace: str) -> AccessScope | None:
    """Return the scope that opens `namespace`, or None when it belongs to no known family.

    `identity:*` is opened by one tracing scope, `confluence*` and `jira*` (also `jira/classic:*`)
    by the other. An unknown family is opened by nothing.
    """
    shape = _SHAPE.fullmatch(namespace)
    if shape is None:
        return None
    if shape["family"] == "identity":
        return AccessScope.MIGRATION_TRACING_IDENTITY
    return AccessScope.MIGRATION_TRACING_PRODUCT
