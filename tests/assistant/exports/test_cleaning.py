"""The cleaner against a slow oracle, at any cut, and what it says about each kind of spot."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portway_assistant.exports.cleaning import Cleaner, RepairKind, TooManyRepairsError
from portway_assistant.exports.encoding import as_utf8

HARD_PIECES = [
    b"<![CDATA[", b"]]>", b"]]", b"]", b"<", b"<!", b"&", b"&#", b"&#8;", b"&#x8;", b"&#65;",
    b"&#xD83D;", b"&#xDE00;", b"&#55357;", b"&#56832;", b"&#xFFFF;", b"&#1114112;", b"&#x0000;",
    b"\xed\xa0\xbd", b"\xed\xb8\x80", b"\xed\xa0", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xef\xbf",
    b"\xc3\xa9", b"\xc3", b"\xa9", b"\xf0\x9f\x98\x80", b"\xf0\x9f", b"\xff", b"\xc0\x80", b"\x00",
    b"\x08", b"\x1c", b"\t", b"\n", b"\r\n", b"a", b" ", b";", b"x", b"#", "日本".encode(),
]  # fmt: skip
texts = st.lists(st.sampled_from(HARD_PIECES) | st.binary(max_size=4), max_size=40).map(b"".join)


def oracle(data: bytes) -> tuple[str, list[tuple[int, bytes]]]:
    """Clean a whole document one spot at a time, as the reference page says."""
    out: list[str] = []
    repairs: list[tuple[int, bytes]] = []
    inside = False
    at = 0

    def repaired(found: bytes, became: str) -> int:
        repairs.append((at, found))
        out.append(became)
        return len(found)

    while at < len(data):
        rest = data[at : at + 12]
        if rest.startswith(b"<![CDATA["):
            inside = True
        if rest.startswith(b"]]>"):
            inside = False
        reference = re.match(rb"&#(?:[0-9]{1,40}|x[0-9A-Fa-f]{1,40});", data[at : at + 50])
        if reference and not inside:
            code = reference_code(reference[0])
            low = re.match(
                rb"&#(?:[0-9]{1,40}|x[0-9A-Fa-f]{1,40});",
                data[at + reference.end() : at + reference.end() + 50],
            )
            if 0xD800 <= code < 0xDC00 and low and 0xDC00 <= reference_code(low[0]) < 0xE000:
                joined = 0x10000 + ((code - 0xD800) << 10) + reference_code(low[0]) - 0xDC00
                at += repaired(reference[0] + low[0], chr(joined))
                continue
            if not allowed(code):
                at += repaired(reference[0], "" if code < 32 else "\ufffd")
                continue
        if data[at] < 32:
            if allowed(data[at]):
                out.append(chr(data[at]))
                at += 1
            else:
                at += repaired(data[at : at + 1], "")
            continue
        if re.match(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]", rest):
            pair = rest[:6].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
            at += repaired(rest[:6], pair.decode("utf-16"))
            continue
        if re.match(rb"\xed[\xa0-\xbf][\x80-\xbf]", rest):
            at += repaired(rest[:3], "\ufffd")
            continue
        try:
            character = data[at : at + 4].decode()[0]
        except UnicodeDecodeError as exc:
            if exc.start:
                character = data[at : at + exc.start].decode()[0]
            else:
                at += repaired(data[at : at + invalid_length(data[at : at + 4])], "\ufffd")
                continue
        size = len(character.encode())
        if character in "\ufffe\uffff":
            at += repaired(data[at : at + size], "\ufffd")
            continue
        out.append(character)
        at += size
    return "".join(out), repairs


def invalid_length(window: bytes) -> int:
    """Bytes of the invalid sequence at the start: up to where it could no longer become valid."""
    try:
        window.decode()
    except UnicodeDecodeError as exc:
        return exc.end - exc.start
    raise AssertionError("the window is valid")


def reference_code(reference: bytes) -> int:
    digits = reference[2:-1]
    return int(digits[1:], 16) if digits.startswith(b"x") else int(digits)


def allowed(code: int) -> bool:
    """XML 1.0, production 2."""
    return (
        code in (9, 10, 13)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )


def clean(data: bytes, cuts: list[int]) -> tuple[str, Cleaner]:
    cleaner = Cleaner()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    text = b"".join([*map(cleaner.feed, pieces), cleaner.finish()])
    return text.decode(), cleaner


@settings(deadline=None, max_examples=400)
@given(texts, st.lists(st.integers(min_value=0), max_size=12))
@example(b"&#xD83D;&#xDE00;", [8])
@example(b"\xed\xa0\xbd\xed\xb8\x80", [1, 3, 4])
@example(b"<![CDATA[&#8;]]>&#8;", [3, 11, 17])
def test_the_result_is_that_of_the_oracle_wherever_the_chunks_are_cut(data, cuts):
    document = b"<a>" + data
    expected, spots = oracle(document)

    text, cleaner = clean(document, cuts)

    assert text == expected
    assert [(repair.offset, repair.found) for repair in cleaner.repairs] == [
        (offset, found.hex()) for offset, found in spots
    ]
    assert cleaner.repair_count == len(spots)


@settings(deadline=None)
@given(texts, st.lists(st.integers(min_value=0), max_size=12))
def test_an_offset_of_the_clean_text_leads_back_to_the_original(data, cuts):
    document = b"<a>" + data + b"<here/>"

    text, cleaner = clean(document, cuts)

    clean_offset = len(text[: text.rindex("<here/>")].encode())
    assert cleaner.original_offset(clean_offset) == document.rindex(b"<here/>")
    assert cleaner.clean_offset == len(text.encode())


@pytest.mark.parametrize(
    ("found", "kind", "became"),
    [
        (b"\x08", RepairKind.CONTROL_CHARACTER, ""),
        (b"\xff", RepairKind.INVALID_UTF8, "\ufffd"),
        (b"\xed\xa0\xbd", RepairKind.SURROGATE, "\ufffd"),
        (b"\xed\xa0\xbd\xed\xb8\x80", RepairKind.SURROGATE_PAIR, "😀"),
        (b"\xef\xbf\xbf", RepairKind.NONCHARACTER, "\ufffd"),
        (b"&#11;", RepairKind.REFERENCE, ""),
        (b"&#xD83D;&#xDE00;", RepairKind.REFERENCE, "😀"),
        (b"&#xFFFE;", RepairKind.REFERENCE, "\ufffd"),
    ],
)
def test_each_spot_is_reported_with_its_byte_its_kind_and_what_it_became(found, kind, became):
    text, cleaner = clean(b"<a>caf\xc3\xa9 " + found + b"!</a>", [])

    (repair,) = cleaner.repairs
    assert text == f"<a>café {became}!</a>"
    assert (repair.offset, repair.length) == (9, len(found))
    assert (repair.kind, repair.became) == (kind, became)


def test_a_reference_inside_cdata_is_text_and_stays():
    text, cleaner = clean(b"<a><![CDATA[ <p>&#8;</p> ]]></a>", [])

    assert "&#8;" in text
    assert cleaner.repair_count == 0


def test_only_so_many_spots_are_kept_but_all_are_counted():
    cleaner = Cleaner(kept_repairs=3)

    cleaner.feed(b"<a>" + b"\x01" * 10)
    cleaner.finish()

    assert len(cleaner.repairs) == 3
    assert cleaner.counts[RepairKind.CONTROL_CHARACTER] == 10


def test_a_file_that_is_all_damage_is_given_up():
    cleaner = Cleaner(max_repairs=100)

    with pytest.raises(TooManyRepairsError):
        cleaner.feed(bytes(200))


@pytest.mark.parametrize("lead", [b"\xef\xbb\xbf", b" \n", b"\xef\xbb\xbf\r\n\t"])
@pytest.mark.parametrize("cut", range(8))
def test_a_byte_order_mark_and_blank_text_may_stand_before_the_declaration(lead, cut):
    text, _ = clean(lead + b"<?xml version='1.0'?><a/>", [cut])

    assert text == "<?xml version='1.0'?><a/>"


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("iso-8859-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("utf-8", "UTF-16"),
        ("utf-8", "no-such-encoding"),
    ],
)
def test_the_declared_encoding_is_respected_unless_the_bytes_say_otherwise(encoding, declared):
    document = f'<?xml version="1.0" encoding="{declared}"?><a>Größe</a>'
    raw = document.encode(encoding)

    chunks = as_utf8(raw[at : at + 7] for at in range(0, len(raw), 7))

    assert b"".join(chunks).decode("utf-8-sig") == document
