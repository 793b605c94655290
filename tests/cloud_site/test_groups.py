"""Groups and memberships: how they enter a site, and what its admin sees of them."""

import json

import pytest

from support.site import a_group, a_membership, a_user


@pytest.fixture
def writers(site):
    """A site with the group Writers, and Ada in it."""
    site.must_send(a_user(), a_group("Writers"), a_membership("writers"))
    return site


def groups_of(site, source="server-1"):
    answer = site.call("GET", f"/portway/v1/sources/{source}/groups").get_data(as_text=True)
    return [json.loads(line) for line in answer.splitlines()][:-1]


def test_a_group_of_the_same_name_from_elsewhere_is_not_joined_unasked(writers):
    [result] = writers.send(a_group("writers"), source="other")

    assert (result["outcome"], result["code"]) == ("failed", "group_name_taken")


def test_a_group_that_may_merge_joins_and_leaves_the_name_and_description(writers):
    [joined] = writers.send(a_group("WRITERS", description="New", merge=True), source="other")

    assert joined["outcome"] == "merged"
    assert [group["name"] for group in groups_of(writers)] == ["Writers"]


def test_groups_say_which_source_they_stand_for(writers):
    [ours], [theirs] = groups_of(writers), groups_of(writers, "other")

    assert (ours["sourceKey"], ours["members"]) == ("group/writers", 1)
    assert theirs["sourceKey"] is None


def test_a_group_keeps_its_id_when_its_name_changes_its_case(writers):
    before = groups_of(writers)[0]["id"]
    [result] = writers.send(a_group("writers", description="They write."))

    assert (result["outcome"], result["id"]) == ("updated", before)


def test_a_group_that_took_a_free_name_leaves_the_old_one_for_another(site):
    first, second = a_group("one"), a_group("two") | {"sourceKey": "group/new"}
    [one] = site.must_send(first)
    site.must_send(first | {"name": "uno"})
    [two] = site.must_send(second | {"name": "one"})

    assert one != two
    assert [group["name"] for group in groups_of(site)] == ["one", "uno"]


def test_a_membership_sent_again_changes_nothing(writers):
    [result] = writers.send(a_membership("writers"))

    assert result["outcome"] == "unchanged"


def test_a_membership_of_nobody_known_is_refused(writers):
    [result] = writers.send(a_membership("writers", "nobody"))

    assert (result["outcome"], result["code"]) == ("failed", "reference_missing")


def test_a_membership_that_is_there_is_joined(writers):
    writers.must_send(a_user(), a_group("Writers", merge=True), source="other")

    [result] = writers.send(a_membership("writers"), source="other")

    assert result["outcome"] == "merged"


def test_an_account_gains_access_but_never_loses_it(site):
    site.must_send(a_user("off", access=False))
    assert "No product access" in site.page_html("/people")

    site.must_send(a_user("off", access=True))
    [again] = site.send(a_user("off", access=False))

    assert (again["outcome"], again["code"]) == ("updated", "access_kept")
    assert "No product access" not in site.page_html("/people")


def test_an_account_that_came_from_elsewhere_gains_access_too(site):
    site.must_send(a_user("ada", access=False))

    [joined] = site.send(a_user("twin", email="ada@example.com"), source="other")

    assert joined["outcome"] == "merged"
    assert "No product access" not in site.page_html("/people")
    assert site.inventory()["user/ada"]["editedHere"] is False


def test_an_account_with_an_address_is_never_made_nameless(site):
    [account_id] = site.must_send(a_user("ada"))

    [result] = site.send(a_user("ada", email=None, placeholder=True, access=False, active=False))

    assert (result["outcome"], result["code"], result["id"]) == (
        "unchanged", "address_kept", account_id,
    )  # fmt: skip
    assert "ada@example.com" in site.page_html("/people")


def test_the_pages_show_groups_and_who_is_in_them(writers):
    [group] = groups_of(writers)

    assert "Writers" in writers.page_html("/groups")
    html = writers.page_html(f"/groups/{group['id']}")
    assert "Ada" in html
    assert "ada@example.com" in html


def test_lists_of_people_are_shown_some_at_a_time(site):
    site.must_send(*(a_user(f"person{number:03}") for number in range(101)))

    html = site.page_html("/people")

    assert "Person099" in html
    assert "Person100" not in html
    following = html.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert "Person100" in site.page_html(following.partition("/wiki")[2])
