"""The pages an admin looks at: everything that was moved, readable, linked, and said whence."""

import re
from html.parser import HTMLParser

import pytest

from portway_cloud_site.content.rules import find_tiny_id, tiny_code
from support.site import (
    LATER,
    a_blog_post,
    a_comment,
    a_label,
    a_page,
    a_site,
    a_space,
    a_user,
    an_attachment,
    beside,
)

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(HTMLParser):
    """Checks that tags close in order; collects text, links, headings and ids."""

    def __init__(self, html):
        super().__init__()
        self.open, self.words, self.links, self.headings, self.ids = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert tag not in {"script", "style"}
        if tag == "a":
            self.links.append(attributes.get("href"))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self):
        return " ".join(self.words)


def outline(site, path="") -> Outline:
    return Outline(site.page_html(path))


def path_of(site, item, place="pages", space="DEMO"):
    [result] = site.send(item)
    return f"/spaces/{space}/{place}/{result['id']}"


def test_every_page_is_a_whole_document_with_one_top_heading_and_a_way_past_the_frame(filled):
    post = path_of(filled, a_blog_post(), "blog")
    for path in (
        "", "/spaces", "/spaces/DEMO", "/spaces/DEMO/pages", "/spaces/DEMO/blog",
        "/spaces/DEMO/pages/98307", post,
    ):  # fmt: skip
        seen = outline(filled, path)
        assert seen.headings.count(1) == 1
        assert seen.links[0] == "#main"
        assert "main" in seen.ids
        assert len(set(seen.ids)) == len(seen.ids)


def test_every_link_leads_somewhere(filled):
    filled.must_send(a_page(201, parent="page/200", body="<h1>Top</h1>"))
    pending, visited = {"/sites/", "/sites", "/sites/acme/wiki"}, set()
    headers = {"Authorization": "Bearer admin-token-of-the-tests"}
    while pending:
        path = pending.pop()
        visited.add(path)
        response = filled.client.get(path, headers=headers)
        assert response.status_code == 200, path
        if response.mimetype == "text/html":
            links = Outline(response.get_data(as_text=True)).links
            pending |= {link for link in links if not link.startswith("#")} - visited

    assert len(visited) >= 8


def test_the_list_of_sites_names_them(site):
    beside(site, "beside", "Beside <b>")

    response = site.client.get(
        "/sites", headers={"Authorization": "Bearer admin-token-of-the-tests"}
    )

    text = Outline(response.get_data(as_text=True)).text
    assert "Acme" in text
    assert "Beside <b>" in text


def test_the_list_of_spaces_says_what_each_is_and_holds(filled):
    filled.must_send(
        a_space("~ada", 101, name="Ada's", type="personal"),
        a_space("OLD", 102, name="Old one", status="archived"),
    )

    text = outline(filled).text

    assert "3 spaces and 1 account on Acme" in text
    assert "DEMO space DEMO A space 2 pages · 1 blog post" in text
    assert "~ada Personal" in text
    assert "OLD Archived" in text
    assert "server-1 first items came 1 January 2026, 00:00 UTC" in text


def test_an_empty_site_says_what_will_come(site):
    assert "Nothing has arrived on this site yet" in outline(site).text


def test_a_space_shows_its_tree_home_first_and_in_order(demo):
    demo.must_send(
        a_page(1, title="Alone", position=0),
        a_page(2, title="Home", home=True, position=9),
        a_page(3, title="Second", parent="page/2", position=2),
        a_page(4, title="First", parent="page/2", position=1),
        a_page(5, title="Deep", parent="page/3"),
    )

    text = outline(demo, "/spaces/DEMO").text

    assert "Pages 5 Home Home First Second Deep Alone All pages in one list" in text
    assert "made by Ada on 22 April 2024, 13:35 UTC" in text
    assert "space/100 of server-1 Unedited since it was moved" in text


def test_a_space_shows_its_posts_files_and_labels(demo):
    demo.must_send(
        a_blog_post(1, title="News"),
        an_attachment(2, b"logo", container="space/100", title="logo.png"),
        a_label(3, container="space/100", name="important"),
    )
    demo.send_file("attachment/2", b"logo")

    text = outline(demo, "/spaces/demo").text

    assert "News Ada · 22 April 2024, 13:35 UTC" in text
    assert "logo.png 4 bytes · text/plain" in text
    assert "important" in text
    assert "This space has no pages." in text


def test_a_large_tree_is_cut_where_a_page_would_grow_too_long_and_says_so(demo):
    pages = [a_page(0, title="Root", home=True)]
    pages += [a_page(n, parent="page/0", title=f"Child {n:04}") for n in range(1, 600)]
    demo.must_send(*pages)
    demo.must_send(*(a_page(n, title=f"Beside {n}") for n in range(700, 1200)))

    text = outline(demo, "/spaces/DEMO").text

    assert "Root Home 599 below" in text
    assert "Child 0001" not in text
    assert "101 more pages stand beside these" in text


def test_all_pages_are_listed_some_at_a_time(demo):
    demo.must_send(*(a_page(n) for n in range(230)))

    found, path = [], "/spaces/DEMO/pages"
    while path:
        seen = outline(demo, path)
        found += [link for link in seen.links if re.search(r"/pages/\d+/", link)]
        following = [link for link in seen.links if "after=" in link]
        path = following[0].removeprefix("/sites/acme/wiki") if following else None

    assert len(found) == len(set(found)) == 230


def test_a_page_shows_who_wrote_it_when_and_in_which_version(demo):
    demo.must_send(a_user("grace", displayName="Grace Hopper"))
    path = path_of(demo, a_page(lastAuthor="user/grace", version=7, versionMessage="after review"))

    text = outline(demo, path).text

    assert "Spaces DEMO space Page 200 A Ada , 22 April 2024, 13:35 UTC" in text
    assert (
        "· last changed by Grace Hopper, 2 May 2024, 08:00 UTC · version 7 “after review”" in text
    )
    assert "Body of 200" in text
    assert "page/200 of server-1 Unedited since it was moved" in text


def test_a_page_edited_here_says_so(filled):
    edit = {
        "id": "98308",
        "status": "current",
        "title": "Mine now",
        "body": {"representation": "storage", "value": "<p>x</p>"},
        "version": {"number": 4},
    }
    filled.call("PUT", "/api/v2/pages/98308", json=edit)

    assert "Edited here since" in outline(filled, "/spaces/DEMO/pages/98308").text


def test_a_page_made_here_says_so(filled):
    page = {"spaceId": "98306", "title": "Made", "body": {"storage": {"value": "<p/>"}}}
    page_id = filled.call("POST", "/api/v2/pages", json=page).get_json()["id"]

    assert "it was not migrated" in outline(filled, f"/spaces/DEMO/pages/{page_id}").text


def test_a_page_stands_between_its_ancestors_siblings_and_children(demo):
    demo.must_send(
        a_page(1, title="Top"),
        a_page(2, title="Middle", parent="page/1"),
        a_page(3, title="Beside", parent="page/1"),
        a_page(5, title="Child", parent="page/2"),
        a_page(6, title="Grandchild", parent="page/5"),
    )

    text = outline(demo, path_of(demo, a_page(2, title="Middle", parent="page/1"))).text

    assert "Spaces DEMO space Top Middle" in text
    assert "Pages below 1 Child" in text
    assert text.endswith("DEMO space Top Beside Middle Child 1 below")


def test_a_page_shows_labels_and_attachments_and_what_they_weigh(filled):
    filled.must_send(
        a_label(601, prefix="my", name="mine"),
        an_attachment(501, b"x" * 1_234_567, title="big.bin", comment="A comment", version=2),
    )
    filled.send_file("attachment/501", b"x" * 1_234_567)

    text = outline(filled, "/spaces/DEMO/pages/98307").text

    assert "label-600 my:mine" in text
    assert "big.bin 1.2 MB · text/plain · version 2 · Ada · 22 April 2024, 13:35 UTC" in text
    assert "A comment" in text
    assert "file-500.txt 5 bytes" in text


def test_comments_are_threads_and_inline_ones_show_their_selection(demo):
    demo.must_send(
        a_user("bob"),
        a_page(
            body='<p><ac:inline-comment-marker ac:ref="r1">these</ac:inline-comment-marker></p>'
        ),
        a_comment(1, body="<p>First</p>"),
        a_comment(2, body="<p>Answer</p>", parent="comment/1", author="user/bob", updatedAt=LATER),
        a_comment(
            3,
            inline={
                "markerRef": "r1",
                "selection": "these",
                "resolved": False,
                "resolvedBy": None,
                "resolvedAt": None,
            },
        ),
        a_comment(
            4,
            inline={
                "markerRef": "r2",
                "selection": "gone",
                "resolved": True,
                "resolvedBy": None,
                "resolvedAt": None,
            },
        ),
        a_comment(5, author=None, body="h1. wiki", representation="wiki"),
        an_attachment(6, b"x", container="comment/1", title="shot.png"),
    )
    demo.send_file("attachment/6", b"x")

    seen = outline(demo, "/spaces/DEMO/pages/98308")

    assert "Comments 5 In the text" in seen.text
    assert "#marker-r1" in seen.links
    assert "marker-r1" in seen.ids
    assert "Resolved in the text (1)" in seen.text
    assert re.search(r"First shot\.png .* B Bob .* edited 2 May 2024, 08:00 UTC Answer", seen.text)
    assert "Anonymous" in seen.text
    assert "h1. wiki" in seen.text


def test_a_page_or_comment_however_deep_is_shown(demo):
    pages = [a_page(0)] + [a_page(n, parent=f"page/{n - 1}") for n in range(1, 450)]
    answers = [a_comment(0, container="page/449")] + [
        a_comment(n, container="page/449", parent=f"comment/{n - 1}") for n in range(1, 450)
    ]
    demo.must_send(*pages)
    demo.must_send(*answers)

    space = outline(demo, "/spaces/DEMO")
    page = outline(demo, path_of(demo, pages[-1]))

    assert "Page 9 1 below" in space.text
    assert "Spaces DEMO space Page 439" in page.text
    assert page.text.count("Comment by") == 0
    assert {f"comment-{98757 + n}" for n in range(450)} <= set(page.ids)


def test_links_and_images_of_a_body_lead_into_the_site(demo):
    body = (
        '<p><ac:link><ri:page ri:content-title="TARGET"/></ac:link>'
        '<ac:link><ri:blog-post ri:content-title="News" ri:posting-day="2024/04/22"/></ac:link>'
        '<ac:link><ri:page ri:content-title="Far" ri:space-key="two"/></ac:link>'
        '<ac:link><ri:space ri:space-key="TWO"/></ac:link>'
        '<ac:link><ri:user ri:userkey="ada"/></ac:link>'
        '<ac:image><ri:attachment ri:filename="a b.png"/></ac:image>'
        '<ac:link><ri:attachment ri:filename="there.pdf">'
        '<ri:page ri:content-title="Far" ri:space-key="TWO"/></ri:attachment></ac:link></p>'
    )
    ids = demo.must_send(
        a_space("TWO", 101),
        a_page(1, title="Target"),
        a_page(2, title="Far", space="space/101"),
        a_blog_post(3, title="News"),
        a_page(4, body=body),
        an_attachment(5, b"png", container="page/4", title="a b.png", mediaType="image/png"),
        an_attachment(6, b"pdf", container="page/2", title="there.pdf"),
    )
    demo.send_file("attachment/5", b"png")
    demo.send_file("attachment/6", b"pdf")
    [ada] = demo.must_send(a_user())
    demo.must_send(
        a_comment(
            7, container="page/4", body=f'<ac:link><ri:user ri:account-id="{ada}"/></ac:link>'
        )
    )

    html = demo.page_html(f"/spaces/DEMO/pages/{ids[4]}")

    base = "/sites/acme/wiki"
    assert f'href="{base}/spaces/DEMO/pages/{ids[1]}/Target"' in html
    assert f'href="{base}/spaces/DEMO/blog/{ids[3]}/News"' in html
    assert f'href="{base}/spaces/TWO/pages/{ids[2]}/Far"' in html
    assert f'href="{base}/spaces/TWO"' in html
    assert html.count("@Ada") == 2
    assert f'src="{base}/download/attachments/{ids[4]}/a%20b.png?version=1&amp;id=att' in html
    assert f"{base}/download/attachments/{ids[2]}/there.pdf" in html
    assert "not on this site" not in html


def test_damaged_markup_is_announced(demo):
    path = path_of(demo, a_page(body="<p>Half <b>a page"))

    text = outline(demo, path).text

    assert "The markup of this text is damaged" in text
    assert "Half a page" in text


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{ 7*7 }}", "\"'><img src=x onerror=x>", "&amp;"]
)
def test_names_and_titles_are_text_wherever_they_stand(tmp_path, text):
    site = a_site(tmp_path, name=text)
    site.must_send(
        a_user(displayName=text),
        a_space(name=text, description=text),
        a_page(title=text, versionMessage=text, body="<p/>"),
        a_blog_post(title=text, body="<p/>"),
        a_label(name=text),
        an_attachment(500, b"x", title=text, comment=text, mediaType=text[:250]),
        a_comment(
            inline={
                "markerRef": text,
                "selection": text,
                "resolved": False,
                "resolvedBy": None,
                "resolvedAt": None,
            },
            body="<p/>",
        ),
    )
    site.send_file("attachment/500", b"x")

    for path in ("", "/spaces/DEMO", "/spaces/DEMO/pages", "/spaces/DEMO/pages/98307"):
        assert text in outline(site, path).text


@pytest.mark.parametrize(
    "path",
    [
        "/spaces/NONE", "/spaces/NONE/pages", "/spaces/DEMO/pages/1", "/spaces/DEMO/blog/98307",
        "/spaces/TWO/pages/98307", "/x/zzzz", "/x/AYAB!",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_page_that_says_so(filled, path):
    filled.must_send(a_space("TWO", 101))

    response = filled.call("GET", path)

    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "Nothing is here" in Outline(response.get_data(as_text=True)).text


def test_an_unknown_site_is_a_page_that_names_it(site):
    site.key = "elsewhere"

    response = site.call("GET", "")

    assert response.status_code == 404
    assert "There is no site elsewhere here" in response.get_data(as_text=True)


def test_an_address_that_is_none_is_refused_as_a_page(filled):
    for path in ("/spaces/DEMO/pages/abc", "/spaces/DEMO/pages?after=x"):
        response = filled.call("GET", path)
        assert response.status_code == 400
        assert response.mimetype == "text/html"


def test_short_links_lead_to_the_page(filled):
    tiny = filled.product("/pages/98307")["_links"]["tinyui"]

    response = filled.call("GET", tiny)

    assert response.status_code == 302
    assert response.headers["Location"] == "/sites/acme/wiki/spaces/DEMO/pages/98307/Home"


@pytest.mark.parametrize("number", [1, 255, 256, 98305, 65536, 2**31, 2**62 + 1])
def test_a_short_code_stands_for_its_id(number):
    assert find_tiny_id(tiny_code(number)) == number
    assert re.fullmatch("[A-Za-z0-9_-]+", tiny_code(number))


def test_browsers_are_told_to_run_and_load_nothing_else(filled):
    headers = filled.call("GET", "/spaces/DEMO").headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == policy["img-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-cache"


def test_pages_behind_a_proxy_below_a_path_link_below_it_too(tmp_path, monkeypatch):
    monkeypatch.setattr("support.site.PUBLIC_URL", "https://portway.example/below")
    site = a_site(tmp_path)
    site.must_send(a_user(), a_space())

    links = outline(site).links

    assert "/below/sites/acme/wiki/spaces/DEMO" in links
    assert 'href="/below/sites/-/site.css' in site.page_html()


def test_the_style_sheet_is_kept_by_browsers_until_it_changes(site):
    response = site.client.get("/sites/-/site.css")

    assert response.mimetype == "text/css"
    again = site.client.get(
        "/sites/-/site.css", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(site, theme):
    css = site.client.get("/sites/-/site.css").get_data(as_text=True)
    light, dark = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    ]
    tokens = light | (dark if theme == "dark" else {})

    for words, ground in (
        ("text", "surface"), ("text", "ground"), ("text", "sunken"), ("text", "mark"),
        ("quiet", "surface"), ("quiet", "ground"), ("quiet", "sunken"), ("accent", "surface"),
        ("accent", "ground"), ("accent", "accent-ground"), ("info", "info-ground"),
        ("note", "note-ground"), ("tip", "tip-ground"), ("warn", "warn-ground"),
        ("bad", "bad-ground"), ("bad", "surface"), ("surface", "accent"),
    ):  # fmt: skip
        assert contrast(tokens[words], tokens[ground]) >= 4.5, (words, ground)


def test_a_site_can_be_looked_at_while_it_fills(site):
    make = [a_user(), a_space(), a_page(title="Early")]
    site.must_send(*make)
    path = path_of(site, make[2])
    assert "Early" in outline(site, path).text

    site.must_send(a_page(201, parent="page/200", title="Late"))

    assert "Late" in outline(site, path).text
