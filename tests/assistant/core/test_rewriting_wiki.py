"""Rewriting of wiki markup: forms that leave no doubt, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rewriting import ANN, SOURCE_URL, lost, rewrite


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[~ann]", f"[~accountid:{ANN}]"),
        ("[Ann|~ff80-ann]", f"[Ann|~accountid:{ANN}]"),
        ("[DOCS:FOO]", "[DOCS2:FOO (2)]"),
        ("[see|DOCS:FOO#part|tip]", "[see|DOCS2:FOO (2)#part|tip]"),
        ("[DOCS:Start Here^a.png]", "[DOCS2:Start Here^a.png]"),
        ("[DOCS:]", "[DOCS2:]"),
        ("[$200]", "[$910200]"),
        (f"[x|{SOURCE_URL}/x/AgAB]", "[x|/sites/acme/wiki/x/orsO]"),
        (
            f"[{SOURCE_URL}/pages/viewpage.action?pageId=200]",
            "[/sites/acme/wiki/spaces/DOCS2/pages/910200]",
        ),
        ("{include:DOCS:FOO}", "{include:DOCS2:FOO (2)}"),
        ("{recently-updated:spaces=DOCS,OPS|max=5}", "{recently-updated:spaces=DOCS2,OPS|max=5}"),
    ],
)
def test_a_reference_is_rewritten(old, new):
    assert rewrite(f"h1. A *b* {old} c\n", "wiki") == f"h1. A *b* {new} c\n"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "plain [Start Here] and [text|Start Here] [^file.txt] [#anchor] [mailto:ann@corp.example]",
        r"\[~ann\] \[~ann]",
        "{code:java}\n[~ann] [DOCS:FOO]\n{code}",
        "{noformat}[~ann]{noformat}",
        "{code}[~ann] never closed",
        "[NOT:A space] [http://other.example/x/AgAB]",
        "[a\nb|~ann]",
        "{color:red}x{color}",
    ],
)
def test_what_leaves_doubt_stays_byte_for_byte(body):
    assert rewrite(body, "wiki") == body


def test_what_leads_nowhere_is_named():
    assert lost("[~nobody] [DOCS:Lost] [$9]", "wiki") == [
        ("user", "nobody"),
        ("page", "DOCS:Lost"),
        ("content", "9"),
    ]


_PIECES = st.sampled_from(
    ["[~ann]", "[DOCS:FOO]", "[$200]", "{code}", "{noformat}", "{include:DOCS:FOO}", "\\", "[", "]",
     "|", "\n", "text", "[x|~bob]"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=20))
def test_rewriting_again_changes_nothing(pieces):
    once = rewrite("".join(pieces), "wiki")

    assert rewrite(once, "wiki") == once
