"""What content and files were before: in the product REST, as downloads, and on the pages."""

import pytest

from support.site import (
    LATER,
    WRITTEN,
    a_blog_post,
    a_label,
    a_like,
    a_page,
    a_permission,
    a_property,
    a_restriction,
    a_space,
    a_template,
    a_user,
    a_version,
    an_attachment,
    an_attachment_version,
)

BASE = "https://portway.example/sites/acme/wiki"


@pytest.fixture
def grown(demo):
    """A page in its third version, with a file in its second; the first two are here too."""
    demo.must_send(
        a_user("bob"),
        a_page(200, title="Now", versionMessage="third"),
        a_version(701, title="Then", author="user/bob", version=1, createdAt=WRITTEN),
        a_version(702, title="Since", version=2, createdAt=LATER, versionMessage="second"),
        an_attachment(500, b"hello", version=2),
        an_attachment_version(800, b"hell", version=1, comment="first", author="user/bob"),
    )
    assert demo.send_file("attachment/500", b"hello").status_code == 201
    assert demo.send_file("attachmentVersion/800", b"hell").status_code == 201
    return demo


def id_of(site, key):
    return site.inventory()[key]["id"]


@pytest.fixture
def page(grown):
    return id_of(grown, "page/200")


def numbers(answer):
    return [version["number"] for version in answer["results"]]


class TestVersionsOfPages:
    def test_they_come_newest_first_with_author_date_and_message(self, grown, page):
        answer = grown.product(f"/pages/{page}/versions")

        assert numbers(answer) == [3, 2, 1]
        first = answer["results"][-1]
        assert first["authorId"] == id_of(grown, "user/bob")
        assert first["createdAt"] == WRITTEN
        assert first["page"] == {"id": page, "title": "Then", "body": {}}
        assert answer["results"][1]["message"] == "second"

    def test_bodies_come_when_asked_for(self, grown, page):
        answer = grown.product(f"/pages/{page}/versions?body-format=storage")

        body = answer["results"][-1]["page"]["body"]["storage"]
        assert body == {"representation": "storage", "value": "<p>Before 701</p>"}

    def test_they_come_some_at_a_time(self, grown, page):
        first = grown.product(f"/pages/{page}/versions?limit=2")
        following = first["_links"]["next"].removeprefix("/sites/acme/wiki/api/v2")

        assert numbers(first) == [3, 2]
        assert numbers(grown.product(following)) == [1]

    def test_one_is_read_by_its_number(self, grown, page):
        assert grown.product(f"/pages/{page}/versions/2")["page"]["title"] == "Since"
        assert grown.call("GET", f"/api/v2/pages/{page}/versions/9").status_code == 404

    def test_a_page_is_read_as_it_was(self, grown, page):
        then = grown.product(f"/pages/{page}?version=1&body-format=storage")

        assert (then["title"], then["version"]["number"]) == ("Then", 1)
        assert then["body"]["storage"]["value"] == "<p>Before 701</p>"
        assert then["version"]["authorId"] == id_of(grown, "user/bob")
        assert grown.call("GET", f"/api/v2/pages/{page}?version=9").status_code == 404

    def test_of_two_with_one_number_the_later_counts(self, grown, page):
        grown.must_send(a_version(703, title="Again", version=1, createdAt=LATER))

        assert numbers(grown.product(f"/pages/{page}/versions")) == [3, 2, 1, 1]
        assert grown.product(f"/pages/{page}?version=1")["title"] == "Again"

    def test_blog_posts_have_them_too(self, grown):
        grown.must_send(a_blog_post(300), a_version(704, of="blogPost/300", title="Old news"))
        post = id_of(grown, "blogPost/300")

        answer = grown.product(f"/blogposts/{post}/versions")

        assert answer["results"][-1]["blogpost"]["title"] == "Old news"
        assert grown.product(f"/blogposts/{post}?version=1")["title"] == "Old news"


class TestVersionsOfFiles:
    def test_they_come_newest_first(self, grown):
        file = id_of(grown, "attachment/500")

        answer = grown.product(f"/attachments/att{file}/versions")

        assert numbers(answer) == [2, 1]
        first = answer["results"][-1]
        assert (first["message"], first["attachment"]["fileSize"]) == ("first", 4)
        assert first["attachment"]["downloadLink"].endswith(f"?version=1&id=att{file}")

    def test_an_older_one_is_downloaded_by_its_number(self, grown, page):
        [_, first] = grown.product(f"/attachments/{id_of(grown, 'attachment/500')}/versions")[
            "results"
        ]

        old = grown.call("GET", first["attachment"]["downloadLink"])
        new = grown.call("GET", f"/download/attachments/{page}/file-500.txt?version=2")
        none = grown.call("GET", f"/download/attachments/{page}/file-500.txt?version=9")

        assert (old.get_data(), new.get_data()) == (b"hell", b"hello")
        assert none.status_code == 404

    def test_one_without_its_bytes_is_not_shown(self, grown):
        grown.must_send(an_attachment_version(801, b"he", version=0))

        answer = grown.product(f"/attachments/{id_of(grown, 'attachment/500')}/versions")

        assert numbers(answer) == [2, 1]

    def test_other_bytes_are_wanted_anew_and_take_the_place_of_the_old(self, grown):
        [result] = grown.send(an_attachment_version(800, b"other", version=1))
        assert (result["outcome"], result["fileWanted"]) == ("updated", True)

        assert grown.send_file("attachmentVersion/800", b"other").status_code == 201

        line = grown.inventory()["attachmentVersion/800"]
        assert line["file"] == "stored"
        stored = [path.read_bytes() for path in grown.files.rglob("*") if path.is_file()]
        assert sorted(stored) == [b"hello", b"other"]


class TestArchived:
    @pytest.fixture
    def archive(self, demo):
        demo.must_send(
            a_page(200, home=True, title="Home"),
            a_page(201, parent="page/200", title="Old page", status="archived"),
            a_blog_post(300, title="Old post", status="archived"),
            a_blog_post(301, title="New post"),
        )
        return demo

    def test_lists_tell_the_status_and_filter_by_it(self, archive):
        def titles(path):
            return [result["title"] for result in archive.product(path)["results"]]

        assert titles("/pages?status=archived") == ["Old page"]
        assert titles("/pages?status=current") == ["Home"]
        assert titles("/pages") == ["Home", "Old page"]
        assert titles("/blogposts") == ["New post"]
        assert titles("/blogposts?status=archived") == ["Old post"]
        assert titles(f"/pages/{id_of(archive, 'page/200')}/children") == []

    def test_a_title_may_be_taken_again(self, archive):
        archive.must_send(a_page(202, title="Old page"))

    def test_the_tree_leaves_it_out_and_a_list_of_its_own_has_it(self, archive):
        html = archive.page_html("/spaces/DEMO")
        assert "Old page" not in html
        assert "Archived pages (1)" in html

        assert "Old page" in archive.page_html("/spaces/DEMO/archived/pages")
        assert "Old post" in archive.page_html("/spaces/DEMO/archived/blog")
        page = archive.page_html(f"/spaces/DEMO/pages/{id_of(archive, 'page/201')}")
        assert "This is archived" in page


class TestPages:
    def test_a_page_shows_its_history_and_every_version(self, grown, page):
        html = grown.page_html(f"/spaces/DEMO/pages/{page}")
        assert all(text in html for text in ("Version 1", "Version 2", "“second”", "Bob"))

        old = grown.page_html(f"/spaces/DEMO/pages/{page}?version=1")

        assert "This is an older version" in old
        assert "Before 701" in old

    def test_a_page_tells_who_may_view_and_edit_it(self, grown, page):
        grown.must_send(
            a_restriction("ada", "bob"), a_restriction("bob", to="update"), a_like("bob")
        )

        html = grown.page_html(f"/spaces/DEMO/pages/{page}")

        assert "Restricted." in html
        assert "Ada, Bob" in html
        assert "1 person likes this" in html

    def test_a_closed_page_says_that_only_admins_see_it(self, grown):
        grown.must_send(a_page(201, title="Closed", restricted=True))

        html = grown.page_html(f"/spaces/DEMO/pages/{id_of(grown, 'page/201')}")

        assert "Admins only" in html

    def test_a_space_shows_its_templates_and_permissions(self, grown):
        assert "Nobody but admins may open this space." in grown.page_html("/spaces/DEMO")
        grown.must_send(
            a_template(900, name="Minutes"),
            a_label(601, container="template/900"),
            a_permission("user/bob", "delete page"),
            a_permission("anonymous"),
        )

        html = grown.page_html("/spaces/DEMO")

        assert all(text in html for text in ("Minutes", "Delete page", "Bob", "everybody"))


class TestPropertiesAndLikes:
    def test_properties_have_clouds_form(self, grown, page):
        grown.must_send(
            a_property("color"),
            a_property("count", text=None, number=7),
            a_property("day", text=None, instant=LATER),
        )

        answer = grown.product(f"/pages/{page}/properties?sort=key")
        assert {p["key"]: p["value"] for p in answer["results"]} == {
            "color": "blue",
            "count": 7,
            "day": LATER,
        }
        [found] = grown.product(f"/pages/{page}/properties?key=count")["results"]
        assert found["version"]["number"] == 1

    def test_likes_are_counted_and_named(self, grown, page):
        grown.must_send(a_like("ada"), a_like("bob"))

        assert grown.product(f"/pages/{page}/likes/count") == {"count": 2}
        likers = grown.product(f"/pages/{page}/likes/users")["results"]
        assert [liker["accountId"] for liker in likers] == [
            id_of(grown, "user/ada"),
            id_of(grown, "user/bob"),
        ]

    def test_of_two_keys_that_are_one_account_one_like_is_left(self, grown, page):
        grown.must_send(a_user("bob2", email="bob@example.com"))
        results = grown.send(a_like("bob"), a_like("bob2"))

        assert [result["outcome"] for result in results] == ["created", "merged"]
        assert grown.product(f"/pages/{page}/likes/count") == {"count": 1}

    def test_a_like_of_somebody_who_is_not_here_is_passed_over(self, grown):
        [result] = grown.send(a_like("eve"))

        assert (result["outcome"], result["code"]) == ("skipped", "subject_missing")


class TestSpacesAsTheyLook:
    def test_a_description_in_storage_format_reads_as_text_and_shows_as_it_looks(self, site):
        site.must_send(
            a_user(), a_space(description="<p>All of <strong>ours</strong> &amp; more</p>")
        )
        space = id_of(site, "space/100")

        def described(form):
            return site.product(f"/spaces/{space}?description-format={form}")["description"]

        assert described("plain")["plain"]["value"] == "All of ours & more"
        assert "<strong>ours</strong>" in described("view")["view"]["value"]
        assert "<strong>ours</strong>" in site.page_html("/spaces/DEMO")
        assert "All of ours &amp; more" in site.page_html()

    def test_a_plain_description_stays_what_it_is(self, site):
        site.must_send(a_user(), a_space(description="a <b> c"))

        assert "a &lt;b&gt; c" in site.page_html("/spaces/DEMO")

    def test_the_file_named_after_the_key_is_the_logo(self, demo):
        logo = an_attachment(
            500, b"png", container="space/100", title="DEMO", mediaType="image/png"
        )
        demo.must_send(logo)
        assert 'class="logo"' not in demo.page_html("/spaces/DEMO")
        assert demo.send_file("attachment/500", b"png").status_code == 201

        assert 'class="logo"' in demo.page_html("/spaces/DEMO")
