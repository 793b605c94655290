"""Deleting what the source has no longer, and the trash."""

import json

import pytest

from support.site import (
    SOURCE,
    Site,
    a_comment,
    a_filled_site,
    a_label,
    a_page,
    an_attachment,
    edit_page,
)


def delete(site: Site, *keys, edited="leave", run="run-1"):
    answer = site.call(
        "DELETE",
        f"/portway/v1/sources/{SOURCE}/items",
        query_string={"run": run, "edited": edited},
        json={"sourceKeys": list(keys)},
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [(result["outcome"], result["code"]) for result in answer.get_json()["results"]]


def trash(site: Site):
    answer = site.call("GET", "/portway/v1/trash")
    return [json.loads(line)["sourceKey"] for line in answer.get_data().splitlines()]


DELETED = ("deleted", None)
NEVER = {"user", "space", "group"}


def test_what_is_deleted_is_gone_and_lies_in_the_trash(filled):
    keys = [key for key in filled.inventory() if key.partition("/")[0] not in NEVER]
    keys.sort(key=lambda key: key.startswith("page/2"), reverse=True)

    assert delete(filled, *keys) == [DELETED] * len(keys)

    assert set(trash(filled)) == set(keys)
    assert not set(keys) & filled.inventory().keys()
    assert filled.product("/blogposts")["results"] == []


def test_a_deletion_that_is_asked_again_is_answered_the_same_in_its_run(filled):
    delete(filled, "blogPost/300")

    assert delete(filled, "blogPost/300") == [DELETED]
    assert delete(filled, "blogPost/300", run="run-2") == [("unchanged", None)]
    assert delete(filled, "blogPost/999") == [("unchanged", None)]


def test_what_was_edited_here_is_left_unless_the_source_wins(filled):
    page_id = filled.inventory()["page/201"]["id"]
    edit_page(filled, page_id)

    assert delete(filled, "page/201") == [("skipped", "deleted_but_edited")]
    assert delete(filled, "page/201", edited="newer") == [("skipped", "deleted_but_edited")]
    assert delete(filled, "page/201", edited="source") == [DELETED]


def test_what_somebody_added_to_is_left_with_all_that_hangs_on_it(filled):
    filled.must_send(a_comment(401, container="page/201"), a_comment(402, container="page/201"))
    _lose_origin(filled, "comment/402")

    first = delete(filled, "page/201", "blogPost/300")
    then = delete(filled, "comment/401")

    assert first == [("skipped", "deleted_but_edited"), DELETED]
    assert then == [("skipped", "container_kept")]


def test_what_was_added_goes_too_where_the_source_wins(filled):
    filled.must_send(a_comment(401, container="page/201"), a_comment(402, container="page/201"))
    _lose_origin(filled, "comment/402")

    assert delete(filled, "page/201", "comment/401", edited="source") == [DELETED] * 2
    assert sorted(map(str, trash(filled))) == ["None", "comment/401", "page/201"]


def _lose_origin(site: Site, key: str) -> None:
    """Let a thing be one that somebody made here."""
    from sqlalchemy import delete as sql_delete

    from portway_cloud_site.bulk.tables import origins

    database = site.app.extensions["portway_cloud_site"].database
    with database.write() as connection:
        connection.execute(sql_delete(origins).where(origins.c.source_key == key))


def test_pages_below_a_deleted_one_move_up(demo):
    demo.must_send(
        a_page(200),
        a_page(201, parent="page/200"),
        a_page(202, parent="page/201"),
        a_page(203, parent="page/202"),
    )

    assert delete(demo, "page/201", "page/202") == [DELETED] * 2

    pages = {page["title"]: page for page in demo.product("/pages")["results"]}
    assert pages["Page 203"]["parentId"] == pages["Page 200"]["id"]


def test_answers_to_a_deleted_comment_move_up(filled):
    filled.must_send(a_comment(401, parent="comment/400"))

    assert delete(filled, "comment/400") == [DELETED]

    home = filled.inventory()["page/200"]["id"]
    comments = filled.product(f"/pages/{home}/footer-comments")["results"]
    assert [each["id"] for each in comments] == [filled.inventory()["comment/401"]["id"]]


def test_a_space_whose_home_is_deleted_has_none(filled):
    assert delete(filled, "page/200") == [DELETED]

    (space,) = filled.product("/spaces")["results"]
    assert space["homepageId"] is None


@pytest.mark.parametrize("key", ["user/ada", "space/100"])
def test_people_and_spaces_are_never_deleted(filled, key):
    assert delete(filled, key, edited="source") == [("skipped", "never_deleted")]


def test_what_was_joined_with_something_of_ours_is_not_the_sources_to_delete(filled):
    filled.must_send(a_label(601, name="label-600"))

    assert delete(filled, "label/601", edited="source") == [("skipped", "not_made_here")]


def test_a_kind_nobody_knows_fails_alone(filled):
    assert delete(filled, "wish/1", "blogPost/300") == [("failed", "invalid_item"), DELETED]


def test_what_comes_again_after_it_was_deleted_is_new(filled):
    before = filled.inventory()["page/201"]["id"]
    delete(filled, "page/201")

    (result,) = filled.send(a_page(201, parent="page/200"))

    assert result["outcome"] == "created"
    assert result["id"] != before
    assert filled.inventory()["page/201"]["id"] == result["id"]


def test_what_names_a_deleted_thing_finds_nothing(filled):
    delete(filled, "page/201")

    (result,) = filled.send(a_page(202, parent="page/201"))

    assert (result["outcome"], result["code"]) == ("failed", "reference_missing")


def test_a_deleted_title_is_free_again(filled):
    delete(filled, "page/201")

    (result,) = filled.send(a_page(202, title="Page 201"))

    assert result["outcome"] == "created"


def test_files_keep_their_bytes_until_the_trash_is_emptied(filled):
    def stored():
        return [path for path in filled.files.rglob("*") if path.is_file()]

    delete(filled, "attachment/500", "attachmentVersion/800")
    kept = stored()
    answer = filled.call("DELETE", "/portway/v1/trash")

    assert len(kept) == 2
    assert answer.get_json() == {"deleted": 2}
    assert (stored(), trash(filled)) == ([], [])


def test_the_trash_of_one_site_is_not_that_of_another(filled, tmp_path):
    (tmp_path / "other").mkdir()
    other = a_filled_site(tmp_path / "other")
    delete(filled, "blogPost/300")

    assert trash(other) == []


def test_a_file_that_is_still_to_come_is_not_wanted_once_deleted(demo):
    demo.must_send(a_page(), an_attachment())
    delete(demo, "attachment/500")

    answer = demo.send_file("attachment/500", b"hello")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "item_unknown")
