"""Bodies in storage format: single attributes and parameter texts are replaced, nothing else.

The text is searched for the tags that can refer to something; it is never parsed into a tree and
written again. So whitespace, entities, quotes, CDATA sections and damaged markup stay as they are.
Source: docs/reference/rewriting.md#storage-format
"""

import re
from collections.abc import Callable
from html import escape, unescape

from portway_assistant.core.rewriting.parameters import Texts
from portway_assistant.core.rewriting.references import Kind, Resolver, UserBy

_OPAQUE = frozenset({"ac:plain-text-body", "ac:plain-text-link-body"})
_MACROS = frozenset({"ac:structured-macro", "ac:macro"})
_PARAMETERS = {"ac:parameter": "ac:name", "ac:default-parameter": ""}
_ADDRESSES = {"a": "href", "img": "src", "ri:url": "ri:value"}

_NAMES = (
    r"ri:(?:user|page|blog-post|space|content-entity|url)|a|img"
    r"|ac:(?:structured-macro|macro|parameter|default-parameter|plain-text-body"
    r"|plain-text-link-body)"
)
# A quoted value holds no `<`: so a quote that is never closed ends at the next tag, and each
# character is looked at a bounded number of times.
_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    rf"|<(?P<close>/?)(?P<name>{_NAMES})(?P<attributes>(?:\s(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)?)"
    r"(?P<end>/?)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?<![^\s\"'])([\w:.-]+)(\s*=\s*)(\"[^\"<]*\"|'[^'<]*')")
_HINTS = ("ri:", "href", "src", "<ac:parameter", "<ac:default-parameter")

Edit = tuple[int, int, str]
"""From, to and what stands there instead."""


def may_refer(body: str) -> bool:
    """Tell whether a body could refer to anything; says yes too often rather than once too few."""
    return any(hint in body for hint in _HINTS)


def rewrite_storage(body: str, texts: Texts, resolver: Resolver) -> str:
    """Return the body with its references rewritten."""
    if not may_refer(body):
        return body
    edits = _Pass(body, texts, resolver).edits()
    if not edits:
        return body
    parts: list[str] = []
    at = 0
    for start, end, text in edits:
        parts += (body[at:start], text)
        at = end
    parts.append(body[at:])
    return "".join(parts)


class _Pass:
    """One walk over the tags of a body."""

    def __init__(self, body: str, texts: Texts, resolver: Resolver) -> None:
        self._body = body
        self._texts = texts
        self._resolver = resolver
        self._edits: list[Edit] = []
        self._macros: list[str] = []

    def edits(self) -> list[Edit]:
        """Return what is to be replaced, in order."""
        opaque: str | None = None
        for token in _TOKEN.finditer(self._body):
            name = token["name"]
            if name is None:
                continue
            if opaque is not None:
                if name == opaque and token["close"]:
                    opaque = None
            elif token["close"]:
                if name in _MACROS and self._macros:
                    self._macros.pop()
            elif name in _OPAQUE:
                opaque = None if _is_empty(token) else name
            else:
                self._open(name, token)
        return self._edits

    def _open(self, name: str, token: re.Match[str]) -> None:
        if name in _MACROS:
            if not _is_empty(token):
                self._macros.append(_value(self._attributes(token), "ac:name"))
        elif name in _PARAMETERS:
            self._parameter(name, token)
        elif name in _ADDRESSES:
            self._map(self._attributes(token), _ADDRESSES[name], self._texts.address)
        elif name == "ri:user":
            self._user(token)
        elif name == "ri:space":
            self._map(self._attributes(token), "ri:space-key", self._texts.space_key)
        elif name == "ri:content-entity":
            self._map(self._attributes(token), "ri:content-id", self._texts.content_id)
        else:
            self._titled(Kind.PAGE if name == "ri:page" else Kind.BLOG_POST, token)

    def _attributes(self, token: re.Match[str]) -> dict[str, re.Match[str]]:
        start, end = token.span("attributes")
        return {found[1]: found for found in _ATTRIBUTE.finditer(self._body, start, end)}

    def _map(
        self,
        attributes: dict[str, re.Match[str]],
        name: str,
        rule: Callable[[str], str | None],
    ) -> None:
        attribute = attributes.get(name)
        if attribute is None:
            return
        old = _plain(attribute)
        new = rule(old)
        if new is not None and new != old:
            self._replace_value(attribute, new)

    def _replace_value(self, attribute: re.Match[str], value: str) -> None:
        start, end = attribute.span(3)
        self._edits.append((start, end, _quoted(value, attribute[3][0])))

    def _titled(self, kind: Kind, token: re.Match[str]) -> None:
        attributes = self._attributes(token)
        title = attributes.get("ri:content-title")
        if title is None:
            return
        key = attributes.get("ri:space-key")
        old = (key and _plain(key), _plain(title))
        new_key, new_title = self._texts.titled(kind, *old)
        changed = []
        if key is not None and new_key is not None and new_key != old[0]:
            changed.append((key, new_key))
        if new_title != old[1]:
            changed.append((title, new_title))
        for attribute, value in sorted(changed, key=lambda pair: pair[0].start()):
            self._replace_value(attribute, value)

    def _user(self, token: re.Match[str]) -> None:
        """Name the account instead of key or name; unknown people stay as they are."""
        attributes = self._attributes(token)
        given = [
            (by, attributes[f"ri:{by.value}"]) for by in UserBy if f"ri:{by.value}" in attributes
        ]
        if not given:
            return
        for by, attribute in given:
            account = self._resolver.account_id(by, _plain(attribute))
            if account is not None:
                break
        else:
            self._texts.note_user(_plain(given[0][1]))
            return
        first, *others = sorted((attribute for _, attribute in given), key=lambda one: one.start())
        if others or first[1] != "ri:account-id" or _plain(first) != account:
            text = f"ri:account-id{first[2]}{_quoted(account, first[3][0])}"
            self._edits.append((*first.span(), text))
        for attribute in others:
            start = attribute.start()
            while self._body[start - 1].isspace():
                start -= 1
            self._edits.append((start, attribute.end(), ""))

    def _parameter(self, name: str, token: re.Match[str]) -> None:
        """Rewrite a parameter that is text alone; elements in one are met on their own."""
        if _is_empty(token) or not self._macros:
            return
        start = token.end()
        end = self._body.find("<", start)
        if end <= start or not self._body.startswith(f"</{name}>", end):
            return
        parameter = _value(self._attributes(token), _PARAMETERS[name])
        old = unescape(self._body[start:end])
        new = self._texts.parameter(self._macros[-1], parameter, old)
        if new != old:
            self._edits.append((start, end, escape(new, quote=False)))


def _is_empty(token: re.Match[str]) -> bool:
    return bool(token["end"]) or token["attributes"].endswith("/")


def _value(attributes: dict[str, re.Match[str]], name: str) -> str:
    attribute = attributes.get(name)
    return "" if attribute is None else _plain(attribute)


def _plain(attribute: re.Match[str]) -> str:
    return unescape(attribute[3][1:-1])


def _quoted(value: str, quote: str) -> str:
    escaped = escape(value, quote=False)
    escaped = escaped.replace(quote, "&quot;" if quote == '"' else "&#39;")
    return f"{quote}{escaped}{quote}"
