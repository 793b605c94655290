"""A newer export of what was moved before: what is new, what changed, what both changed, what is
gone."""

from functools import partial

import pytest

from support.exports import ExportBuilder, Ref, page_ref
from support.runs import CutAt, Place
from support.site_state import site_state


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


def an_export(*, without: tuple[int, ...] = (), changed: tuple[int, ...] = (), more: bool = False):
    """A space as it was, or as it is later."""
    builder = ExportBuilder()
    builder.space()
    builder.user("ann")
    builder.account("ann")
    for number in range(200, 206):
        if number in without:
            continue
        date = "2031-01-01 00:00:00.000" if number in changed else "2020-05-06 07:08:09.000"
        builder.page(
            f"Page {number}",
            object_id=number,
            body=f"<p>Text {number}{' anew' if number in changed else ''}</p>",
            parent=page_ref(200) if number > 200 and 200 not in without else None,
            version=2 if number in changed else 1,
            lastModificationDate=date,
        )
        builder.comment(page_ref(number), object_id=number + 100)
        builder.attachment(
            f"file-{number}.txt", page_ref(number), object_id=number + 200, data=b"%d" % number
        )
        builder.label(page_ref(number), f"label-{number}")
    if more:
        builder.page("Page 300", object_id=299, parent=page_ref(201))
    return builder


@pytest.fixture
def moved(place, tmp_path):
    """A place where the first export arrived."""
    assert place.run(an_export().write(tmp_path / "first.zip")).proof.complete
    return place


def later(tmp_path, **changes):
    return an_export(**changes).write(tmp_path / "later.zip")


def pages(place):
    return sorted(page["title"] for page in place.get("/sites/cloud/wiki/api/v2/pages")["results"])


def test_what_is_new_is_created_what_changed_updated_and_the_rest_left(moved, tmp_path):
    report = moved.run(later(tmp_path, changed=(201,), more=True))

    assert report.run.status == "FINISHED"
    assert report.counts["page"] == {"created": 1, "updated": 1, "unchanged": 5}
    assert moved.body_of("Page 201") == "<p>Text 201 anew</p>"
    assert report.proof.complete


def test_edits_at_the_destination_are_reported_whether_the_source_changed_or_not(moved, tmp_path):
    moved.edit_page("Page 201")
    moved.edit_page("Page 202")

    report = moved.run(later(tmp_path, changed=(201,)))

    assert (moved.body_of("Page 201"), moved.body_of("Page 202")) == ("<p>Ours</p>",) * 2
    assert report.proof.complete
    assert report.proof.edited == 2
    told = {d.source_key: d.explanation for d in report.proof.differences}
    assert "edited here too" in told["page/201"]
    assert told["page/202"] == "It was edited at the destination since it arrived there."


@pytest.mark.parametrize(
    ("policy", "body"),
    [("leave", "<p>Ours</p>"), ("newer", "<p>Text 201 anew</p>"),
     ("source", "<p>Text 201 anew</p>"), ("both", "<p>Ours</p>")],
)  # fmt: skip
def test_who_wins_where_both_changed_is_a_setting(moved, tmp_path, policy, body):
    moved.edit_page("Page 201")

    report = moved.run(later(tmp_path, changed=(201,)), edited=policy)

    assert moved.body_of("Page 201") == body
    assert report.run.status == "FINISHED"
    assert report.proof.complete


def test_where_both_are_kept_the_copy_is_accounted_for_and_proved(moved, tmp_path):
    moved.edit_page("Page 201")
    export = later(tmp_path, changed=(201,))

    first = moved.run(export, edited="both")
    second = moved.run(export, edited="both")

    assert first.counts["page"] == {"created": 1, "skipped": 1, "unchanged": 5}
    assert second.counts["page"] == {"unchanged": 6, "skipped": 1}
    assert moved.body_of("Page 201 (source, version 2)") == "<p>Text 201 anew</p>"
    assert "Page 201 (source, version 2)" in pages(moved)


def test_a_damaged_copy_is_named_by_the_proof(moved, tmp_path):
    import sqlite3

    moved.edit_page("Page 201")
    export = later(tmp_path, changed=(201,))
    moved.run(export, edited="both")
    with sqlite3.connect(moved.path / "site.db") as site:
        site.execute("UPDATE wiki_contents SET body = '' WHERE title LIKE '%(source%'")

    proof = moved.run(export, edited="both").proof

    assert [d.source_key for d in proof.differences if d.explanation is None] == ["page/201~source"]


def test_what_is_gone_at_the_source_stays_unless_its_deletion_is_asked_for(moved, tmp_path):
    report = moved.run(later(tmp_path, without=(203,)))

    assert "Page 203" in pages(moved)
    assert report.deleted == 0
    unexpected = {d.source_key for d in report.proof.differences}
    assert "page/203" in unexpected
    assert report.proof.complete


def test_deletions_go_with_all_that_hung_on_them_and_their_mappings(moved, tmp_path):
    report = moved.run(later(tmp_path, without=(203,)), deletions=True)

    assert report.run.status == "FINISHED"
    assert report.deleted == 4
    assert report.counts["page"] == {"unchanged": 5, "deleted": 1}
    assert "Page 203" not in pages(moved)
    mapped = moved.get(
        "/admin/v1/mappings", server="server", site="cloud", namespace="confluence:page"
    )["items"]
    assert "203" not in mapped
    assert report.proof.complete
    assert not report.proof.differences


def test_what_was_worked_on_here_is_not_deleted_unless_the_source_wins(moved, tmp_path):
    moved.edit_page("Page 203")
    export = later(tmp_path, without=(203,))

    left = moved.run(export, deletions=True)
    kept = "Page 203" in pages(moved)
    gone = moved.run(export, deletions=True, edited="source")

    assert (left.deleted, kept) == (0, True)
    assert left.counts["page"]["skipped"] == 1
    assert left.proof.complete
    assert gone.deleted == 4
    assert "Page 203" not in pages(moved)
    assert gone.proof.complete


def test_deletions_of_one_plan_leave_the_spaces_of_another_alone(moved, tmp_path):
    other = ExportBuilder(descriptor={"spaceKey": "OTHER"})
    other.space("OTHER", object_id=900)
    other.page("Alone", object_id=901, space=Ref("Space", 900))
    moved.run(other.write(tmp_path / "other.zip"), deletions=True)

    report = moved.run(later(tmp_path, without=(203,)), deletions=True)

    assert report.deleted == 4
    assert "Alone" in pages(moved)
    assert len(pages(moved)) == 6


def test_a_page_that_comes_back_is_a_new_one(moved, tmp_path):
    moved.run(later(tmp_path, without=(203,)), deletions=True)

    report = moved.run(an_export().write(tmp_path / "first.zip"), deletions=True)

    assert report.counts["page"] == {"created": 1, "unchanged": 5}
    assert report.proof.complete


def test_deleting_twice_deletes_nothing_more(moved, tmp_path):
    export = later(tmp_path, without=(203,))
    moved.run(export, deletions=True)
    before = site_state(moved.path)

    again = moved.run(export, deletions=True)

    assert again.deleted == 0
    assert site_state(moved.path) == before


@pytest.mark.parametrize("after", [False, True], ids=["before it arrives", "after it was done"])
def test_a_delta_cut_off_at_any_request_goes_on_to_the_same_end(tmp_path, after):
    import shutil

    start = Place(tmp_path / "start")
    start.run(an_export().write(tmp_path / "first.zip"))
    start.edit_page("Page 202")
    export = later(tmp_path, without=(203, 205), changed=(201, 202), more=True)
    settings = {"deletions": True, "edited": "both"}

    def copied(name):
        shutil.copytree(start.path, tmp_path / name)
        return Place(tmp_path / name)

    undisturbed = copied("undisturbed")
    expected = undisturbed.run(export, **settings)
    state = site_state(undisturbed.path)
    number, status = 0, "STOPPED"
    while status == "STOPPED":
        number += 1
        place = copied(f"cut-{number}")
        cut = partial(CutAt, number=number, after=after)
        status = place.run(export, wrap=cut, **settings).run.status
        report = place.run(export, **settings)

        assert report.proof.complete, number
        if status == "STOPPED":
            assert report.counts == expected.counts, number
            assert site_state(place.path) == state, number
    assert expected.deleted == 8
    assert number > 10
