"""Reading storage format: XHTML with `ac:` and `ri:` elements, and whatever else was in the wiki.

Nothing outside the text is ever read: entities are turned into characters before the parser sees
them, document types do not reach it, and it has no network.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5

from lxml import etree

AC = "{ac}"
RI = "{ri}"

_ROOT = "portway-body"
_AMPERSAND = re.compile(r"&(?:(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{0,31});)?")
_NO_TAG = re.compile(r"<(?![A-Za-z_/?]|!--)")
_TAG = re.compile(r"<[^<>]*>")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# As numbers: a parser told to resolve no entities may not know even XML's own five names.
_XML_ENTITIES = {"amp": "&#38;", "lt": "&#60;", "gt": "&#62;", "quot": "&#34;", "apos": "&#39;"}
_NUMBERED = str.maketrans({"&": "&#38;", "<": "&#60;", ">": "&#62;"})


@dataclass(frozen=True)
class ParsedBody:
    """A body as a tree.

    Attributes:
        root: An element that stands for the body; its children are the body's.
        is_exact: False when the markup was damaged, and this is what could be made of it.
    """

    root: etree._Element
    is_exact: bool


def parse_storage(body: str) -> ParsedBody | None:
    """Return the tree of a body, or None when hardly anything of it can be read."""
    document = (
        f'<{_ROOT} xmlns:ac="ac" xmlns:ri="ri" xmlns:at="at">{_plain_xml(body)}</{_ROOT}>'
    ).encode()
    try:
        return ParsedBody(etree.fromstring(document, _parser(recover=False)), is_exact=True)
    except etree.XMLSyntaxError:
        pass
    try:
        root = etree.fromstring(document, _parser(recover=True))
    except etree.XMLSyntaxError:
        return None
    if root is None or root.tag != _ROOT or _lost_most(root, body):
        return None
    return ParsedBody(root, is_exact=False)


def text_of(node: etree._Element) -> str:
    """Return all the text inside an element."""
    return "".join(str(text) for text in node.itertext())


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _plain_xml(body: str) -> str:
    """Return the body without anything an XML parser would have to look up or obey."""
    return "".join(
        part.translate(_NUMBERED) if is_literal else _without_lookups(part)
        for part, is_literal in _split(_ILLEGAL.sub("", body), "<![CDATA[", "]]>")
    )


def _without_lookups(text: str) -> str:
    text = "".join(part for part, is_inside in _split(text, "<?", "?>") if not is_inside)
    return _AMPERSAND.sub(_as_character, _NO_TAG.sub("&#60;", text))


def _split(text: str, opening: str, closing: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text, and whether each stood between `opening` and `closing`.

    What is opened and never closed is outside. Each character is looked at once.
    """
    at = 0
    while (begin := text.find(opening, at)) >= 0:
        end = text.find(closing, begin + len(opening))
        if end < 0:
            break
        yield text[at:begin], False
        yield text[begin + len(opening) : end], True
        at = end + len(closing)
    yield text[at:], False


def _as_character(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        return "&#38;"
    if name in _XML_ENTITIES:
        return _XML_ENTITIES[name]
    if name.startswith("#"):
        number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
        character = chr(number) if number <= 0x10FFFF else ""
        return _ILLEGAL.sub("", character).translate(_NUMBERED)
    character = html5.get(f"{name};", "")
    return character.translate(_NUMBERED) if character else f"&#38;{name};"


def _lost_most(root: etree._Element, body: str) -> bool:
    """Tell whether the parser gave up early: much less text than the body without its tags."""
    kept = sum(len(text) for text in root.itertext())
    return kept * 2 < len("".join(_TAG.sub("", body).split()))
