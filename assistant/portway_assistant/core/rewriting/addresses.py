"""Addresses of the source inside bodies: telling them from others, and writing them anew.

What is written starts at the host (`/sites/acme/wiki/spaces/…`), so that it holds wherever the
destination is served from. Source: docs/reference/rewriting.md#addresses
"""

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, quote, unquote, unquote_plus, urlsplit

from portway_assistant.core.rewriting.references import (
    Findings,
    Kind,
    Resolver,
    Target,
    Where,
)
from portway_assistant.core.rewriting.tiny_links import decode_tiny, encode_tiny

USUAL_CONTEXTS = ("", "/confluence", "/wiki")
"""Where Confluence is usually served, when nobody says where it was."""

_PAGE_ACTIONS = re.compile(r"/pages/(?:view|edit|release|do)[a-z]*\.action")
_DISPLAY = re.compile(r"/display/(?:public/)?([^/]+)(?:/(\d{4}/\d{2}/\d{2}))?(?:/([^/]+))?/?")
_SPACES = re.compile(r"/spaces/([^/]+)(?:/overview)?/?")
_BY_ID = re.compile(r"/spaces/[^/]+/(?:pages|blog)/(?:\d{4}/\d{2}/\d{2}/)?(\d+)(?:/[^/]*)?/?")
_TINY = re.compile(r"/x/([A-Za-z0-9_-]{1,11})/?")
_DOWNLOAD = re.compile(r"/download/(?:attachments|thumbnails)/(\d+)/([^/]+)")
_COMMENT_ANCHOR = re.compile(r"comment-(\d+)")


class SourceAddresses:
    """The addresses of one source, as seen from one destination.

    Args:
        source_urls: Base URLs under which people reached the source.
        site_path: Path of the destination's base URL, without a slash at its end.
    """

    def __init__(self, source_urls: Sequence[str], site_path: str) -> None:
        self._site_path = site_path
        parts = [urlsplit(url.rstrip("/")) for url in source_urls]
        self._places = {(part.netloc.lower(), part.path) for part in parts}
        self._contexts = {part.path for part in parts} or set(USUAL_CONTEXTS)
        self._is_known = bool(parts)

    def rewrite(self, url: str, where: Where, resolver: Resolver, findings: Findings) -> str | None:
        """Return the address at the destination; None for one that stays as it is."""
        found = self._inside(url)
        if found is None:
            return None
        path, query, fragment, is_certain = found
        new = self._new_path(path, query, fragment, resolver)
        if new is not None:
            return new
        if is_certain or _is_reference(path):
            findings.add(Kind.LINK, url)
        return None

    def _inside(self, url: str) -> tuple[str, dict[str, list[str]], str, bool] | None:
        """Return path (below the source's base), query and fragment of an address of the source.

        The last value tells whether it is the source's beyond doubt.
        """
        try:
            parts = urlsplit(url.strip())
        except ValueError:
            return None
        if parts.scheme not in {"", "http", "https"}:
            return None
        is_absolute = bool(parts.netloc)
        if not is_absolute and (parts.scheme or not parts.path.startswith("/")):
            return None
        if is_absolute:
            contexts = {path for host, path in self._places if host == parts.netloc.lower()}
        else:
            contexts = self._contexts
        for context in sorted(contexts, key=len, reverse=True):
            rest = parts.path.removeprefix(context)
            if parts.path.startswith(context) and (not rest or rest.startswith("/")):
                is_certain = is_absolute or (self._is_known and context != "")
                return rest, parse_qs(parts.query), parts.fragment, is_certain
        return None

    def _new_path(
        self, path: str, query: dict[str, list[str]], fragment: str, resolver: Resolver
    ) -> str | None:
        if tiny := _TINY.fullmatch(path):
            content_id = decode_tiny(tiny[1])
            target = resolver.content(str(content_id)) if content_id else None
            return None if target is None else f"{self._site_path}/x/{encode_tiny(int(target.id))}"
        if download := _DOWNLOAD.fullmatch(path):
            target = resolver.content(download[1])
            if target is None:
                return None
            return f"{self._site_path}/download/attachments/{target.id}/{download[2]}"
        space_key = self._find_space_key(path, query)
        if space_key is not None:
            if not resolver.has_space(space_key):
                return None
            return f"{self._site_path}{_space_path(resolver.new_key(space_key))}"
        target = self._find_content(path, query, resolver)
        if target is None:
            return {"": f"{self._site_path}/", "/": f"{self._site_path}/"}.get(path)
        return f"{self._site_path}{content_path(target)}" + _ending(query, fragment, resolver)

    @staticmethod
    def _find_space_key(path: str, query: dict[str, list[str]]) -> str | None:
        if path == "/spaces/viewspace.action":
            return query.get("key", [None])[0]
        display = _DISPLAY.fullmatch(path)
        if display and display[3] is None and display[2] is None:
            return unquote_plus(display[1])
        space = _SPACES.fullmatch(path)
        return unquote(space[1]) if space and not space[1].endswith(".action") else None

    @staticmethod
    def _find_content(path: str, query: dict[str, list[str]], resolver: Resolver) -> Target | None:
        if _PAGE_ACTIONS.fullmatch(path):
            if page_id := query.get("pageId", [""])[0]:
                return resolver.content(page_id)
            key, title = query.get("spaceKey", [""])[0], query.get("title", [""])[0]
            return resolver.titled(Kind.PAGE, key, title) if key and title else None
        if by_id := _BY_ID.fullmatch(path):
            return resolver.content(by_id[1])
        display = _DISPLAY.fullmatch(path)
        if display and display[3] is not None:
            kind = Kind.BLOG_POST if display[2] else Kind.PAGE
            return resolver.titled(kind, unquote_plus(display[1]), unquote_plus(display[3]))
        return None


def content_path(target: Target) -> str:
    """Return the path of content below a site's base; of a comment or file, what it hangs on."""
    while target.container is not None:
        target = target.container
    if target.space_key is None:
        return f"/x/{encode_tiny(int(target.id))}"
    place = "blog" if target.kind == "blogPost" else "pages"
    return f"{_space_path(target.space_key)}/{place}/{target.id}"


def _space_path(space_key: str) -> str:
    return f"/spaces/{quote(space_key, safe='~')}"


def _ending(query: dict[str, list[str]], fragment: str, resolver: Resolver) -> str:
    """Return query and fragment: comments under their new ids, headings as they were."""
    anchor = _COMMENT_ANCHOR.fullmatch(fragment)
    old_id = anchor[1] if anchor else query.get("focusedCommentId", [""])[0]
    comment = resolver.content(old_id) if old_id.isdecimal() else None
    if comment is not None:
        fragment = f"comment-{comment.id}" if anchor else fragment
        return f"?focusedCommentId={comment.id}" + (f"#{fragment}" if fragment else "")
    return f"#{fragment}" if fragment and not anchor else ""


def _is_reference(path: str) -> bool:
    """Tell whether a path has a form that only Confluence gives its content."""
    patterns = (_PAGE_ACTIONS, _DISPLAY, _BY_ID, _TINY, _DOWNLOAD)
    return any(pattern.fullmatch(path) for pattern in patterns)
