"""The assessment's sheet: harmless in a spreadsheet, read back as it was, faults named by line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_platform.assessment.rules import DECISION_WORDS
from portway_platform.assessment.sheet import COLUMNS, DecisionLine, read_sheet, write_sheet
from portway_scopes import Decision

HEADER = ",".join(COLUMNS)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).map(
    str.strip
)


def a_row(key="com.example.notes", decision="Needed in cloud", alternative=""):
    return (key, "Page notes", "1.0", None, "Automated", decision, alternative)


def problems(raw):
    found, faults = read_sheet(raw)
    return found, [(fault.line, fault.problem) for fault in faults]


@given(keys=st.lists(texts.filter(bool), min_size=1, max_size=6, unique=True), data=st.data())
def test_what_was_written_is_read_back(keys, data):
    decisions = [data.draw(st.sampled_from(list(Decision))) for _ in keys]
    sheet = write_sheet(
        a_row(key, DECISION_WORDS[decision]) for key, decision in zip(keys, decisions, strict=True)
    )

    found, faults = read_sheet(sheet.encode())

    assert faults == []
    assert [(line.server_app_key, line.decision) for line in found] == list(
        zip(keys, decisions, strict=True)
    )


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(sign):
    sheet = write_sheet([a_row(key=f"{sign}cmd|' /C calc'!A0")])

    [_, row] = csv.reader(io.StringIO(sheet))
    assert row[0].startswith("'")


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ("needed in CLOUD", Decision.NEEDED_IN_CLOUD),
        ("NOT_NEEDED", Decision.NOT_NEEDED),
        ("  not   needed ", Decision.NOT_NEEDED),
        ("", Decision.NO_DECISION),
    ],
)
def test_decisions_are_read_in_words_and_in_any_case(said, decision):
    found, faults = read_sheet(f"server app key;decision\na;{said}\n".encode())

    assert (found, faults) == ([DecisionLine(2, "a", decision, None)], [])


@pytest.mark.parametrize(
    ("raw", "line", "part"),
    [
        (b"", 1, "no column named 'server app key'"),
        (b"server app key\na\n", 1, "no column named 'decision'"),
        (b"server app key,decision\na,maybe\n", 2, "write one of Needed in cloud"),
        (b"server app key,decision\n,Not needed\n", 2, "names no server app key"),
        (b"server app key,decision\na,Not needed\na,Not needed\n", 3, "line 2 decides"),
        (
            b"server app key,decision,alternative\na,Not needed,other\n",
            2,
            "goes with 'Use alternative' only",
        ),
        (b"server app key,decision\n\xff,Not needed\n", 2, "not UTF-8"),
        (b'server app key,decision\n"a,Not needed\n', 2, "cannot be read"),
        (b"x" * (5 << 20), 1, "exceeds"),
    ],
)
def test_a_fault_is_named_with_its_line_and_what_would_be_right(raw, line, part):
    _, faults = problems(raw)

    assert any(at == line and part in problem for at, problem in faults), faults


@given(raw=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw):
    found, faults = read_sheet(HEADER.encode() + b"\n" + raw)

    assert isinstance(found, list)
    assert all(fault.line >= 1 and fault.problem for fault in faults)
