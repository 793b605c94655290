"""Addresses of the source in bodies: every form people paste, and those of other places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_assistant.core.rewriting.addresses import SourceAddresses
from portway_assistant.core.rewriting.rewriter import Rewriter
from portway_assistant.core.rewriting.tiny_links import MAX_ID, decode_tiny, encode_tiny
from support.rewriting import HERE, SITE_PATH, SOURCE_URL, World, lost, rewrite

PAGE = "/sites/acme/wiki/spaces/DOCS2/pages/910200"
UEBER = "/sites/acme/wiki/spaces/DOCS2/pages/910203"
POST = "/sites/acme/wiki/spaces/OPS/blog/910300"


def link(url: str) -> str:
    return f'<a href="{url}">x</a>'


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("/pages/viewpage.action?pageId=200", PAGE),
        ("/pages/viewpage.action?pageId=200&amp;src=search", PAGE),
        ("/pages/viewpage.action?spaceKey=DOCS&amp;title=Start+Here", PAGE),
        ("/pages/viewpageattachments.action?pageId=200", PAGE),
        ("/pages/viewpage.action?pageId=200#Start-Here", f"{PAGE}#Start-Here"),
        ("/pages/viewpage.action?pageId=300", POST),
        ("/display/DOCS/Start+Here", PAGE),
        ("/display/docs/Start%20Here/", PAGE),
        ("/display/DOCS/Über+%26+Co", UEBER),
        ("/display/DOCS/%C3%9Cber+%26+Co", UEBER),
        ("/display/OPS/2024/04/22/News", POST),
        ("/display/DOCS", "/sites/acme/wiki/spaces/DOCS2"),
        ("/display/~ann", "/sites/acme/wiki/spaces/~712020ann"),
        ("/spaces/viewspace.action?key=DOCS", "/sites/acme/wiki/spaces/DOCS2"),
        ("/spaces/DOCS/overview", "/sites/acme/wiki/spaces/DOCS2"),
        ("/spaces/DOCS/pages/200/Start+Here", PAGE),
        ("/spaces/OPS/blog/2024/04/22/300/News", POST),
        ("/x/AgAB", "/sites/acme/wiki/x/orsO"),
        ("/download/attachments/200/a%20b.pdf?version=1&amp;api=v2",
         "/sites/acme/wiki/download/attachments/910200/a%20b.pdf"),
        ("/download/thumbnails/200/a.png", "/sites/acme/wiki/download/attachments/910200/a.png"),
        ("/pages/viewpage.action?pageId=200&amp;focusedCommentId=400#comment-400",
         f"{PAGE}?focusedCommentId=910400#comment-910400"),
        ("/display/DOCS/Start+Here?focusedCommentId=400", f"{PAGE}?focusedCommentId=910400"),
        ("/display/DOCS/Start+Here#comment-400",
         f"{PAGE}?focusedCommentId=910400#comment-910400"),
        ("/", "/sites/acme/wiki/"),
        ("", "/sites/acme/wiki/"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("base", [SOURCE_URL, "http://WIKI.corp.example/confluence", "/confluence"])
def test_an_address_of_the_source_leads_to_the_destination(base, path, new):
    assert rewrite(link(base + path)) == link(new)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/confluence/display/DOCS/Start+Here",
        "https://wiki.corp.example/jira/browse/OPS-1",
        "https://wiki.corp.example/confluence2/display/DOCS",
        "mailto:ann@corp.example",
        "#anchor",
        "relative/display/DOCS",
        "ftp://wiki.corp.example/confluence/x/AgAB",
        "http://[broken",
        "javascript:alert(1)",
        "/sites/acme/wiki/x/orsO",
        "//cdn.example/x/AgAB",
    ],
)
def test_any_other_address_stays_and_is_not_called_broken(url):
    assert rewrite(link(url)) == link(url)
    assert lost(link(url)) == []


@pytest.mark.parametrize(
    "url",
    [
        f"{SOURCE_URL}/pages/viewpage.action?pageId=999",
        f"{SOURCE_URL}/display/GONE/Page",
        f"{SOURCE_URL}/x/zzzz",
        f"{SOURCE_URL}/download/attachments/999/a.png",
        f"{SOURCE_URL}/dashboard.action",
        "/confluence/admin/x.action",
    ],
)
def test_an_address_of_the_source_that_leads_nowhere_stays_and_is_named(url):
    assert rewrite(link(url)) == link(url)
    assert lost(link(url)) == [("link", url)]


@pytest.mark.parametrize("context", ["", "/confluence", "/wiki"])
def test_without_a_known_source_the_usual_places_count(context):
    body = link(f"{context}/pages/viewpage.action?pageId=200")
    found = Rewriter(World(), SourceAddresses((), SITE_PATH)).rewrite(body, "storage", HERE)

    assert found.body == link(PAGE)


def test_a_source_may_be_known_under_several_addresses():
    body = link("http://old.corp.example/display/DOCS/Start+Here") + link("/x/AgAB")

    found = rewrite(body, "storage", SOURCE_URL, "http://old.corp.example/")

    assert found == link(PAGE) + link("/sites/acme/wiki/x/orsO")


def test_images_and_addresses_of_macros_are_rewritten_too():
    body = (
        f'<img src="{SOURCE_URL}/download/attachments/200/a.png"/><ac:image>'
        f'<ri:url ri:value="{SOURCE_URL}/download/attachments/200/a.png"/></ac:image>'
    )

    new = "/sites/acme/wiki/download/attachments/910200/a.png"
    assert rewrite(body) == (f'<img src="{new}"/><ac:image><ri:url ri:value="{new}"/></ac:image>')


# Worked out by hand: the id's bytes, lowest first, in groups of six bits.
@pytest.mark.parametrize(
    ("content_id", "code"),
    [
        (1, "AQ"),  # 01
        (251, "_w"),  # FB
        (65538, "AgAB"),  # 02 00 01
        (98305, "AYAB"),  # 01 80 01
        (491535, "D4AH"),  # 0F 80 07
        (4194304, "AAB"),  # 00 00 40, without the A at its end
        (16711935, "-wD-"),  # FF 00 FF
    ],
)
def test_short_links_are_the_bytes_of_the_id(content_id, code):
    assert (encode_tiny(content_id), decode_tiny(code)) == (code, content_id)


@given(st.integers(1, MAX_ID))
def test_a_short_link_leads_back_to_its_id(content_id):
    assert decode_tiny(encode_tiny(content_id)) == content_id


@given(st.text("ABCxyz019_-", min_size=1, max_size=12))
def test_a_code_stands_for_one_id_or_none(code):
    content_id = decode_tiny(code)

    assert content_id is None or encode_tiny(content_id).startswith(code.rstrip("A")[:9])
