"""Rewriting of storage format: what is replaced, and that nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from support.rewriting import ANN, BOB, lost, rewrite


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<ri:user ri:userkey="ff80-ann" />', f'<ri:user ri:account-id="{ANN}" />'),
        ('<ri:user ri:username="bob"/>', f'<ri:user ri:account-id="{BOB}"/>'),
        ('<ri:user ri:account-id="557058:old-bob"/>', f'<ri:user ri:account-id="{BOB}"/>'),
        ("<ri:user  ri:userkey = 'ff80-ann'/>", f"<ri:user  ri:account-id = '{ANN}'/>"),
        (
            '<ri:user ri:username="gone" ri:userkey="ff80-ann" />',
            f'<ri:user ri:account-id="{ANN}" />',
        ),
        (
            '<ri:page ri:space-key="DOCS" ri:content-title="FOO" />',
            '<ri:page ri:space-key="DOCS2" ri:content-title="FOO (2)" />',
        ),
        ('<ri:page ri:content-title="FOO" />', '<ri:page ri:content-title="FOO (2)" />'),
        (
            (
                '<ri:attachment ri:filename="a"><ri:page ri:space-key="docs" /></ri:attachment>'
                '<ri:page ri:space-key="docs" ri:content-title="Start Here"/>'
            ),
            (
                '<ri:attachment ri:filename="a"><ri:page ri:space-key="docs" /></ri:attachment>'
                '<ri:page ri:space-key="DOCS2" ri:content-title="Start Here"/>'
            ),
        ),
        (
            (
                '<ri:blog-post ri:space-key="~ann" ri:posting-day="2024/04/22" '
                'ri:content-title="News" />'
            ),
            (
                '<ri:blog-post ri:space-key="~712020ann" ri:posting-day="2024/04/22" '
                'ri:content-title="News" />'
            ),
        ),
        ('<ri:space ri:space-key="~ann" />', '<ri:space ri:space-key="~712020ann" />'),
        ('<ri:content-entity ri:content-id="200"/>', '<ri:content-entity ri:content-id="910200"/>'),
    ],
)
def test_a_reference_is_rewritten_in_its_attribute_alone(old, new):
    around = "<p>\n a&nbsp;&#8211; <b>b</b > {} <br></p>"

    assert rewrite(around.format(old)) == around.format(new)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<p>Nothing to see</p>",
        '<p>ri:userkey="ff80-ann" as text</p>',
        '<ri:page ri:space-key="OPS" ri:content-title="Runbook"/>',
        '<![CDATA[<ri:user ri:userkey="ff80-ann"/>]]>',
        '<!-- <ri:user ri:userkey="ff80-ann"/> -->',
        (
            '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[<ri:user '
            'ri:userkey="ff80-ann"/></ac:plain-text-body> <ri:user ri:userkey="ff80-ann"/>]]>'
            "</ac:plain-text-body></ac:structured-macro>"
        ),
        (
            '<ac:structured-macro ac:name="html"><ac:plain-text-body><ri:user '
            'ri:userkey="ff80-ann"/></ac:plain-text-body></ac:structured-macro>'
        ),
        '<ac:plain-text-link-body><a href="/x/AgAB">x</a></ac:plain-text-link-body>',
        '<ri:userland ri:userkey="ff80-ann"/>',
        '<ri:user data-ri:userkey="ff80-ann"/>',
        '<p title="<ri:user ri:userkey=&quot;ff80-ann&quot;/>">x</p>',
        '<ri:user ri:userkey="ff80-ann',
        '<![CDATA[ never closed <ri:user ri:userkey="ff80-ann"/>',
        (
            '<ac:structured-macro ac:name="jira"><ac:parameter ac:name="server">200</ac:parameter>'
            '<ac:parameter ac:name="jqlQuery">assignee = ann</ac:parameter></ac:structured-macro>'
        ),
    ],
)
def test_what_refers_to_nothing_stays_byte_for_byte(body):
    assert rewrite(body) == body


def test_damaged_markup_around_a_reference_stays_damaged():
    body = '<p><b>open <ri:user ri:userkey="ff80-ann"/> </i> & <<td "quote> <a href="/x/AgAB'

    assert rewrite(body) == body.replace('ri:userkey="ff80-ann"', f'ri:account-id="{ANN}"')


def test_values_are_escaped_as_their_quotes_need():
    body = "<a href='/confluence/download/attachments/200/it%27s%26.txt'>x</a>"

    assert rewrite(body) == body.replace(
        "/confluence/download/attachments/200", "/sites/acme/wiki/download/attachments/910200"
    )


@pytest.mark.parametrize(
    ("macro", "parameter", "old", "new"),
    [
        ("include", "", "DOCS:FOO", "DOCS2:FOO (2)"),
        ("excerpt-include", "", "FOO", "FOO (2)"),
        ("children", "page", "OPS:Runbook", "OPS:Runbook"),
        (
            "contentbylabel",
            "spaces",
            "DOCS, @self ,+OPS,-~ann,*",
            "DOCS2, @self ,+OPS,-~712020ann,*",
        ),
        ("recently-updated", "spaces", "@all", "@all"),
        ("tasks-report-macro", "pages", "200,201", "910200,910201"),
        ("tasks-report-macro", "assignees", "ann,ff80-bob", f"{ANN},{BOB}"),
        ("profile", "user", "ann", ANN),
        ("widget", "url", "https://wiki.corp.example/confluence/x/AgAB", "/sites/acme/wiki/x/orsO"),
        ("unknown-app-macro", "spaces", "DOCS", "DOCS"),
        (
            "contentbylabel",
            "cql",
            'label = "DOCS" and space in (DOCS, "OPS") and ancestor = 200 and creator=ann',
            f'label = "DOCS" and space in (DOCS2, "OPS") and ancestor = 910200 and creator="{ANN}"',
        ),
        (
            "contentbylabel",
            "cql",
            'text ~ "space = DOCS" and x != 1',
            'text ~ "space = DOCS" and x != 1',
        ),
        ("contentbylabel", "cql", "space = currentSpace()", "space = currentSpace()"),
    ],
)
def test_parameters_of_known_macros_are_rewritten_by_the_table(macro, parameter, old, new):
    def body(text):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;")
        return (
            f'<ac:structured-macro ac:name="{macro}" ac:macro-id="7"><ac:parameter '
            f'ac:name="{parameter}">{escaped}</ac:parameter></ac:structured-macro>'
        )

    assert rewrite(body(old)) == body(new)


def test_a_parameter_belongs_to_the_innermost_macro():
    body = (
        '<ac:structured-macro ac:name="panel"><ac:rich-text-body><ac:structured-macro '
        'ac:name="include"><ac:parameter ac:name="">FOO</ac:parameter></ac:structured-macro>'
        '</ac:rich-text-body><ac:parameter ac:name="">FOO</ac:parameter></ac:structured-macro>'
    )

    assert rewrite(body) == body.replace("FOO", "FOO (2)", 1)


def test_the_old_spelling_of_macros_is_rewritten_too():
    body = '<ac:macro ac:name="include"><ac:default-parameter>FOO</ac:default-parameter></ac:macro>'

    assert rewrite(body) == body.replace("FOO", "FOO (2)")


def test_what_leads_nowhere_stays_and_is_named():
    body = (
        '<ri:user ri:userkey="nobody"/><ri:page ri:content-title="Lost"/>'
        '<ri:page ri:space-key="GONE" ri:content-title="X"/><ri:space ri:space-key="GONE"/>'
        '<ri:content-entity ri:content-id="9"/><ri:user ri:userkey="nobody"/>'
        '<a href="https://wiki.corp.example/confluence/pages/viewpage.action?pageId=9">x</a>'
    )

    assert rewrite(body) == body
    assert lost(body) == [
        ("user", "nobody"),
        ("page", "DOCS:Lost"),
        ("page", "GONE:X"),
        ("space", "GONE"),
        ("content", "9"),
        ("link", "https://wiki.corp.example/confluence/pages/viewpage.action?pageId=9"),
    ]


# What bodies are made of: pieces with references, pieces without, and rubbish between them.
_PLAIN = st.sampled_from(
    ["<p>", "</p>", "<br />", "text & text", "&nbsp;", "<", ">", '"', "'", "\n", "]]>", "]] >",
     "<![CDATA[", "<!--", "-->", "<ac:plain-text-body>", "</ac:plain-text-body>", "<b a='1'>",
     '<ac:structured-macro ac:name="include">', "</ac:structured-macro>", "ü", "\u2028"]
)  # fmt: skip
_REFERRING = st.sampled_from(
    ['<ri:user ri:userkey="ff80-ann"/>', '<ri:user ri:username="bob" />', '<a href="/x/AgAB">',
     '<ri:space ri:space-key="DOCS"/>', '<ri:content-entity ri:content-id="200"/>',
     '<ri:page ri:space-key="DOCS" ri:content-title="FOO"/>',
     '<ac:parameter ac:name="">FOO</ac:parameter>',
     '<a href="https://wiki.corp.example/confluence/display/DOCS/Start+Here#x">',
     '<ri:user ri:userkey="nobody"/>']
)  # fmt: skip


@given(st.lists(_PLAIN | st.text(max_size=8), max_size=30))
def test_bodies_without_references_come_out_unchanged(pieces):
    body = "".join(pieces)

    assert rewrite(body) == body


@given(st.lists(_PLAIN | _REFERRING, max_size=30))
def test_rewriting_again_changes_nothing(pieces):
    once = rewrite("".join(pieces))

    assert rewrite(once) == once


_WELL_FORMED = st.recursive(
    st.sampled_from(
        ['<ri:user ri:userkey="ff80-ann"/>', '<ri:user ri:username="bob" ri:userkey="ff80-bob" />',
         '<a href="/confluence/x/AgAB">t</a>', '<ri:space ri:space-key="DOCS"/>', "plain", "&amp;",
         "<![CDATA[<ri:user ri:userkey='ff80-ann'/>]]>", '<ri:page ri:content-title="FOO"/>',
         '<ri:content-entity ri:content-id="200"/>', "<!-- <ri:space ri:space-key='DOCS'/> -->"]
    ),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"<p a='b'>{''.join(parts)}</p>")
    | st.lists(inner, max_size=3).map(
        lambda parts: f'<ac:structured-macro ac:name="x"><ac:rich-text-body>{"".join(parts)}'
        "</ac:rich-text-body></ac:structured-macro>"
    ),
    max_leaves=20,
)  # fmt: skip


def _by_tree(body: str) -> str:
    """Rewrite the other way: parse, change attributes, and write it all canonically."""
    root = etree.fromstring(f'<r xmlns:ac="urn:ac" xmlns:ri="urn:ri">{body}</r>')
    for node in root.iter("{urn:ri}user"):
        values = {"ff80-ann": ANN, "ff80-bob": BOB, "bob": BOB}
        account = values[node.get("{urn:ri}userkey") or node.get("{urn:ri}username")]
        for name in ("userkey", "username"):
            node.attrib.pop(f"{{urn:ri}}{name}", None)
        node.set("{urn:ri}account-id", account)
    for node in root.iter("{urn:ri}space"):
        node.set("{urn:ri}space-key", "DOCS2")
    for node in root.iter("{urn:ri}page"):
        node.set("{urn:ri}content-title", "FOO (2)")
    for node in root.iter("{urn:ri}content-entity"):
        node.set("{urn:ri}content-id", "910200")
    for node in root.iter("a"):
        node.set("href", "/sites/acme/wiki/x/orsO")
    return etree.tostring(root, method="c14n").decode()


@given(_WELL_FORMED)
def test_a_parser_that_changes_the_tree_comes_to_the_same(body):
    found = etree.fromstring(f'<r xmlns:ac="urn:ac" xmlns:ri="urn:ri">{rewrite(body)}</r>')

    assert etree.tostring(found, method="c14n").decode() == _by_tree(body)


@given(_WELL_FORMED)
def test_the_text_of_a_body_never_changes(body):
    def text(markup):
        root = etree.fromstring(f'<r xmlns:ac="urn:ac" xmlns:ri="urn:ri">{markup}</r>')
        return "".join(root.itertext())

    assert text(rewrite(body)) == text(body)


def test_a_hostile_body_takes_no_longer_than_its_length():
    for piece in (
        '<a "',
        "<ri:user ri:userkey='",
        "<!--",
        "<![CDATA[",
        "<ac:parameter ",
        '<a href="',
    ):
        body = piece * 20_000
        assert rewrite(body) == body
