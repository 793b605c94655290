"""Read objects written exactly as Confluence writes them, several times faster than expat can.

The patterns here describe a strict subset of XML: whatever matches as a whole object is
well-formed and means what it would mean to an XML parser. At the first object that does not match
(a comment, an escape, a component, an odd attribute) the scan stops and expat takes over, so this
module decides speed only, never the result. `tests/assistant/exports/test_reading.py` holds both
against each other.
"""

import re

from portway_assistant.exports.raw_object import Emit, RawObject, Reference, Wanted, plain_class

_GAP = r"[ \t\r\n]*+"
_NAME = r"[\w.\-]+"
_CLASS = r"[\w.$]+"
_CDATA = r"<!\[CDATA\[([^\]]*+(?:\](?!\]>)[^\]]*+)*+)\]\]>"
_TEXT = r"([^<&\]]*+)"
_ID = rf'<id name="{_NAME}">(?:{_CDATA}|{_TEXT})</id>'
_ELEMENT = rf'<element class="({_CLASS})" package="[\w.$]*">{_GAP}{_ID}{_GAP}</element>{_GAP}'
_ELEMENTS = (
    rf'(?:<element class="{_CLASS}" package="[\w.$]*">{_GAP}<id name="{_NAME}">'
    rf"(?:<!\[CDATA\[[^\]]*+\]\]>|[^<&\]]*+)</id>{_GAP}</element>{_GAP})*+"
)

_head_at = re.compile(
    rf'{_GAP}<object class="({_CLASS})" package="([\w.$]*)">{_GAP}{_ID}{_GAP}', re.ASCII
).match
_property_at = re.compile(
    rf'<property name="({_NAME})"'
    rf'(?: class="({_CLASS})" package="[\w.$]*"| enum-class="{_CLASS}" package="[\w.$]*")?'
    rf"(?:/>|>(?:{_CDATA}|{_TEXT}(?:{_ID}{_GAP})?)</property>){_GAP}",
    re.ASCII,
).match
_NAME_GROUP, _CLASS_GROUP, _CDATA_GROUP, _TEXT_GROUP = 1, 2, 3, 4
_collection_at = re.compile(
    rf'<collection name="({_NAME})" class="[\w.$()]*"'
    rf"(?:/>|>({_GAP}{_ELEMENTS})</collection>){_GAP}",
    re.ASCII,
).match
_elements_in = re.compile(_ELEMENT, re.ASCII).finditer
_tail_at = re.compile(rf"</object>{_GAP}").match
_new_tuple = tuple.__new__
_NOTHING: frozenset[str] = frozenset()


def scan(text: str, at: int, wanted: Wanted, emit: Emit) -> int:
    """Hand each object from `at` on to `emit`; return where the first one left alone begins.

    That is the end of `text`, an object that is cut off there, or anything unusual.
    """
    has_returns = "\r" in text
    while True:
        head = _head_at(text, at)
        if head is None:
            return at
        class_name = plain_class(head[1])
        fields = wanted.get(class_name, _NOTHING)
        values: dict[str, str] = {}
        references: dict[str, Reference] = {}
        collections: dict[str, list[Reference]] = {}
        position = head.end()
        while True:
            member = _property_at(text, position)
            if member is None:
                member = _collection_at(text, position)
                if member is None:
                    break
                position = member.end()
                name = member[1]
                if name in fields and member[2] and (found := _elements(member[2])):
                    collections.setdefault(name, []).extend(found)
                continue
            position = member.end()
            name = member[_NAME_GROUP]
            if name not in fields:
                continue
            # The last group that took part tells the form: a value, or the id of a reference.
            form = member.lastindex or 0
            if form > _TEXT_GROUP:
                target = member[_CLASS_GROUP]
                if target is None:
                    return at
                if key := member[form].strip():
                    references[name] = (plain_class(target), key)
            elif form > _CLASS_GROUP:
                value = member[form]
                # White space beside a class is the layout of an empty reference.
                if value.strip() if member[_CLASS_GROUP] else value:
                    values[name] = _one_newline(value) if has_returns else value
        tail = _tail_at(text, position)
        if tail is None:
            return at
        key = (head[3] or head[4] or "").strip()
        raw = (class_name, head[2], key or None, values, references, collections)
        emit(_new_tuple(RawObject, raw))
        at = tail.end()


def _elements(text: str) -> list[Reference]:
    found = []
    for element in _elements_in(text):
        key = (element[2] or element[3] or "").strip()
        if key:
            found.append((plain_class(element[1]), key))
    return found


def _one_newline(text: str) -> str:
    """Apply the end-of-line rule of XML 1.0, section 2.11."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
