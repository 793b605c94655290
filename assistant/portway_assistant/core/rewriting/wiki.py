"""Bodies in wiki markup: links and macros whose form leaves no doubt.

Code and preformatted blocks, escaped brackets and everything else stay as they are.
Source: docs/reference/rewriting.md#wiki-markup
"""

import re

from portway_assistant.core.rewriting.parameters import Texts
from portway_assistant.core.rewriting.references import Kind, Resolver

_TOKEN = re.compile(
    r"\\."
    r"|\{(?P<block>code|noformat)(?::[^}\n]*)?\}.*?(?:\{(?P=block)\}|\Z)"
    r"|\{(?P<macro>[a-z][a-z0-9-]*):(?P<parameters>[^{}\n]*)\}"
    r"|\[(?P<link>[^\[\]\n]+)\]",
    re.DOTALL,
)
_NAMED_ACCOUNT = "accountid:"
_ADDRESS = re.compile(r"(?:https?:/|/(?!/))/?\S+")


def rewrite_wiki(body: str, texts: Texts, resolver: Resolver) -> str:
    """Return the body with its references rewritten."""
    if "[" not in body and "{" not in body:
        return body

    def token(match: re.Match[str]) -> str:
        if match["link"] is not None:
            return f"[{_link(match['link'], texts, resolver)}]"
        if match["macro"] is not None:
            parameters = _parameters(match["macro"], match["parameters"], texts)
            return f"{{{match['macro']}:{parameters}}}"
        return match[0]

    return _TOKEN.sub(token, body)


def _link(inside: str, texts: Texts, resolver: Resolver) -> str:
    """Return `target`, `text|target` or `text|target|tip`."""
    parts = inside.split("|")
    at = 0 if len(parts) == 1 else 1
    parts[at] = _target(parts[at], texts, resolver)
    return "|".join(parts)


def _target(target: str, texts: Texts, resolver: Resolver) -> str:
    if target.startswith("~"):
        name = target[1:]
        account = texts.user(name.removeprefix(_NAMED_ACCOUNT))
        return target if account is None else f"~{_NAMED_ACCOUNT}{account}"
    if target.startswith("$"):
        content_id = texts.content_id(target[1:]) if target[1:].isdecimal() else None
        return target if content_id is None else f"${content_id}"
    if _ADDRESS.fullmatch(target):
        return texts.address(target)
    key, colon, rest = target.partition(":")
    if not colon or not resolver.has_space(key):
        return target
    if not rest:
        return f"{texts.space_key(key)}:"
    title = re.split(r"[#^]", rest, maxsplit=1)[0]
    if not title:
        return target
    new_key, new_title = texts.titled(Kind.PAGE, key, title)
    return f"{new_key}:{new_title}{rest[len(title) :]}"


def _parameters(macro: str, written: str, texts: Texts) -> str:
    def parameter(text: str) -> str:
        name, equals, value = text.partition("=")
        if not equals:
            return texts.parameter(macro, "", text)
        return f"{name}={texts.parameter(macro, name.strip(), value)}"

    return "|".join(parameter(text) for text in written.split("|"))
