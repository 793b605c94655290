"""What becomes of each item: created, merged, unchanged, updated, skipped or failed."""

import json

import pytest

from portway_service.item_digest import item_digest
from support.site import (
    LATER,
    SOURCE,
    WRITTEN,
    a_blog_post,
    a_comment,
    a_label,
    a_page,
    a_site,
    a_space,
    a_user,
    an_attachment,
)

ONE_OF_EACH = (
    a_user(),
    a_space(),
    a_page(),
    a_blog_post(),
    a_comment(),
    an_attachment(),
    a_label(),
)


def outcomes(results):
    return [result["outcome"] for result in results]


def test_a_batch_is_answered_line_by_line_in_order(site):
    results = site.send(*ONE_OF_EACH)

    assert [result["sourceKey"] for result in results] == [
        item["sourceKey"] for item in ONE_OF_EACH
    ]
    assert outcomes(results) == ["created"] * 7
    assert [result["fileWanted"] for result in results] == [False] * 5 + [True, False]
    assert all(set(result) == set(results[0]) for result in results)


def test_sending_everything_again_changes_nothing(site):
    first = site.send(*ONE_OF_EACH)
    before = site.inventory()

    again = site.send(*ONE_OF_EACH)

    assert outcomes(again) == ["unchanged"] * 7
    assert [r["id"] for r in again] == [r["id"] for r in first]
    assert site.inventory() == before


def test_the_same_items_get_the_same_ids_on_every_site_of_that_name(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    first = a_site(tmp_path / "a").must_send(*ONE_OF_EACH)
    second = a_site(tmp_path / "b").must_send(*ONE_OF_EACH)

    assert first == second
    assert all(text.isdecimal() for text in first[1:])


def test_an_item_without_a_faulty_neighbour_is_taken_and_the_faulty_one_is_not(site):
    results = site.send(
        a_user(), a_space(), a_page(200, title=""), a_page(201), a_page(202, parent="page/200")
    )

    assert outcomes(results) == ["created", "created", "failed", "created", "failed"]
    assert [r["code"] for r in results[2:]] == ["invalid_item", None, "reference_missing"]
    assert results[2]["id"] is None
    assert "Title" not in results[2]["reason"]
    assert "title" in results[2]["reason"]
    assert "page/200" in results[4]["reason"]
    assert set(site.inventory()) == {"user/ada", "space/100", "page/201"}


def test_a_failed_item_uses_up_no_id(site):
    with_fault = site.send(a_user(), a_space(), a_page(1, space="space/9"), a_page(2))
    assert int(with_fault[3]["id"]) == int(with_fault[1]["id"]) + 1


@pytest.mark.parametrize(
    ("line", "key", "problem"),
    [
        (b"not json", None, "JSON"),
        (b"[]", None, ""),
        (b'{"kind":"widget","sourceKey":"widget/1"}', "widget/1", "kind"),
        (b'{"kind":"user","sourceKey":"user/x"}', "user/x", "email"),
        (b'{"kind":"user","sourceKey":7}', None, "sourceKey"),
    ],
)
def test_a_line_that_is_no_item_fails_alone(site, line, key, problem):
    body = json.dumps(a_user()).encode() + b"\n" + line
    response = site.call("POST", f"/portway/v1/sources/{SOURCE}/items", data=body)

    good, bad = response.get_json()["results"]
    assert good["outcome"] == "created"
    assert (bad["outcome"], bad["code"], bad["sourceKey"]) == ("failed", "invalid_item", key)
    assert problem in bad["reason"]


@pytest.mark.parametrize(
    "change",
    [
        {"sourceKey": "page/1"},
        {"email": "not an address"},
        {"surprise": 1},
        {"active": "perhaps"},
        {"displayName": "nul\u0000"},
        {"displayName": "x" * 1001},
    ],
)
def test_a_user_item_is_held_to_its_form(site, change):
    [result] = site.send(a_user() | change)

    assert (result["outcome"], result["code"]) == ("failed", "invalid_item")


@pytest.mark.parametrize(
    "change",
    [
        {"createdAt": "yesterday"},
        {"createdAt": "2024-04-22T13:35:21"},
        {"createdAt": 1_700_000_000},
        {"createdAt": "0001-01-01T00:00:00+23:59"},
        {"representation": "markdown"},
        {"version": -1},
        {"version": 2**31},
        {"position": 2**63},
        {"title": "x" * 256},
        {"space": "page/1"},
        {"parent": "blogPost/1"},
        {"author": "ada"},
        {"home": None},
    ],
)
def test_a_page_item_is_held_to_its_form(demo, change):
    [result] = demo.send(a_page() | change)

    assert (result["outcome"], result["code"]) == ("failed", "invalid_item")
    assert next(iter(change)) in result["reason"]


def test_nobody_need_be_known_as_the_author(demo):
    [page_id] = demo.must_send(a_page(author=None, lastAuthor=None, createdAt=None, updatedAt=None))

    page = demo.product(f"/pages/{page_id}")
    assert page["authorId"] is None
    assert page["createdAt"] is None
    assert page["version"]["authorId"] is None
    assert "Anonymous" in demo.page_html(f"/spaces/DEMO/pages/{page_id}")


def test_instants_are_kept_to_the_millisecond_whatever_zone_they_come_in(demo):
    [page_id] = demo.must_send(a_page(createdAt="2024-04-22T15:35:21.700999+02:00"))

    assert demo.product(f"/pages/{page_id}")["createdAt"] == WRITTEN


def test_an_item_twice_in_a_batch_is_the_same_item(demo):
    results = demo.send(a_page(), a_page(), a_page(title="Renamed"))

    assert outcomes(results) == ["created", "unchanged", "updated"]
    assert len({result["id"] for result in results}) == 1
    assert demo.product(f"/pages/{results[0]['id']}")["title"] == "Renamed"


class TestUpdates:
    """Sent before, changed at the source since."""

    def test_every_field_of_a_page_follows_its_source(self, demo):
        demo.must_send(a_user("bob"), a_page(200, title="Top"), a_page(201))
        changed = a_page(
            201,
            title="Other",
            parent="page/200",
            body="<p>New</p>",
            author="user/bob",
            lastAuthor=None,
            createdAt=LATER,
            updatedAt=WRITTEN,
            version=9,
            versionMessage="again",
            position=4,
            home=True,
        )

        [result] = demo.send(changed)

        page = demo.product(f"/pages/{result['id']}?body-format=storage")
        assert result["outcome"] == "updated"
        assert (page["title"], page["body"]["storage"]["value"]) == ("Other", "<p>New</p>")
        assert (page["version"]["number"], page["version"]["message"]) == (9, "again")
        assert demo.product("/spaces")["results"][0]["homepageId"] == result["id"]
        assert outcomes(demo.send(changed)) == ["unchanged"]

    @pytest.mark.parametrize(
        "change",
        [
            (0, {"displayName": "Ada L."}),
            (1, {"name": "Renamed", "key": "NEW"}),
            (3, {"title": "Another post"}),
            (4, {"body": "<p>Changed</p>", "inline": None, "version": 2}),
            (5, {"title": "renamed.txt"}),
        ],
    )
    def test_each_kind_can_change(self, filled, change):
        number, fields = change
        item = (*ONE_OF_EACH,)[number] | fields
        filled.send(*ONE_OF_EACH[: number + 1])

        [result] = filled.send(item)

        assert result["outcome"] in {"updated", "unchanged"}
        assert filled.send(item)[0]["outcome"] == "unchanged"

    def test_a_page_edited_here_is_left_and_said_so(self, demo):
        [page_id] = demo.must_send(a_page())
        self.edit_here(demo, page_id)

        [result] = demo.send(a_page(body="<p>From the source again</p>"))

        assert (result["outcome"], result["code"]) == ("skipped", "destination_edited")
        assert result["id"] == page_id
        page = demo.product(f"/pages/{page_id}?body-format=storage")
        assert page["body"]["storage"]["value"] == "<p>Edited here</p>"

    def test_a_page_edited_here_only_is_unchanged_and_listed_as_edited(self, demo):
        [page_id] = demo.must_send(a_page())
        self.edit_here(demo, page_id)

        [result] = demo.send(a_page())

        assert result["outcome"] == "unchanged"
        assert demo.inventory()["page/200"]["editedHere"] is True

    def edit_here(self, site, page_id):
        edit = {
            "id": page_id,
            "status": "current",
            "title": "Page 200",
            "body": {"representation": "storage", "value": "<p>Edited here</p>"},
            "version": {"number": 4},
        }
        assert site.call("PUT", f"/api/v2/pages/{page_id}", json=edit).status_code == 200

    def test_a_page_cannot_come_to_lie_below_itself(self, demo):
        demo.must_send(a_page(1), a_page(2, parent="page/1"), a_page(3, parent="page/2"))

        results = demo.send(a_page(1, parent="page/3"), a_page(2, parent="page/2"))

        assert [r["code"] for r in results] == ["invalid_item", "invalid_item"]
        assert demo.send(a_page(3, parent="page/1"))[0]["outcome"] == "updated"

    def test_two_pages_cannot_be_put_below_each_other_in_one_batch(self, demo):
        demo.must_send(a_page(1), a_page(2))

        results = demo.send(a_page(1, parent="page/2"), a_page(2, parent="page/1"))

        assert outcomes(results) == ["updated", "failed"]

    def test_a_home_page_that_is_none_any_more_gives_the_place_up(self, demo):
        demo.must_send(a_page(1, home=True), a_page(2))
        demo.must_send(a_page(1, home=False))

        assert demo.product("/spaces")["results"][0]["homepageId"] is None
        assert demo.inventory()["space/100"]["editedHere"] is False

    def test_a_comment_keeps_its_place(self, demo):
        demo.must_send(a_page(), a_comment(1), a_comment(2))

        [result] = demo.send(a_comment(2, parent="comment/1"))

        assert result["code"] == "invalid_item"

    def test_a_label_item_is_another_item_when_it_changes(self, demo):
        demo.must_send(a_page(), a_label())

        [result] = demo.send(a_label(name="other"))

        assert result["code"] == "invalid_item"


class TestTakenNames:
    """Space keys are unique in a site, titles of pages in a space: whatever their case."""

    @pytest.mark.parametrize("key", ["DEMO", "demo", "ＤＥＭＯ"])
    def test_a_space_key_is_taken_in_any_case(self, demo, key):
        [result] = demo.send(a_space(key, 101))

        assert (result["outcome"], result["code"]) == ("failed", "space_key_taken")

    def test_an_archived_space_holds_its_key(self, demo):
        demo.must_send(a_space("OLD", 101, status="archived"))

        assert demo.send(a_space("old", 102))[0]["code"] == "space_key_taken"

    def test_another_sources_space_holds_its_key(self, demo):
        demo.must_send(a_user("eve"), source="server-2")

        [result] = demo.send(a_space("DEMO", 1, author="user/eve"), source="server-2")

        assert result["code"] == "space_key_taken"

    @pytest.mark.parametrize("title", ["Straße", "STRASSE", "strasse"])
    def test_a_title_is_taken_in_any_case(self, demo, title):
        demo.must_send(a_page(200, title="strasse"))

        [result] = demo.send(a_page(201, title=title))

        assert (result["outcome"], result["code"]) == ("failed", "title_taken")

    def test_the_same_title_is_free_in_another_space_and_for_blog_posts(self, demo):
        demo.must_send(
            a_space("TWO", 101),
            a_page(1, title="Plan"),
            a_page(2, title="Plan", space="space/101"),
            a_blog_post(3, title="Plan"),
            a_blog_post(4, title="Plan"),
        )

    def test_a_title_given_up_is_free_in_the_same_batch(self, demo):
        demo.must_send(a_page(1, title="Plan"))

        results = demo.send(a_page(1, title="Old plan"), a_page(2, title="Plan"))

        assert outcomes(results) == ["updated", "created"]

    def test_an_item_keeps_its_own_name_in_another_case(self, demo):
        demo.must_send(a_page(1, title="plan"))

        results = demo.send(a_page(1, title="Plan"), a_space("demo"))

        assert outcomes(results) == ["updated", "updated"]


class TestReferences:
    """What an item refers to is here, and fits."""

    @pytest.mark.parametrize(
        ("item", "reference"),
        [
            (a_space("X", 7, author="user/nobody"), "user/nobody"),
            (a_page(7, space="space/9"), "space/9"),
            (a_page(7, parent="page/9"), "page/9"),
            (a_page(7, lastAuthor="user/nobody"), "user/nobody"),
            (a_comment(7, container="page/9"), "page/9"),
            (a_comment(7, parent="comment/9"), "comment/9"),
            (an_attachment(7, container="comment/9"), "comment/9"),
            (a_label(7, container="blogPost/9"), "blogPost/9"),
        ],
    )
    def test_a_missing_one_is_named(self, demo, item, reference):
        demo.must_send(a_page())

        [result] = demo.send(item)

        assert (result["outcome"], result["code"]) == ("failed", "reference_missing")
        assert reference in result["reason"]

    def test_an_item_may_refer_to_one_above_it_but_not_below(self, demo):
        assert outcomes(demo.send(a_page(1), a_page(2, parent="page/1"))) == ["created"] * 2
        assert outcomes(demo.send(a_page(4, parent="page/3"), a_page(3))) == ["failed", "created"]

    def test_what_failed_comes_in_once_its_reference_is_there(self, demo):
        demo.send(a_page(4, parent="page/3"), a_page(3))

        assert outcomes(demo.send(a_page(4, parent="page/3"))) == ["created"]

    def test_a_parent_is_in_the_same_space_and_an_answer_on_the_same_page(self, demo):
        demo.must_send(a_space("TWO", 101), a_page(1), a_page(2, space="space/101"), a_page(3))
        demo.must_send(a_comment(1, container="page/1"))

        results = demo.send(
            a_page(4, space="space/101", parent="page/1"),
            a_comment(2, container="page/3", parent="comment/1"),
        )

        assert [result["code"] for result in results] == ["invalid_item"] * 2

    def test_attachments_hang_on_spaces_and_comments_too_and_comments_on_attachments(self, demo):
        demo.must_send(
            a_page(),
            a_comment(1),
            an_attachment(1, container="space/100"),
            an_attachment(2, container="comment/1"),
            a_comment(2, container="attachment/1"),
        )


class TestPeople:
    """An e-mail address is one person; without one, a key at a source is."""

    def test_a_user_joins_the_account_with_the_same_address(self, site):
        [first] = site.send(a_user("ada"))

        [second] = site.send(a_user("lovelace", email="ADA@Example.COM"), source="server-2")

        assert second["outcome"] == "merged"
        assert second["id"] == first["id"]
        [user] = self.look_up(site, first["id"])
        assert (user["displayName"], user["email"]) == ("Ada", "ada@example.com")

    def test_account_ids_follow_from_site_and_address(self, site):
        [account_id] = site.must_send(a_user("ada"))

        assert account_id == "712020:76b6b612-43fa-5421-bbee-638b5ce23726"

    def test_placeholders_stay_apart_also_across_sources(self, site):
        nobody = a_user("gone", email=None, placeholder=True, active=False)

        ids = {
            *site.must_send(nobody, nobody | {"sourceKey": "user/left"}),
            *site.must_send(nobody, source="server-2"),
        }

        assert len(ids) == 3

    def test_what_two_keys_of_one_person_wrote_keeps_the_key_it_was_sent_with(self, site):
        twin = a_user("twin", email="ada@example.com")
        page = a_page(author="user/twin", lastAuthor="user/ada")
        site.must_send(a_user(), twin, a_space(), page)

        assert site.inventory()["page/200"]["digest"] == item_digest("page", page)

    def test_a_placeholder_that_turns_out_to_have_an_address_keeps_its_account(self, site):
        [account_id] = site.must_send(a_user("jo", email=None, placeholder=True, active=False))

        [result] = site.send(a_user("jo", displayName="Jo"))

        assert (result["outcome"], result["id"]) == ("updated", account_id)
        [user] = self.look_up(site, account_id)
        assert (user["displayName"], user["accountStatus"]) == ("Jo", "active")

    def test_two_accounts_are_not_joined_after_the_fact(self, site):
        site.must_send(a_user("ada"), a_user("bob"))

        [result] = site.send(a_user("bob", email="ada@example.com"))

        assert (result["outcome"], result["code"]) == ("failed", "email_taken")

    def test_a_joined_user_cannot_leave_the_account(self, site):
        site.must_send(a_user("ada"), a_user("twin", email="ada@example.com"))

        left, renamed = site.send(
            a_user("twin", email="twin@example.com"),
            a_user("twin", email="ada@example.com", displayName="Twin Two"),
        )

        assert (left["outcome"], left["code"]) == ("failed", "identity_changed")
        assert renamed["outcome"] == "merged"
        [user] = self.look_up(site, renamed["id"])
        assert user["displayName"] == "Ada"

    def test_an_address_given_up_makes_a_new_account_for_the_next_who_has_it(self, site):
        [first] = site.must_send(a_user("ada"))

        results = site.send(
            a_user("ada", email="lovelace@example.com"), a_user("new", email="ada@example.com")
        )

        assert outcomes(results) == ["updated", "created"]
        assert results[0]["id"] == first
        assert results[1]["id"] != first

    def look_up(self, site, *account_ids):
        body = {"accountIds": list(account_ids)}
        return site.call("POST", "/api/v2/users-bulk", json=body).get_json()["results"]


class TestLabels:
    """A label is one on a site; on one thing it is once."""

    def test_a_label_is_shared_by_all_that_have_it(self, demo):
        ids = demo.must_send(
            a_page(1),
            a_page(2),
            a_label(1, container="page/1", name="how-to"),
            a_label(2, container="page/2", name="how-to"),
        )

        assert ids[2] == ids[3]

    def test_a_second_item_for_the_same_label_joins_it(self, demo):
        demo.must_send(a_page())

        results = demo.send(a_label(1, name="x"), a_label(2, name="x"), a_label(3, name="X"))

        assert outcomes(results) == ["created", "merged", "created"]
        labels = demo.product("/pages/98307/labels")["results"]
        assert [label["name"] for label in labels] == ["x", "X"]
