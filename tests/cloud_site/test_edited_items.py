"""Items that changed at their source and were edited here since: who wins."""

import json

import pytest

from support.site import LATER, SOURCE, Site, a_blog_post, a_page, edit_page

EVEN_LATER = "2030-01-01T00:00:00.000Z"


def send(site: Site, *items, edited, run="run-1"):
    answer = site.call(
        "POST",
        f"/portway/v1/sources/{SOURCE}/items",
        query_string={"run": run, "edited": edited},
        data=b"\n".join(json.dumps(item).encode() for item in items),
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["results"]


def body_of(site: Site, page_id: str) -> str:
    page = site.product(f"/pages/{page_id}", query_string={"body-format": "storage"})
    return page["body"]["storage"]["value"]


@pytest.fixture
def edited(demo):
    """A page that came from the source and was edited here; with its id."""
    (page_id,) = demo.must_send(a_page())
    edit_page(demo, page_id)
    return demo, page_id


def test_an_edit_here_is_left_unless_somebody_says_otherwise(edited):
    site, page_id = edited

    (result,) = send(site, a_page(body="<p>Theirs</p>"), edited="leave")

    assert (result["outcome"], result["code"]) == ("skipped", "destination_edited")
    assert body_of(site, page_id) == "<p>Ours</p>"


def test_the_source_wins_where_it_is_told_to(edited):
    site, page_id = edited

    (result,) = send(site, a_page(body="<p>Theirs</p>"), edited="source")
    (again,) = send(site, a_page(body="<p>Theirs</p>"), edited="source")

    assert (result["outcome"], again["outcome"]) == ("updated", "updated")
    assert body_of(site, page_id) == "<p>Theirs</p>"
    assert not site.inventory()["page/200"]["editedHere"]


@pytest.mark.parametrize(
    ("changed_at", "outcome"), [(LATER, "skipped"), (EVEN_LATER, "updated"), (None, "skipped")]
)
def test_the_newer_one_wins_where_that_is_asked(edited, changed_at, outcome):
    site, _ = edited

    (result,) = send(site, a_page(body="<p>Theirs</p>", updatedAt=changed_at), edited="newer")

    assert result["outcome"] == outcome


def test_what_did_not_change_at_its_source_stays_whoever_would_win(edited):
    site, page_id = edited

    for policy in ("newer", "source", "both"):
        (result,) = send(site, a_page(), edited=policy)
        assert result["outcome"] == "unchanged"
    assert body_of(site, page_id) == "<p>Ours</p>"


def test_both_are_kept_the_sources_beside_the_other_under_a_title_of_its_own(edited):
    site, page_id = edited

    (result,) = send(site, a_page(body="<p>Theirs</p>", version=4), edited="both")

    assert (result["outcome"], result["code"]) == ("skipped", "kept_both")
    assert result["id"] == page_id
    beside = result["beside"]
    assert (beside["sourceKey"], beside["outcome"]) == ("page/200~source", "created")
    assert beside["title"] == "Page 200 (source, version 4)"
    assert body_of(site, page_id) == "<p>Ours</p>"
    assert body_of(site, beside["id"]) == "<p>Theirs</p>"


def test_a_second_copy_is_never_made_and_the_first_follows_the_source(edited):
    site, _ = edited
    (first,) = send(site, a_page(body="<p>Four</p>", version=4), edited="both")
    (same,) = send(site, a_page(body="<p>Four</p>", version=4), edited="both", run="run-2")
    (later,) = send(site, a_page(body="<p>Five</p>", version=5), edited="both", run="run-3")

    assert same["beside"]["outcome"] == "unchanged"
    assert later["beside"]["outcome"] == "updated"
    assert first["beside"]["id"] == same["beside"]["id"] == later["beside"]["id"]
    assert body_of(site, later["beside"]["id"]) == "<p>Five</p>"


def test_a_copys_title_that_is_taken_gets_a_number(edited):
    site, _ = edited
    site.must_send(a_page(210, title="page 200 (SOURCE, version 4)"))

    (result,) = send(site, a_page(body="<p>Theirs</p>", version=4), edited="both")
    (again,) = send(site, a_page(body="<p>Theirs</p>", version=4), edited="both", run="run-2")

    assert result["beside"]["title"] == "Page 200 (source, 4.2)"
    assert (again["beside"]["outcome"], again["beside"]["id"]) == (
        "unchanged", result["beside"]["id"],
    )  # fmt: skip


def test_a_copy_that_was_edited_here_is_left(edited):
    site, _ = edited
    (first,) = send(site, a_page(body="<p>Four</p>", version=4), edited="both")
    edit_page(site, first["beside"]["id"], "<p>Merged</p>")

    (again,) = send(site, a_page(body="<p>Five</p>", version=4), edited="both", run="run-2")

    assert (again["beside"]["outcome"], again["beside"]["code"]) == (
        "skipped", "destination_edited",
    )  # fmt: skip


def test_a_long_title_leaves_room_for_what_the_copys_says(demo):
    title = "x" * 255
    (page_id,) = demo.must_send(a_page(title=title))
    edit_page(demo, page_id)

    (result,) = send(demo, a_page(title=title, body="<p>Theirs</p>"), edited="both")

    assert len(result["beside"]["title"]) == 255
    assert result["beside"]["title"].endswith(" (source, version 3)")


def test_a_homes_copy_is_no_home(demo):
    (page_id,) = demo.must_send(a_page(home=True))
    edit_page(demo, page_id)

    send(demo, a_page(home=True, body="<p>Theirs</p>"), edited="both")

    (space,) = demo.product("/spaces")["results"]
    assert space["homepageId"] == page_id


def test_the_other_lines_of_a_batch_take_no_notice(edited):
    site, _ = edited

    results = send(
        site,
        a_page(201, parent="page/200"),
        a_page(body="<p>Theirs</p>"),
        a_page(202, parent="page/201"),
        a_blog_post(),
        edited="both",
    )

    assert [result["outcome"] for result in results] == ["created", "skipped", "created", "created"]


def test_a_policy_nobody_knows_is_refused(demo):
    answer = demo.call(
        "POST",
        f"/portway/v1/sources/{SOURCE}/items",
        query_string={"edited": "sometimes"},
        data=b"",
    )

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")
