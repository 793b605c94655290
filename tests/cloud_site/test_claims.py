"""Claims of placeholders: what becomes of everything they had."""

import json

import pytest
from sqlalchemy import BigInteger, text

from portway_cloud_site import schema
from portway_cloud_site.people.joining import PERSON_COLUMNS
from portway_service.item_digest import item_digest
from support.site import (
    SOURCE,
    a_comment,
    a_group,
    a_membership,
    a_page,
    a_space,
    a_user,
)

LOST = a_user("lost", email=None, displayName="Lost", placeholder=True, access=False, active=False)
PAGE = a_page(author="user/lost", lastAuthor="user/lost")


def claim(site, source_key="user/lost", email="ann@example.com", code=None, **more):
    body = {"sourceKey": source_key, "email": email} | more
    answer = site.call("POST", f"/portway/v1/sources/{SOURCE}/claims", json=body)
    assert (answer.status_code == 200) == (code is None), answer.get_data(as_text=True)
    if code is not None:
        assert answer.get_json()["code"] == code
    return answer.get_json()


def placeholders(site):
    lines = site.call("GET", f"/portway/v1/sources/{SOURCE}/placeholders").get_data().splitlines()
    return [json.loads(line) for line in lines][:-1]


@pytest.fixture
def lost(site):
    """A site where a placeholder wrote a page."""
    site.must_send(a_user(), LOST, a_space(author="user/lost"), PAGE)
    return site


def test_placeholders_are_listed_with_what_they_wrote(lost):
    [one] = placeholders(lost)

    assert (one["sourceKey"], one["displayName"], one["written"]) == ("user/lost", "Lost", 1)


def test_a_placeholder_becomes_the_account_of_whoever_claims_it(lost):
    before = placeholders(lost)[0]["accountId"]

    claimed = claim(lost, displayName="Ann")

    assert claimed["accountId"] == claimed["formerAccountId"] == before
    assert claimed["joined"] is False
    html = lost.page_html("/people")
    assert "ann@example.com" in html
    assert "No product access" in html
    assert placeholders(lost) == []


def test_everything_goes_to_the_account_that_has_the_address(lost):
    [ann] = lost.must_send(a_user("ann"))
    lost.must_send(a_comment(author="user/lost", lastAuthor="user/lost"))
    former = placeholders(lost)[0]["accountId"]
    mention = f'<p><ac:link><ri:user ri:account-id="{former}" /></ac:link></p>'
    lost.must_send(a_page(250, title="Mention", body=mention))

    claimed = claim(lost)

    assert claimed == {
        "sourceKey": "user/lost", "accountId": ann, "formerAccountId": former, "joined": True,
    }  # fmt: skip
    pages = lost.product("/pages?body-format=storage")["results"]
    assert {page["authorId"] for page in pages if page["title"] == "Page 200"} == {ann}
    body = next(page["body"]["storage"]["value"] for page in pages if page["title"] == "Mention")
    assert ann in body
    assert former not in body
    assert "Lost" not in lost.page_html("/people")


def test_what_was_claimed_still_equals_what_its_source_sends(lost):
    lost.must_send(a_user("ann"), a_page(250, title="Hers", author="user/ann"))

    claim(lost)

    inventory = lost.inventory()
    assert inventory["page/200"]["digest"] == item_digest("page", PAGE)
    hers = a_page(250, title="Hers", author="user/ann")
    assert inventory["page/250"]["digest"] == item_digest("page", hers)
    assert inventory["user/lost"]["outcome"] == "claimed"
    assert inventory["user/lost"]["id"] == inventory["user/ann"]["id"]


@pytest.mark.parametrize("ann_is_here", [True, False])
def test_the_same_claim_again_changes_nothing(lost, ann_is_here):
    if ann_is_here:
        lost.must_send(a_user("ann"))

    assert claim(lost) == claim(lost)


def test_a_claim_is_made_once(lost):
    claim(lost)

    claim(lost, email="ben@example.com", code="placeholder_taken")


def test_only_placeholders_are_claimed(lost):
    lost.must_send(a_user("ann"))

    claim(lost, "user/ann", code="not_a_placeholder")
    claim(lost, "user/nobody", code="placeholder_unknown")


@pytest.mark.parametrize("ann_is_here", [True, False])
def test_a_later_run_does_not_undo_a_claim(lost, ann_is_here):
    if ann_is_here:
        lost.must_send(a_user("ann"))
    claim(lost)

    for item in (LOST, LOST | {"displayName": "Lost again"}):
        [result] = lost.send(item)
        assert (result["outcome"], result["code"]) == ("unchanged", "placeholder_claimed")
    assert "ann@example.com" in lost.page_html("/people")


@pytest.mark.parametrize("with_rights", [True, False])
def test_groups_are_given_over_only_when_asked(lost, with_rights):
    lost.must_send(a_user("ann"), a_group(), a_membership("writers", "lost"))

    claim(lost, withRights=with_rights)

    groups = lost.call("GET", f"/portway/v1/sources/{SOURCE}/groups").get_data().splitlines()
    assert json.loads(groups[0])["members"] == int(with_rights)
    [again] = lost.send(a_membership("writers", "lost"))
    assert (again["outcome"], again["code"]) == (
        ("unchanged", None) if with_rights else ("skipped", "placeholder_claimed")
    )


def test_a_group_both_are_in_is_there_once(lost):
    lost.must_send(a_user("ann"), a_group(), a_membership("writers", "lost"))
    lost.must_send(a_membership("writers", "ann"))

    claim(lost, withRights=True)

    assert [result["outcome"] for result in lost.send(
        a_membership("writers", "lost"), a_membership("writers", "ann")
    )] == ["unchanged", "unchanged"]  # fmt: skip


def test_a_placeholder_whose_address_is_trusted_later_becomes_an_account(lost):
    before = placeholders(lost)[0]["accountId"]

    [result] = lost.send(a_user("lost", email="ann@example.com"))

    assert (result["outcome"], result["id"]) == ("updated", before)
    assert placeholders(lost) == []


def test_a_placeholder_whose_address_somebody_has_by_then_is_joined(lost):
    [ann] = lost.must_send(a_user("ann"), source="other")

    [result] = lost.send(a_user("lost", email="ann@example.com"))

    assert (result["outcome"], result["id"]) == ("merged", ann)
    assert lost.product("/pages")["results"][0]["authorId"] == ann
    assert lost.inventory()["page/200"]["digest"] == item_digest("page", PAGE)
    [again] = lost.send(a_user("lost", email="ann@example.com"))
    assert again["outcome"] == "unchanged"


def test_two_placeholders_trusted_together_become_one_account(site):
    twins = [a_user(key, email=None, placeholder=True, access=False) for key in ("a", "b")]
    site.must_send(a_user(), *twins, a_space(), a_page(author="user/a", lastAuthor="user/b"))

    results = site.send(
        *(twin | {"email": "t@example.com", "placeholder": False} for twin in twins)
    )

    assert [result["outcome"] for result in results] == ["updated", "merged"]
    assert results[0]["id"] == results[1]["id"]
    expected = item_digest("page", a_page(author="user/a", lastAuthor="user/b"))
    assert site.inventory()["page/200"]["digest"] == expected


def test_every_column_that_may_name_an_account_is_known():
    """A new table whose accounts a claim would forget fails here: add its column."""
    others = {
        "site_id", "id", "group_id", "space_id", "container_id", "parent_id", "homepage_id",
        "label_id", "entity_id", "canonical_for", "position", "size_bytes", "next_id", "number",
        "content_id", "attachment_id", "restriction_id", "original_id",
    }  # fmt: skip
    unknown = {
        f"{table.name}.{column.name}"
        for table in schema.TABLES.values()
        for column in table.columns
        if type(column.type) is BigInteger
        and column.name not in others
        and column.name not in PERSON_COLUMNS
    }
    assert unknown == set()


def test_a_claim_is_the_admins_alone(lost):
    body = {"sourceKey": "user/lost", "email": "ann@example.com"}
    answer = lost.call("POST", f"/portway/v1/sources/{SOURCE}/claims", json=body, headers={})

    assert answer.status_code == 401
    with lost.app.extensions["portway_cloud_site"].database.read() as connection:
        assert connection.execute(text("SELECT count(email) FROM wiki_people")).scalar() == 1
