"""Who sees what: restrictions, space permissions, and one account's access explained."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.site import (
    SOURCE,
    a_blog_post,
    a_comment,
    a_group,
    a_like,
    a_membership,
    a_page,
    a_permission,
    a_property,
    a_restriction,
    a_site,
    a_space,
    a_user,
    a_version,
    an_attachment,
    an_attachment_version,
)

APP = {"Authorization": "JWT acme/reader-app"}
MOVING_APP = {"Authorization": "JWT acme/moving-app"}
PEOPLE = ("ada", "bob", "cyd", "dot")


@pytest.fixture
def space(site):
    """A site with four people, a group of two, and an open space with a small tree.

    Bob and Cyd are writers. Dot has no access to the product.
    """
    site.must_send(
        *(a_user(name, access=name != "dot") for name in PEOPLE),
        a_group("Writers"),
        a_membership("writers", "bob"),
        a_membership("writers", "cyd"),
        a_space(),
        a_page(200, home=True, title="Home"),
        a_page(201, parent="page/200", title="Below"),
        a_page(202, parent="page/201", title="Deeper"),
        a_page(203, parent="page/200", title="Beside"),
        a_blog_post(300, title="News"),
        *(a_permission(f"user/{name}") for name in PEOPLE),
        *(a_permission(f"user/{name}", "create page") for name in PEOPLE),
    )
    return site


def account(site, name):
    return site.inventory()[f"user/{name}"]["id"]


def id_of(site, key):
    return site.inventory()[key]["id"]


def seen_by(site, name, path="/pages"):
    """Return the titles somebody sees in a list."""
    who = name if name == "anonymous" else account(site, name)
    answer = site.product(path, query_string={"as-account": who, "limit": 250})
    return {result["title"] for result in answer["results"]}


def access(site, name, key):
    who = name if name == "anonymous" else account(site, name)
    query = {"account": who, "content": id_of(site, key)}
    return site.get("/portway/v1/access", query_string=query)


def may(site, name, key):
    answer = access(site, name, key)
    return answer["view"], answer["edit"]


EVERYTHING = {"Home", "Below", "Deeper", "Beside"}


def test_who_may_view_a_space_sees_its_pages(space):
    assert seen_by(space, "ada") == EVERYTHING
    assert seen_by(space, "anonymous") == set()


def test_a_space_without_permissions_is_closed_to_all_but_admins(space):
    space.must_send(a_space("NEW", 101), a_page(400, space="space/101", title="New"))

    assert "New" not in seen_by(space, "ada")
    assert "New" in {page["title"] for page in space.product("/pages")["results"]}
    keys = space.product("/spaces", query_string={"as-account": account(space, "ada")})
    assert [result["key"] for result in keys["results"]] == ["DEMO"]


def test_a_public_space_is_seen_by_everybody(space):
    space.must_send(a_permission("anonymous"))

    assert seen_by(space, "anonymous") == EVERYTHING
    assert may(space, "anonymous", "page/200") == (True, False)


def test_a_view_restriction_holds_for_the_page_and_for_all_below_it(space):
    space.must_send(a_restriction("ada", on="page/201"))

    assert seen_by(space, "ada") == EVERYTHING
    assert seen_by(space, "bob") == {"Home", "Beside"}
    assert may(space, "bob", "page/202") == (False, False)


def test_every_view_restriction_on_the_way_must_be_passed(space):
    space.must_send(
        a_restriction("ada", "bob", on="page/200"), a_restriction("bob", "cyd", on="page/201")
    )

    assert seen_by(space, "ada") == {"Home", "Beside"}
    assert seen_by(space, "bob") == EVERYTHING
    assert seen_by(space, "cyd") == set()


def test_several_sets_on_one_page_must_all_be_passed(space):
    second = a_restriction("bob", on="page/203", sourceKey="restriction/page/203/read/2")
    space.must_send(a_restriction("ada", "bob", on="page/203"), second)

    assert "Beside" not in seen_by(space, "ada")
    assert "Beside" in seen_by(space, "bob")


def test_people_and_groups_are_alternatives_in_one_set(space):
    space.must_send(a_restriction("ada", on="page/203", groups=["group/writers"]))

    assert all("Beside" in seen_by(space, name) for name in ("ada", "bob", "cyd"))
    steps = access(space, "bob", "page/203")["steps"]
    assert [s["through"] for s in steps if s["rule"] == "view_restriction"] == ["Writers"]


def test_an_edit_restriction_holds_for_its_page_only(space):
    space.must_send(a_restriction("ada", on="page/201", to="update"))

    assert may(space, "bob", "page/201") == (True, False)
    assert may(space, "bob", "page/202") == (True, True)
    assert may(space, "ada", "page/201") == (True, True)


def test_a_page_arrives_closed_and_opens_with_its_restriction(space):
    space.must_send(
        a_page(204, parent="page/200", title="Secret", restricted=True),
        a_page(205, parent="page/204", title="Below it"),
    )
    assert "Secret" not in seen_by(space, "ada") | seen_by(space, "bob")
    assert "Below it" not in seen_by(space, "ada")

    space.must_send(a_restriction("ada", on="page/204"))

    assert {"Secret", "Below it"} <= seen_by(space, "ada")
    assert "Secret" not in seen_by(space, "bob")


def test_a_restriction_lost_here_leaves_its_page_closed(space):
    space.must_send(
        a_page(204, title="Secret", restricted=True), a_restriction("ada", on="page/204")
    )
    with space.app.extensions["portway_cloud_site"].database.write() as connection:
        connection.exec_driver_sql("DELETE FROM wiki_restrictions")

    assert "Secret" not in seen_by(space, "ada")
    [step] = [s for s in access(space, "ada", "page/204")["steps"] if not s["passed"]]
    assert step["message"] == "No: “Secret” is closed until its restriction is here."


def test_somebody_who_is_not_here_keeps_a_page_closed_and_passes_once_here(space):
    restriction = a_restriction("eve", on="page/203", groups=["group/lost"])
    [result] = space.send(restriction)
    assert result["outcome"] == "created"
    assert all("Beside" not in seen_by(space, name) for name in PEOPLE)

    space.must_send(a_user("eve"), a_permission("user/eve"))
    [again] = space.send(restriction)

    assert again["outcome"] == "updated"
    assert "Beside" in seen_by(space, "eve")
    assert space.send(restriction)[0]["outcome"] == "unchanged"


def test_a_restriction_of_nobody_closes_a_page_to_all_but_admins(space):
    space.must_send(a_restriction(on="page/203"))

    assert all("Beside" not in seen_by(space, name) for name in PEOPLE)
    assert space.product(f"/pages/{id_of(space, 'page/203')}")["title"] == "Beside"


def test_without_access_to_the_product_nothing_is_seen(space):
    assert seen_by(space, "dot") == set()
    assert access(space, "dot", "page/200")["steps"][0]["message"].startswith("No: ")


def test_what_hangs_on_a_page_is_as_closed_as_the_page(space):
    space.must_send(
        a_comment(400, container="page/203"),
        an_attachment(500, container="page/203"),
        an_attachment(501, container="comment/400"),
        an_attachment_version(800),
        a_version(700, of="page/203"),
        a_property("color", "page/203"),
        a_like("ada", "page/203"),
        a_restriction("ada", on="page/203"),
    )
    for key in ("attachment/500", "attachment/501"):
        assert space.send_file(key, b"hello").status_code == 201
    assert space.send_file("attachmentVersion/800", b"hell").status_code == 201
    page = id_of(space, "page/203")
    paths = [
        f"/api/v2/pages/{page}",
        *(
            f"/api/v2/pages/{page}/{part}"
            for part in (
                "children", "footer-comments", "attachments", "labels", "versions", "versions/1",
                "properties", "likes/count", "likes/users",
            )
        ),
        f"/api/v2/footer-comments/{id_of(space, 'comment/400')}",
        f"/api/v2/footer-comments/{id_of(space, 'comment/400')}/children",
        *(f"/api/v2/attachments/{id_of(space, key)}" for key in ("attachment/500",)),
        f"/api/v2/attachments/{id_of(space, 'attachment/500')}/versions",
        f"/download/attachments/{page}/file-500.txt",
        f"/download/attachments/{page}/file-500.txt?version=1",
        f"/download/attachments/{id_of(space, 'comment/400')}/file-501.txt",
    ]  # fmt: skip

    for path, (name, status) in product(paths, (("ada", 200), ("bob", 404))):
        mark = "&" if "?" in path else "?"
        response = space.call("GET", f"{path}{mark}as-account={account(space, name)}")
        assert response.status_code == status, (path, name)


def test_an_app_reads_what_is_restricted_only_while_its_migration_runs(space):
    space.must_send(a_restriction("ada", on="page/201"))

    def titles(headers):
        return {page["title"] for page in space.product("/pages", headers=headers)["results"]}

    assert titles(APP) == {"Home", "Beside"}
    assert titles(MOVING_APP) == EVERYTHING


def test_an_app_cannot_write_what_it_cannot_see(space):
    space.must_send(a_restriction("ada", on="page/203"))
    page = id_of(space, "page/203")
    body = {
        "id": page,
        "status": "current",
        "title": "Mine",
        "body": {"representation": "storage", "value": "<p/>"},
        "version": {"number": 4},
    }

    response = space.call(
        "PUT",
        f"/api/v2/pages/{page}",
        json=body,
        headers={"Authorization": "JWT acme/writer-app"},
    )

    assert response.status_code == 404


def test_only_admins_look_as_somebody_else(space):
    space.must_send(a_restriction("ada", on="page/203"))

    answer = space.product(
        "/pages", query_string={"as-account": account(space, "ada")}, headers=APP
    )

    assert "Beside" not in {page["title"] for page in answer["results"]}


@pytest.mark.parametrize("query", [{"account": "nobody", "content": "1"}, {"account": "x"}, {}])
def test_access_of_nobody_is_refused(space, query):
    response = space.call("GET", "/portway/v1/access", query_string=query)

    assert response.status_code == 400


def test_access_to_nothing_is_not_found(space):
    query = {"account": account(space, "ada"), "content": "1"}

    assert space.call("GET", "/portway/v1/access", query_string=query).status_code == 404


class TestSpacePermissions:
    def test_they_are_read_in_clouds_form(self, space):
        space_id = id_of(space, "space/100")
        space.must_send(a_permission("group/writers", "delete page"), a_permission("anonymous"))

        results = space.product(f"/spaces/{space_id}/permissions")["results"]

        assert results[0]["principal"] == {"type": "user", "id": account(space, "ada")}
        assert results[0]["operation"] == {"key": "read", "targetType": "space"}
        assert results[-2]["principal"]["type"] == "group"
        assert results[-1]["principal"] == {"type": "anonymous", "id": "anonymous"}

    def test_one_of_a_group_that_is_not_here_is_passed_over_with_a_code(self, space):
        [result] = space.send(a_permission("group/lost"))

        assert (result["outcome"], result["code"]) == ("skipped", "subject_missing")

    def test_two_keys_that_are_one_account_hold_it_once(self, space):
        space.must_send(a_user("ada2", email="ada@example.com"))
        [result] = space.send(a_permission("user/ada2"))

        assert result["outcome"] == "merged"
        assert "spacePermission/100/user/ada2/read:space" in space.inventory(SOURCE)


SETS = st.lists(st.sampled_from(PEOPLE[:3]), max_size=2, unique=True)


@settings(max_examples=25, deadline=None)
@given(
    parents=st.lists(st.integers(0, 5), min_size=5, max_size=5),
    restricted=st.dictionaries(st.integers(0, 5), SETS, max_size=4),
    groups=st.sets(st.integers(0, 5)),
)
def test_lists_show_exactly_what_the_explanation_allows(
    tmp_path_factory, parents, restricted, groups
):
    """The lists are limited by a query, the explanation is worked out step by step."""
    site = a_site(tmp_path_factory.mktemp("site"))
    site.must_send(
        *(a_user(name) for name in PEOPLE[:3]),
        a_group("Writers"),
        a_membership("writers", "bob"),
        a_space(),
        a_permission("group/writers"),
        a_permission("user/ada"),
        a_page(200),
        *(a_page(200 + n, parent=f"page/{200 + min(p, n - 1)}") for n, p in enumerate(parents, 1)),
        *(
            a_restriction(
                *users, on=f"page/{200 + n}", groups=["group/writers"] if n in groups else []
            )
            for n, users in restricted.items()
        ),
    )

    for name in (*PEOPLE[:3], "anonymous"):
        allowed = {f"Page {200 + n}" for n in range(6) if may(site, name, f"page/{200 + n}")[0]}
        assert seen_by(site, name) == allowed
