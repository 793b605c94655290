"""The product REST answers in the shapes of Confluence Cloud's REST API v2."""

import pytest

from support.site import (
    LATER,
    WRITTEN,
    a_blog_post,
    a_comment,
    a_filled_site,
    a_label,
    a_page,
    a_space,
    a_user,
    an_anchor,
    an_attachment,
)

BASE = "https://portway.example/sites/acme/wiki"


def titles(answer):
    return [result["title"] for result in answer["results"]]


def the_id(site, item):
    [result] = site.send(item)
    return result["id"]


class TestSpaces:
    def test_a_space_has_clouds_fields(self, filled):
        [ada] = filled.must_send(a_user())
        space_id = the_id(filled, a_space())

        assert filled.product(f"/spaces/{space_id}") == {
            "id": space_id,
            "key": "DEMO",
            "name": "DEMO space",
            "type": "global",
            "status": "current",
            "authorId": ada,
            "spaceOwnerId": ada,
            "currentActiveAlias": "DEMO",
            "createdAt": WRITTEN,
            "homepageId": the_id(filled, a_page(200, home=True, title="Home")),
            "description": None,
            "icon": None,
            "_links": {"webui": "/spaces/DEMO", "base": BASE},
        }

    def test_the_description_comes_when_asked_for(self, demo):
        [space] = demo.product("/spaces?description-format=plain")["results"]

        assert space["description"] == {"plain": {"representation": "plain", "value": "A space"}}

    @pytest.mark.parametrize(
        ("query", "keys"),
        [
            ("", ["DEMO", "~ada", "OLD"]),
            ("keys=demo", ["DEMO"]),
            ("keys=OLD,DEMO", ["DEMO", "OLD"]),
            ("keys=OLD&keys=DEMO", ["DEMO", "OLD"]),
            ("type=personal", ["~ada"]),
            ("status=archived", ["OLD"]),
            ("ids=98306,98308", ["DEMO", "OLD"]),
            ("ids=1", []),
            ("sort=-key", ["~ada", "OLD", "DEMO"]),
            ("unheard-of=1", ["DEMO", "~ada", "OLD"]),
        ],
    )
    def test_filters_narrow_the_list(self, demo, query, keys):
        demo.must_send(
            a_space("~ada", 101, type="personal"), a_space("OLD", 102, status="archived")
        )

        assert [space["key"] for space in demo.product(f"/spaces?{query}")["results"]] == keys


class TestPages:
    def test_a_page_has_clouds_fields(self, filled):
        [ada] = filled.must_send(a_user())
        page_id = the_id(filled, a_page(201, parent="page/200"))

        assert filled.product(f"/pages/{page_id}?body-format=storage") == {
            "id": page_id,
            "status": "current",
            "title": "Page 201",
            "spaceId": "98306",
            "parentId": "98307",
            "parentType": "page",
            "position": None,
            "authorId": ada,
            "ownerId": ada,
            "lastOwnerId": None,
            "createdAt": WRITTEN,
            "version": {
                "number": 3,
                "message": "",
                "minorEdit": False,
                "authorId": ada,
                "createdAt": LATER,
            },
            "body": {"storage": {"representation": "storage", "value": "<p>Body of 201</p>"}},
            "_links": {
                "webui": f"/spaces/DEMO/pages/{page_id}/Page+201",
                "tinyui": "/x/BIAB",
                "base": BASE,
            },
        }

    def test_the_body_comes_when_asked_for(self, filled):
        assert filled.product("/pages/98307")["body"] == {}
        assert filled.product("/pages")["results"][0]["body"] == {}

    def test_the_view_is_what_a_browser_may_show(self, demo):
        page_id = the_id(demo, a_page(body="<p onclick='x()'>Hi<script>alert(1)</script></p>"))

        view = demo.product(f"/pages/{page_id}?body-format=view")["body"]["view"]

        assert view == {"representation": "view", "value": "<p>Hi</p>"}

    def test_wiki_markup_comes_inside_the_macro_confluence_keeps_it_in(self, demo):
        page_id = the_id(demo, a_page(representation="wiki", body="h1. a < b & c"))

        storage = demo.product(f"/pages/{page_id}?body-format=storage")["body"]["storage"]

        assert storage["representation"] == "storage"
        assert 'ac:name="unmigrated-wiki-markup"' in storage["value"]
        assert "h1. a &lt; b &amp; c" in storage["value"]

    @pytest.mark.parametrize("page_id", ["1", "98306", "98308999", "9" * 18])
    def test_a_page_that_is_not_there_is_not_found(self, filled, page_id):
        assert filled.call("GET", f"/api/v2/pages/{page_id}").status_code == 404

    @pytest.mark.parametrize("page_id", ["abc", "1.5", "-1", "9" * 19, "²"])
    def test_an_id_is_a_number(self, filled, page_id):
        response = filled.call("GET", f"/api/v2/pages/{page_id}")

        assert response.status_code == 400
        assert response.get_json()["code"] == "invalid_request"

    def test_a_blog_post_is_no_page(self, filled):
        post_id = the_id(filled, a_blog_post())

        assert filled.product(f"/blogposts/{post_id}")["title"] == "Post 300"
        assert filled.call("GET", f"/api/v2/pages/{post_id}").status_code == 404
        assert "parentId" not in filled.product(f"/blogposts/{post_id}")

    @pytest.mark.parametrize(
        ("path", "found"),
        [
            ("/pages", ["Home", "Page 201"]),
            ("/pages?title=HOME", ["Home"]),
            ("/pages?title=Hom", []),
            ("/pages?space-id=98306", ["Home", "Page 201"]),
            ("/pages?space-id=1", []),
            ("/pages?id=98308", ["Page 201"]),
            ("/pages?status=current", ["Home", "Page 201"]),
            ("/pages?status=archived", []),
            ("/pages?sort=-title", ["Page 201", "Home"]),
            ("/spaces/98306/pages", ["Home", "Page 201"]),
            ("/spaces/98306/pages?depth=root", ["Home"]),
            ("/spaces/98306/blogposts", ["Post 300"]),
            ("/blogposts", ["Post 300"]),
            ("/blogposts?title=Post 300", ["Post 300"]),
            ("/pages/98307/children", ["Page 201"]),
            ("/pages/98308/children", []),
        ],
    )
    def test_lists_and_filters(self, filled, path, found):
        assert titles(filled.product(path)) == found

    @pytest.mark.parametrize(
        "path",
        [
            "/spaces/1/pages", "/spaces/98307/pages", "/pages/1/children", "/pages/1/labels",
            "/blogposts/98307/labels", "/pages/1/attachments", "/pages/1/footer-comments",
            "/footer-comments/1", "/footer-comments/1/children", "/attachments/1",
        ],
    )  # fmt: skip
    def test_lists_of_what_is_not_there_are_not_found(self, filled, path):
        assert filled.call("GET", f"/api/v2{path}").status_code == 404

    def test_children_come_in_the_order_of_the_tree(self, demo):
        demo.must_send(
            a_page(1),
            a_page(2, parent="page/1", position=None),
            a_page(3, parent="page/1", position=20),
            a_page(4, parent="page/1", position=-3),
        )

        children = demo.product("/pages/98307/children")["results"]

        assert [child["childPosition"] for child in children] == [-3, 20, None]
        assert set(children[0]) == {"id", "status", "title", "spaceId", "childPosition"}


class TestPaging:
    @pytest.fixture
    def many(self, demo):
        demo.must_send(
            *(a_page(n, title=f"T{n:02}", createdAt=None if n % 3 else WRITTEN) for n in range(30))
        )
        return demo

    def walk(self, site, path):
        """Return the titles of every page of a list, following its links as clients do."""
        found, rounds = [], 0
        while path:
            response = site.client.get(path, headers={"Authorization": "JWT acme/reader-app"})
            answer = response.get_json()
            assert answer["_links"]["base"] == BASE
            found += titles(answer)
            path = answer["_links"].get("next")
            header = f'<{path}>; rel="next"' if path else 'rel="base"'
            assert header in response.headers["Link"]
            rounds += 1
        return found, rounds

    @pytest.mark.parametrize(
        "sort", ["id", "-id", "title", "-title", "created-date", "-created-date", "modified-date"]
    )
    @pytest.mark.parametrize("limit", [1, 7, 30])
    def test_every_row_comes_exactly_once_in_any_order(self, many, sort, limit):
        path = f"/sites/acme/wiki/api/v2/spaces/98306/pages?limit={limit}&sort={sort}"

        found, rounds = self.walk(many, path)

        assert sorted(found) == [f"T{n:02}" for n in range(30)]
        assert rounds == -(-30 // limit)
        if sort in {"id", "title"}:
            assert found == sorted(found)

    def test_twenty_five_come_unless_asked_otherwise(self, many):
        assert len(many.product("/pages")["results"]) == 25

    def test_rows_that_come_meanwhile_hide_none(self, many):
        first = many.product("/pages?limit=10&sort=-title")
        many.must_send(a_page(99, title="T99"))

        second = many.client.get(
            first["_links"]["next"], headers={"Authorization": "JWT acme/reader-app"}
        ).get_json()

        assert titles(second)[0] == "T19"

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=251",
            "limit=x",
            "cursor=x",
            "cursor=bnVsbA",
            "cursor=WyJ0aXRsZSIsICJ4IiwgMV0",
            "cursor=WyJpZCIsInh4IiwxXQ",
            "sort=secret",
            "space-id=x",
            "id=" + ",".join(map(str, range(300))),
            "body-format=editor",
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(self, many, query):
        response = many.call("GET", f"/api/v2/pages?{query}")

        assert response.status_code == 400
        assert response.get_json()["code"] == "invalid_request"
        assert query.partition("=")[0] in response.get_json()["message"]

    def test_a_cursor_fits_only_the_order_it_was_made_in(self, many):
        cursor = many.product("/pages?limit=1")["_links"]["next"].partition("cursor=")[2]

        response = many.call("GET", f"/api/v2/pages?sort=title&cursor={cursor}")

        assert response.status_code == 400


class TestComments:
    @pytest.fixture
    def discussed(self, demo):
        inline = {
            "markerRef": "ref-1",
            "selection": "these words",
            "resolved": False,
            "resolvedBy": None,
            "resolvedAt": None,
        }
        demo.must_send(
            a_page(),
            a_blog_post(),
            a_comment(1),
            a_comment(2, parent="comment/1", createdAt=LATER),
            a_comment(3, inline=inline),
            a_comment(4, parent="comment/3"),
            a_comment(5, container="blogPost/300"),
            a_comment(6, inline=an_anchor(resolved=True)),
        )
        return demo

    def test_a_footer_comment_has_clouds_fields(self, discussed):
        [ada] = discussed.must_send(a_user())

        [comment] = discussed.product("/pages/98307/footer-comments?body-format=storage")["results"]

        assert comment == {
            "id": "98309",
            "status": "current",
            "title": "Re: Page 200",
            "pageId": "98307",
            "version": {
                "number": 1,
                "message": "",
                "minorEdit": False,
                "authorId": ada,
                "createdAt": WRITTEN,
            },
            "body": {"storage": {"representation": "storage", "value": "<p>Comment 1</p>"}},
            "_links": {
                "webui": "/spaces/DEMO/pages/98307/Page+200?focusedCommentId=98309#comment-98309"
            },
        }

    def test_answers_are_below_their_comment(self, discussed):
        [answer] = discussed.product("/footer-comments/98309/children")["results"]

        assert (answer["id"], answer["parentCommentId"]) == ("98310", "98309")
        assert discussed.product("/footer-comments/98310")["parentCommentId"] == "98309"

    def test_inline_comments_say_what_they_are_tied_to(self, discussed):
        opened, resolved = discussed.product("/pages/98307/inline-comments")["results"]

        assert opened["resolutionStatus"] == "open"
        assert resolved["resolutionStatus"] == "resolved"
        assert opened["properties"] == {
            "inlineMarkerRef": "ref-1",
            "inlineOriginalSelection": "these words",
            "inline-marker-ref": "ref-1",
            "inline-original-selection": "these words",
        }

    def test_the_two_sorts_are_kept_apart_also_below(self, discussed):
        [answer] = discussed.product("/inline-comments/98311/children")["results"]

        assert answer["id"] == "98312"
        assert discussed.call("GET", "/api/v2/footer-comments/98311").status_code == 404
        assert discussed.call("GET", "/api/v2/inline-comments/98309").status_code == 404
        assert discussed.call("GET", "/api/v2/footer-comments/98312").status_code == 404

    def test_blog_posts_have_their_own(self, discussed):
        [comment] = discussed.product("/blogposts/98308/footer-comments")["results"]

        assert comment["blogPostId"] == "98308"
        assert "pageId" not in comment
        assert discussed.product("/blogposts/98308/inline-comments")["results"] == []
        assert discussed.call("GET", "/api/v2/pages/98308/footer-comments").status_code == 404


class TestAttachmentsLabelsAndUsers:
    def test_an_attachment_has_clouds_fields(self, filled):
        [ada] = filled.must_send(a_user())
        number = the_id(filled, an_attachment())

        listed = filled.product("/pages/98307/attachments")["results"]
        one = filled.product(f"/attachments/att{number}")

        link = f"/download/attachments/98307/file-500.txt?version=1&id=att{number}"
        assert one == {
            "id": f"att{number}",
            "status": "current",
            "title": "file-500.txt",
            "createdAt": WRITTEN,
            "pageId": "98307",
            "mediaType": "text/plain",
            "mediaTypeDescription": "text/plain",
            "comment": "",
            "fileId": one["fileId"],
            "fileSize": 5,
            "webuiLink": link,
            "downloadLink": link,
            "version": {
                "number": 1,
                "message": "",
                "minorEdit": False,
                "authorId": ada,
                "createdAt": WRITTEN,
            },
            "_links": {"webui": link, "download": link, "base": BASE},
        }
        assert listed == [one | {"_links": {"webui": link, "download": link}}]
        assert filled.product(f"/attachments/{number}") == one

    def test_attachments_can_be_looked_for(self, filled):
        assert filled.product("/pages/98307/attachments?filename=x")["results"] == []
        assert len(filled.product("/pages/98307/attachments?mediaType=text/plain")["results"]) == 1
        assert filled.product("/pages/98307/attachments?mediaType=image/png")["results"] == []

    def test_labels_of_pages_and_blog_posts(self, filled):
        filled.must_send(
            a_label(601, container="blogPost/300"), a_label(602, prefix="my", name="mine")
        )

        labels = filled.product("/pages/98307/labels")["results"]
        assert [(label["name"], label["prefix"]) for label in labels] == [
            ("label-600", "global"),
            ("mine", "my"),
        ]
        assert [*filled.product("/pages/98307/labels?prefix=my")["results"]] == labels[1:]
        assert len(filled.product("/blogposts/98309/labels")["results"]) == 1

    def test_users_are_looked_up_in_bulk(self, filled):
        [ada] = filled.must_send(a_user())
        body = {"accountIds": [ada, "712020:unknown", ada]}

        as_admin = filled.call("POST", "/api/v2/users-bulk", json=body).get_json()
        as_app = filled.call(
            "POST",
            "/api/v2/users-bulk",
            json=body,
            headers={"Authorization": "JWT acme/reader-app"},
        ).get_json()

        assert as_admin["results"] == [
            {
                "accountId": ada,
                "accountType": "atlassian",
                "accountStatus": "active",
                "email": "ada@example.com",
                "displayName": "Ada",
                "publicName": "Ada",
                "timeZone": None,
                "personalSpaceId": None,
                "isExternalCollaborator": False,
                "profilePicture": {"path": "/sites/-/person.svg", "isDefault": True},
            }
        ]
        assert as_app["results"] == [as_admin["results"][0] | {"email": ""}]

    @pytest.mark.parametrize("ids", [[], ["x"] * 251, [""], "x", None])
    def test_too_many_or_no_users_are_refused(self, filled, ids):
        response = filled.call("POST", "/api/v2/users-bulk", json={"accountIds": ids})

        assert response.status_code == 400


class TestWritingPages:
    def create(self, site, **fields):
        page = {
            "spaceId": "98306",
            "status": "current",
            "title": "New",
            "body": {"representation": "storage", "value": "<p>New</p>"},
        } | fields
        return site.call("POST", "/api/v2/pages", json=page)

    def update(self, site, page_id, number, **fields):
        page = {
            "id": page_id,
            "status": "current",
            "title": "Changed",
            "body": {"representation": "storage", "value": "<p>Changed</p>"},
            "version": {"number": number, "message": "macros rewritten"},
        } | fields
        return site.call("PUT", f"/api/v2/pages/{page_id}", json=page)

    def test_a_page_is_created_and_shown(self, filled):
        response = self.create(filled)

        page = response.get_json()
        assert response.status_code == 200
        assert page["body"]["storage"]["value"] == "<p>New</p>"
        assert page["version"]["number"] == 1
        assert page["createdAt"] == "2026-01-01T00:00:00.000Z"
        assert filled.product(f"/pages/{page['id']}?body-format=storage") == page

    def test_it_goes_below_the_home_page_unless_told_where(self, filled):
        assert self.create(filled).get_json()["parentId"] == "98307"
        assert self.create(filled, title="B", parentId="98308").get_json()["parentId"] == "98308"
        root = {"spaceId": "98306", "title": "C", "body": {"storage": {"value": "<p/>"}}}
        response = filled.call("POST", "/api/v2/pages?root-level=true", json=root)
        assert response.get_json()["parentId"] is None

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"spaceId": "1"}, "invalid_request"),
            ({"spaceId": "x"}, "invalid_request"),
            ({"parentId": "1"}, "invalid_request"),
            ({"parentId": "98309"}, "invalid_request"),
            ({"title": "HOME"}, "title_taken"),
            ({"title": ""}, "invalid_request"),
            ({"status": "draft"}, "invalid_request"),
            ({"body": {"representation": "atlas_doc_format", "value": "{}"}}, "invalid_request"),
            ({"body": "<p>x</p>"}, "invalid_request"),
        ],
    )
    def test_what_cannot_be_created_is_refused_and_changes_nothing(self, filled, fields, code):
        before = titles(filled.product("/pages"))

        response = self.create(filled, **fields)

        assert response.status_code == 400
        assert response.get_json()["code"] == code
        assert titles(filled.product("/pages")) == before

    def test_an_update_makes_the_next_version(self, filled):
        page = self.update(filled, "98308", 4).get_json()

        assert (page["title"], page["body"]["storage"]["value"]) == ("Changed", "<p>Changed</p>")
        assert page["version"]["number"] == 4
        assert page["version"]["message"] == "macros rewritten"
        assert page["authorId"] != page["version"]["authorId"]
        assert page["createdAt"] == WRITTEN
        assert page["parentId"] == "98307"

    @pytest.mark.parametrize("number", [1, 3, 5])
    def test_an_update_of_another_version_conflicts(self, filled, number):
        response = self.update(filled, "98308", number)

        assert response.status_code == 409
        assert response.get_json()["code"] == "version_conflict"
        assert "is at version 3" in response.get_json()["message"]
        assert filled.product("/pages/98308")["title"] == "Page 201"

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"id": "98307"}, 400),
            ({"title": "Home"}, 400),
            ({"spaceId": "98307"}, 400),
            ({"parentId": "98308"}, 400),
            ({"parentId": "1"}, 400),
            ({"version": {}}, 400),
            ({"status": "draft"}, 400),
        ],
    )
    def test_what_cannot_be_is_refused(self, filled, fields, status):
        assert self.update(filled, "98308", 4, **fields).status_code == status

    def test_a_page_moves_with_its_space_only_and_never_below_itself(self, filled):
        child = self.create(filled, parentId="98308").get_json()["id"]

        assert self.update(filled, "98308", 4, parentId=child).status_code == 400
        assert self.update(filled, child, 2, parentId="98307").get_json()["parentId"] == "98307"

    def test_a_page_that_is_not_there_cannot_be_updated(self, filled):
        assert self.update(filled, "1", 2).status_code == 404

    def test_a_body_larger_than_the_limit_is_refused(self, tmp_path):
        site = a_filled_site(tmp_path, batch_bytes=10_000)

        response = self.create(site, body={"representation": "storage", "value": "x" * 10_000})

        assert response.status_code == 413
        assert response.get_json()["code"] == "body_too_large"

    def test_the_version_before_is_kept(self, filled):
        self.update(filled, "98308", 4)

        assert filled.product("/pages/98308?version=4")["title"] == "Changed"
        assert filled.product("/pages/98308?version=3")["title"] == "Page 201"
        assert filled.call("GET", "/api/v2/pages/98308?version=2").status_code == 404
