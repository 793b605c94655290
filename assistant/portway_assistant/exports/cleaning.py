"""Repair what XML 1.0 forbids, ahead of the parser, and say where each spot was.

Confluence stores what users type or paste, and writes it into entities.xml unchecked: control
characters, halves of surrogate pairs, bytes that are no UTF-8. A strict parser stops at the first
one. Clean text passes at memory speed; only a chunk with a spot is looked at more closely.
Source: docs/reference/export-format.md#repairs
"""

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

REPLACEMENT = "\ufffd"
MOST_DIGITS = 40
"""Digits of a character reference that is looked at; longer ones are left to the parser."""

_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 13))
_BOM = b"\xef\xbb\xbf"
_SPOT = re.compile(
    rb"""
    (?P<control_character>[\x00-\x08\x0b\x0c\x0e-\x1f])
    |(?P<surrogate_pair>\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf])
    |(?P<surrogate>\xed[\xa0-\xbf][\x80-\xbf])
    |(?P<noncharacter>\xef\xbf[\xbe\xbf])
    |(?P<opens><!\[CDATA\[)
    |(?P<closes>\]\]>)
    |(?P<reference>&\#(?:[0-9]{1,40}|x[0-9A-Fa-f]{1,40});)
    """,
    re.VERBOSE,
)
_HIGH_HALF = (
    rb"(?:0*(?:5529[6-9]|55[3-9][0-9]{2}|56[0-2][0-9]{2}|563[01][0-9])"
    rb"|x0*[dD][89abAB][0-9A-Fa-f]{2})"
)
_SUSPECT_REFERENCE = re.compile(
    rb"""&\#(?:
        0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|5[567][0-9]{3}|6553[45]|[0-9]{7,})
        |x0*(?:[0-8bcefBCEF]|1[0-9A-Fa-f]|[dD][89a-fA-F][0-9A-Fa-f]{2}|[fF]{3}[eEfF]|[0-9A-Fa-f]{6,})
    );""",
    re.VERBOSE,
)
# What must not be cut in two at the end of a chunk: a reference (with the high half in front of
# it), a UTF-8 sequence (likewise), the start and the end of a CDATA section.
_UNFINISHED = re.compile(
    rb"(?:"
    rb"(?:&#" + _HIGH_HALF + rb";)?(?:&(?:#(?:x?[0-9A-Fa-f]{0,40}))?)?"
    rb"|(?:&#" + _HIGH_HALF + rb";)?&#x?[0-9A-Fa-f]{1,40};"
    rb"|(?:\xed[\xa0-\xaf][\x80-\xbf])?(?:[\xc2-\xf4][\x80-\xbf]{0,2})?"
    rb"|\]{1,2}"
    rb"|<(?:!(?:\[(?:C(?:D(?:A(?:TA?)?)?)?)?)?)?"
    rb")\Z"
)
_LONGEST_UNFINISHED = 2 * (MOST_DIGITS + 4)
_BEFORE_DECLARATION = re.compile(rb"[ \t\r\n]+(?=<\?xml)")
_UNDECIDED_START = re.compile(rb"(?:\xef\xbb?|(?:\xef\xbb\xbf)?[ \t\r\n]*(?:<(?:\?(?:xm?)?)?)?)\Z")
_REMEMBERED_SHIFTS = 4096


class RepairKind(StrEnum):
    """What stood where XML allows no such thing."""

    CONTROL_CHARACTER = "control_character"
    """U+0000 to U+001F but tab, line feed and carriage return: removed."""
    INVALID_UTF8 = "invalid_utf8"
    """Bytes that are no UTF-8: replaced by U+FFFD."""
    SURROGATE = "surrogate"
    """Half of a surrogate pair: replaced by U+FFFD."""
    SURROGATE_PAIR = "surrogate_pair"
    """Both halves, each encoded by itself: replaced by the character they stand for."""
    NONCHARACTER = "noncharacter"
    """U+FFFE or U+FFFF: replaced by U+FFFD."""
    REFERENCE = "character_reference"
    """A reference such as `&#8;` to one of the above: treated likewise."""
    EARLY_TEXT = "text_before_declaration"
    """Blank text in front of the XML declaration: removed."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One spot of entities.xml that was repaired."""

    offset: int
    """Its first byte in the original; in the UTF-8 form of an export in another encoding."""
    length: int
    kind: RepairKind
    found: str
    """The bytes, as hex digits."""
    became: str
    """The text that stands there now; empty if it was removed."""


class TooManyRepairsError(Exception):
    """There are more spots than the limit allows."""


class Cleaner:
    """Turns the bytes of entities.xml into UTF-8 that XML allows, chunk by chunk.

    The result does not depend on where the chunks are cut. `repairs` lists the first
    `kept_repairs` spots; `counts` counts all of them.
    """

    def __init__(self, *, kept_repairs: int = 1_000, max_repairs: int = 1_000_000) -> None:
        self.repairs: list[Repair] = []
        self.counts: Counter[RepairKind] = Counter()
        self.offset = 0
        """Bytes of the original that have been turned into text."""
        self.clean_offset = 0
        """Bytes of UTF-8 that the text given so far has."""
        self._kept = kept_repairs
        self._most = max_repairs
        self._held = b""
        self._in_cdata = False
        self._started = False
        self._shift_points = [0]
        self._shifts = [0]

    @property
    def repair_count(self) -> int:
        """The exact number of spots repaired so far."""
        return self.counts.total()

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes and return the text that is certain by now, in UTF-8.

        Raises:
            TooManyRepairsError: The limit of repairs is passed.
        """
        data = self._held + data if self._held else data
        if not self._started:
            if _UNDECIDED_START.fullmatch(data, 0, 65_536) and len(data) < 65_536:
                self._held = data
                return b""
            data = self._start(data)
        unfinished = _UNFINISHED.search(data, max(0, len(data) - _LONGEST_UNFINISHED))
        cut = unfinished.start() if unfinished else len(data)
        self._held = data[cut:]
        return self._clean(data[:cut])

    def finish(self) -> bytes:
        """Return the text still held back; the end of the original is reached."""
        data, self._held = self._held, b""
        return self._clean(data if self._started else self._start(data))

    def original_offset(self, clean_offset: int) -> int:
        """Return the byte of the original for a byte of the clean text handed out lately."""
        at = bisect_right(self._shift_points, clean_offset) - 1
        return clean_offset - self._shifts[max(at, 0)]

    def _start(self, data: bytes) -> bytes:
        """Drop a byte order mark, and blank text in front of the XML declaration."""
        self._started = True
        if data.startswith(_BOM):
            data = data[len(_BOM) :]
            self._move(len(_BOM), 0)
        early = _BEFORE_DECLARATION.match(data)
        if early:
            self._record(self.offset, early[0], RepairKind.EARLY_TEXT, "")
            self._move(early.end(), 0)
            data = data[early.end() :]
        return data

    def _clean(self, data: bytes) -> bytes:
        if not _is_clean(data):
            return self._repair(data)
        self._follow_cdata(data)
        self.offset += len(data)
        self.clean_offset += len(data)
        return data

    def _follow_cdata(self, data: bytes) -> None:
        closes = data.rfind(b"]]>")
        if closes >= 0 or not self._in_cdata:
            self._in_cdata = data.find(b"<![CDATA[", closes + 1) >= 0

    def _repair(self, data: bytes) -> bytes:
        """Return the text of bytes with spots, recording each."""
        parts: list[bytes] = []
        done = 0
        start = self.offset
        for spot in _SPOT.finditer(data):
            name = spot.lastgroup
            if name == "opens" or name == "closes":
                self._in_cdata = name == "opens"
                continue
            if spot.start() < done:
                continue
            kind = RepairKind.REFERENCE if name == "reference" else RepairKind(str(name))
            found = spot[0]
            if kind is RepairKind.REFERENCE:
                found = self._with_other_half(data, spot)
                became = None if self._in_cdata else _referenced(found)
                if became is None:
                    continue
            else:
                became = _replacement(kind, found)
            parts.append(self._valid(data[done : spot.start()]))
            self._record(start + spot.start(), found, kind, became)
            self._move(len(found), len(became.encode()))
            parts.append(became.encode())
            done = spot.start() + len(found)
        parts.append(self._valid(data[done:]))
        return b"".join(parts)

    def _with_other_half(self, data: bytes, spot: re.Match[bytes]) -> bytes:
        """Return a reference, with the next one when the two are halves of one character."""
        following = _SPOT.match(data, spot.end())
        if (
            0xD800 <= _code(spot[0]) <= 0xDBFF
            and following is not None
            and following.lastgroup == "reference"
            and 0xDC00 <= _code(following[0]) <= 0xDFFF
        ):
            return spot[0] + following[0]
        return spot[0]

    def _valid(self, data: bytes) -> bytes:
        """Return bytes without other spots; each invalid sequence becomes U+FFFD."""
        parts: list[bytes] = []
        view = memoryview(data)
        at = 0
        while True:
            try:
                str(view[at:], "utf-8")
            except UnicodeDecodeError as exc:
                good = exc.start
                bad = data[at + good : at + exc.end]
                parts.append(data[at : at + good])
                self._move(good, good)
                self._record(self.offset, bad, RepairKind.INVALID_UTF8, REPLACEMENT)
                self._move(len(bad), len(REPLACEMENT.encode()))
                parts.append(REPLACEMENT.encode())
                at += exc.end
            else:
                parts.append(data[at:])
                self._move(len(data) - at, len(data) - at)
                return b"".join(parts)

    def _record(self, offset: int, found: bytes, kind: RepairKind, became: str) -> None:
        self.counts[kind] += 1
        if self.repair_count > self._most:
            raise TooManyRepairsError
        if len(self.repairs) < self._kept:
            self.repairs.append(Repair(offset, len(found), kind, found[:32].hex(), became))

    def _move(self, original: int, clean: int) -> None:
        self.offset += original
        self.clean_offset += clean
        if original == clean:
            return
        self._shift_points.append(self.clean_offset)
        self._shifts.append(self.clean_offset - self.offset)
        if len(self._shifts) > 2 * _REMEMBERED_SHIFTS:
            del self._shift_points[:_REMEMBERED_SHIFTS]
            del self._shifts[:_REMEMBERED_SHIFTS]


def _is_clean(data: bytes) -> bool:
    """Tell whether bytes need no closer look."""
    if len(data.translate(None, _CONTROLS)) != len(data):
        return False
    # One-byte searches run at memory speed; most text ends the question with them.
    if b"#" in data and b"&#" in data and _SUSPECT_REFERENCE.search(data):
        return False
    if data.isascii():
        return True
    if b"\xef" in data and (b"\xef\xbf\xbe" in data or b"\xef\xbf\xbf" in data):
        return False
    try:
        str(data, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _replacement(kind: RepairKind, found: bytes) -> str:
    if kind is RepairKind.CONTROL_CHARACTER:
        return ""
    if kind is RepairKind.SURROGATE_PAIR:
        halves = found.decode("utf-8", "surrogatepass")
        return halves.encode("utf-16", "surrogatepass").decode("utf-16")
    return REPLACEMENT


def _referenced(found: bytes) -> str | None:
    """Return what replaces one reference or a pair of them; None when it is allowed."""
    first, *rest = found.split(b";")[:-1]
    code = _code(first)
    if rest:
        return chr(0x10000 + ((code - 0xD800) << 10) + (_code(rest[0]) - 0xDC00))
    if code < 32:
        return None if code in (9, 10, 13) else ""
    is_allowed = code < 0xD800 or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    return None if is_allowed else REPLACEMENT


def _code(reference: bytes) -> int:
    digits = reference[2:].rstrip(b";")
    return int(digits[1:], 16) if digits.startswith(b"x") else int(digits)
