"""Read objects written exactly as Confluence writes them, several times faster than expat can.

The patterns here describe a strict subset of XML: whatever matches as a whole object is
well-formed and means what it would mean to an XML parser. At the first object that does not match
(a comment, an escape, a component, an odd attribute) the scan stops and expat takes over, so this
module decides speed only, never the result. `tests/assistant/exports/test_reading.py` holds both
against each other.

An object is matched member by member once. Objects of a class mostly have the same members in the
same order, so from then on one pattern made for that order matches a whole object at once.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from portway_assistant.exports.raw_object import (
    BODY_FIELD,
    Emit,
    RawObject,
    Reference,
    Wanted,
    plain_class,
)

_GAP = rb"[ \t\r\n]*+"
_NAME = rb"[\w.\-]+"
_CLASS = rb"[\w.$]+"
_PACKAGE = rb"[\w.$]*"
_CDATA = rb"<!\[CDATA\[([^\]]*+(?:\](?!\]>)[^\]]*+)*+)\]\]>"
_TEXT = rb"([^<&\]]*+)"
_ID = rb'<id name="%b">(?:%b|%b)</id>' % (_NAME, _CDATA, _TEXT)
_ELEMENT = rb'<element class="(%b)" package="%b">%b%b%b</element>%b' % (
    _CLASS,
    _PACKAGE,
    _GAP,
    _ID,
    _GAP,
    _GAP,
)
_ELEMENTS = (
    rb'(?:<element class="%b" package="%b">%b<id name="%b">'
    rb"(?:<!\[CDATA\[[^\]]*+\]\]>|[^<&\]]*+)</id>%b</element>%b)*+"
) % (_CLASS, _PACKAGE, _GAP, _NAME, _GAP, _GAP)

_head_at = re.compile(
    rb'%b<object (class="%b" package="%b")>%b%b%b' % (_GAP, _CLASS, _PACKAGE, _GAP, _ID, _GAP)
).match
_property_at = re.compile(
    rb'<property name="(%b)"'
    rb'(?: class="(%b)" package="%b"| enum-class="%b" package="%b")?'
    rb"(?:/>|>(?:%b|%b(?:%b%b)?)</property>)%b"
    % (_NAME, _CLASS, _PACKAGE, _CLASS, _PACKAGE, _CDATA, _TEXT, _ID, _GAP, _GAP)
).match
_NAME_GROUP, _CLASS_GROUP, _CDATA_GROUP, _TEXT_GROUP = 1, 2, 3, 4
_collection_at = re.compile(
    rb'<collection name="(%b)" class="[\w.$()]*"(?:/>|>(%b%b)</collection>)%b'
    % (_NAME, _GAP, _ELEMENTS, _GAP)
).match
_elements_in = re.compile(_ELEMENT).finditer
_tail_at = re.compile(rb"</object>%b" % _GAP).match
_new_tuple = tuple.__new__

_SIGHTINGS = 3
"""How often an order of members is met before a pattern is made for it."""
_MOST_SHAPES = 16
"""Patterns tried for one class."""
_MOST_SIGHTED = 256
"""Orders remembered for one class; an export without any order costs no more than this."""


class _Member(NamedTuple):
    """How one member is written: what its pattern must say."""

    form: str
    """`null`, `cdata`, `text`, `cdata_id`, `text_id`, `collection`."""
    name: bytes
    attributes: bytes
    """Those after the name, as they stand; of a reference the class may differ next time."""


class _Shape(NamedTuple):
    """The pattern for one order of members, and where its groups go."""

    match: Callable[[bytes, int], re.Match[bytes] | None]
    after_body: Callable[[bytes, int], re.Match[bytes] | None] | None
    """The rest, when `match` ends where a body begins: a body's end is found, not matched."""
    values: tuple[tuple[str, int], ...]
    references: tuple[tuple[str, int], ...]
    """Field, and the group of the class; the next one is the id."""
    collections: tuple[tuple[str, int], ...]


class _Kind:
    """What is known about one class in one Java package."""

    def __init__(self, attributes: bytes, wanted: Wanted) -> None:
        found = re.fullmatch(rb'class="(.*)" package="(.*)"', attributes)
        assert found is not None  # noqa: S101 - the pattern of the head says so
        self.class_name = plain_class(found[1].decode())
        self.package = found[2].decode()
        self.fields = {
            name.encode(): name for name in wanted.get(self.class_name, frozenset[str]())
        }
        self.shapes: list[_Shape] = []
        self.sighted: dict[tuple[_Member, ...], int] = {}


class Scanner:
    """Reads objects out of clean UTF-8, and learns how they are written."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._kinds: dict[bytes, _Kind] = {}

    def scan(self, data: bytes, at: int, emit: Emit) -> int:
        """Hand each object from `at` on to `emit`; return where the first one left alone begins.

        That is the end of `data`, an object that is cut off there, or anything unusual.
        """
        has_returns = b"\r" in data
        kinds = self._kinds
        while True:
            head = _head_at(data, at)
            if head is None:
                return at
            attributes, cdata_id, text_id = head.groups()
            kind = kinds.get(attributes)
            if kind is None:
                kind = kinds[attributes] = _Kind(attributes, self._wanted)
            start = head.end()
            key = (cdata_id or text_id or b"").strip().decode() or None
            for shape in kind.shapes:
                found = shape.match(data, start)
                if found is None:
                    continue
                groups, body = found.groups(), b""
                if shape.after_body is not None:
                    begin = found.end()
                    end = data.find(b"]]>", begin)
                    found = shape.after_body(data, end) if end >= 0 else None
                    if found is None:
                        continue
                    groups += found.groups()
                    body = data[begin:end]
                emit(_read(kind, key, shape, groups, body, has_returns))
                at = found.end()
                break
            else:
                after = _scan_members(kind, key, data, start, emit, has_returns)
                if after is None:
                    return at
                at = after


def _read(
    kind: _Kind,
    key: str | None,
    shape: _Shape,
    groups: tuple[bytes | None, ...],
    body: bytes,
    has_returns: bool,
) -> RawObject:
    """Make an object of what a shape's pattern caught."""
    values: dict[str, str] = {}
    references: dict[str, Reference] = {}
    collections: dict[str, list[Reference]] = {}
    for name, group in shape.values:
        if value := groups[group]:
            values[name] = (_one_newline(value) if has_returns else value).decode()
    for name, group in shape.references:
        if target := (groups[group + 1] or b"").strip():
            references[name] = (_plain(groups[group]), target.decode())
    for name, group in shape.collections:
        if (members := groups[group]) and (elements := _elements(members)):
            collections.setdefault(name, []).extend(elements)
    if has_returns and body:
        body = _one_newline(body)
    raw = (kind.class_name, kind.package, key, values, references, collections, body)
    return _new_tuple(RawObject, raw)


def _scan_members(
    kind: _Kind, key: str | None, data: bytes, position: int, emit: Emit, has_returns: bool
) -> int | None:
    """Read one object member by member; return its end, or None when it is left alone."""
    fields = kind.fields
    values: dict[str, str] = {}
    references: dict[str, Reference] = {}
    collections: dict[str, list[Reference]] = {}
    body = b""
    members: list[_Member] | None = []
    while True:
        member = _property_at(data, position)
        if member is None:
            member = _collection_at(data, position)
            if member is None:
                break
            position = member.end()
            if members is not None:
                members.append(_Member("collection", member[1], b""))
            name = fields.get(member[1])
            if name and member[2] and (found := _elements(member[2])):
                collections.setdefault(name, []).extend(found)
            continue
        position = member.end()
        if members is not None:
            described = _describe(member)
            members = None if described is None else [*members, described]
        name = fields.get(member[_NAME_GROUP])
        if name is None:
            continue
        # The last group that took part tells the form: a value, or the id of a reference.
        form = member.lastindex or 0
        if form > _TEXT_GROUP:
            target = member[_CLASS_GROUP]
            if target is None:
                return None
            if found_id := member[form].strip():
                references[name] = (_plain(target), found_id.decode())
        elif form > _CLASS_GROUP:
            value = member[form]
            # White space beside a class is the layout of an empty reference.
            if value.strip() if member[_CLASS_GROUP] else value:
                value = _one_newline(value) if has_returns else value
                if name == BODY_FIELD:
                    body = value
                else:
                    values[name] = value.decode()
    tail = _tail_at(data, position)
    if tail is None:
        return None
    raw = (kind.class_name, kind.package, key, values, references, collections, body)
    emit(_new_tuple(RawObject, raw))
    if members is not None:
        _learn(kind, tuple(members))
    return tail.end()


def _describe(member: re.Match[bytes]) -> _Member | None:
    """Say how a property is written; None when it is too odd to make a pattern for."""
    form = member.lastindex or 0
    tag = member[0].partition(b">")[0].removesuffix(b"/")
    attributes = tag[len(b'<property name=""') + len(member[_NAME_GROUP]) :]
    if form <= _CLASS_GROUP:
        return _Member("null", member[_NAME_GROUP], attributes)
    has_class = member[_CLASS_GROUP] is not None
    if form > _TEXT_GROUP:
        if not has_class:
            return None
        form_name = "cdata_id" if form == _TEXT_GROUP + 1 else "text_id"
        return _Member(form_name, member[_NAME_GROUP], b"")
    if has_class:
        return None
    return _Member("cdata" if form == _CDATA_GROUP else "text", member[_NAME_GROUP], attributes)


def _learn(kind: _Kind, members: tuple[_Member, ...]) -> None:
    """Count an order of members, and make a pattern for one that keeps coming."""
    names = [member.name for member in members]
    if any(kind.fields.get(m.name) == BODY_FIELD and m.form == "text" for m in members):
        return
    if len(kind.shapes) >= _MOST_SHAPES or len(set(names)) < len(names):
        return
    if members not in kind.sighted and len(kind.sighted) >= _MOST_SIGHTED:
        return
    count = kind.sighted[members] = kind.sighted.get(members, 0) + 1
    if count == _SIGHTINGS:
        kind.shapes.append(_shape(kind, members))


def _shape(kind: _Kind, members: tuple[_Member, ...]) -> _Shape:
    pattern: list[bytes] = []
    values: list[tuple[str, int]] = []
    references: list[tuple[str, int]] = []
    collections: list[tuple[str, int]] = []
    before_body: list[bytes] | None = None
    group = 0
    for member in members:
        name = kind.fields.get(member.name)
        written = _pattern(member, is_wanted=name is not None)
        if name == BODY_FIELD and member.form == "cdata":
            begin, end = written.split(_CDATA)
            before_body, pattern = [*pattern, begin, rb"<!\[CDATA\["], [rb"\]\]>", end]
            continue
        pattern.append(written)
        if name is None or member.form == "null":
            continue
        if member.form == "collection":
            collections.append((name, group))
        elif member.form.endswith("_id"):
            references.append((name, group))
            group += 1
        else:
            values.append((name, group))
        group += 1
    rest = re.compile(b"".join(pattern) + rb"</object>" + _GAP).match
    first = rest if before_body is None else re.compile(b"".join(before_body)).match
    after_body = None if before_body is None else rest
    return _Shape(first, after_body, tuple(values), tuple(references), tuple(collections))


def _pattern(member: _Member, *, is_wanted: bool) -> bytes:
    """Write the pattern of one member, with groups for what is wanted of it."""
    name = re.escape(member.name)
    if member.form == "collection":
        inner = rb"%b%b" % (_GAP, _ELEMENTS)
        inner = rb"(%b)" % inner if is_wanted else inner
        return rb'<collection name="%b" class="[\w.$()]*"(?:/>|>%b</collection>)%b' % (
            name,
            inner,
            _GAP,
        )
    if member.form == "null":
        return rb'<property name="%b"%b/>%b' % (name, re.escape(member.attributes), _GAP)
    content = _CDATA if member.form.startswith("cdata") else _TEXT
    if not is_wanted:
        content = content.replace(b"(", b"(?:", 1) if content is _TEXT else _UNCAUGHT_CDATA
    if member.form.endswith("_id"):
        target = rb"(%b)" % _CLASS if is_wanted else _CLASS
        return (
            rb'<property name="%b" class="%b" package="%b">[^<&\]]*+<id name="%b">%b</id>%b'
            rb"</property>%b"
        ) % (name, target, _PACKAGE, _NAME, content, _GAP, _GAP)
    attributes = re.escape(member.attributes)
    return rb'<property name="%b"%b>%b</property>%b' % (name, attributes, content, _GAP)


_UNCAUGHT_CDATA = _CDATA.replace(rb"([^\]]*+(?:", rb"(?:[^\]]*+(?:", 1)


def _elements(data: bytes) -> list[Reference]:
    found = []
    for element in _elements_in(data):
        key = (element[2] or element[3] or b"").strip()
        if key:
            found.append((_plain(element[1]), key.decode()))
    return found


_plain_names: dict[bytes | None, str] = {}


def _plain(name: bytes | None) -> str:
    plain = _plain_names.get(name)
    if plain is None:
        plain = plain_class((name or b"").decode())
        if len(_plain_names) < 10_000:
            _plain_names[name] = plain
    return plain


def _one_newline(text: bytes) -> bytes:
    """Apply the end-of-line rule of XML 1.0, section 2.11."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
