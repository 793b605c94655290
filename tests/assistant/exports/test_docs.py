"""The reference page keeps up with the code."""

import re
from pathlib import Path

import pytest

from portway_assistant.error_codes import CODES
from portway_assistant.exports.inspect import COUNTS
from portway_assistant.exports.notes import NoteKind

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "export-format.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "assistant" / "portway_assistant" / "exports").glob("*.py"))


def anchors():
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }


@pytest.mark.parametrize("kind", NoteKind)
def test_every_note_is_explained(kind):
    assert f"`{kind.value}`" in PAGE


@pytest.mark.parametrize("code", [code.code for code in CODES if code.code.startswith("export_")])
def test_every_refusal_of_an_export_is_explained(code):
    assert f"`{code}`" in PAGE or code in {
        "export_not_found",
        "export_unreadable",
        "export_file_missing",
    }


def test_every_count_is_explained():
    unexplained = [
        name
        for name in COUNTS
        if f"`{name}`" not in PAGE and f"`{name.rpartition('_')[0]}_*`" not in PAGE
    ]

    assert unexplained == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_anchor_that_code_cites_is_there(source):
    cited = set(re.findall(r"export-format\.md#([\w-]+)", source.read_text(encoding="utf-8")))

    assert cited <= anchors()
