"""Runs of a plan: what arrives, what a second run does, and how an interrupted one goes on."""

import threading
from functools import partial

import pytest

from portway_assistant.runs.settings import SpaceClash
from support.exports import ExportBuilder, Ref, page_ref, user_ref
from support.large_exports import a_large_export
from support.runs import CutAt, Place
from support.site_state import site_state


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


def a_small_export() -> ExportBuilder:
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    ann = builder.user("ann")
    builder.account("ann", email="ann@example.com")
    builder.page("Start", object_id=200, creator=user_ref(ann))
    builder.page("Child", object_id=201, parent=page_ref(200), creator=user_ref("nobody"))
    builder.comment(page_ref(200), object_id=300)
    builder.comment(page_ref(200), object_id=301, parent=Ref("Comment", 300))
    builder.attachment("plan.txt", page_ref(201), object_id=400, data=b"the plan")
    builder.label(page_ref(200), "important")
    builder.blog_post("News", object_id=500, creator=user_ref(ann))
    return builder


def test_everything_the_export_holds_arrives_and_the_proof_says_so(place, tmp_path):
    report = place.run(a_small_export().write(tmp_path / "export.zip"))

    assert report.run.status == "FINISHED"
    created = {kind: counts.get("created", 0) for kind, counts in report.counts.items()}
    # Ann, the builder's default author and "nobody" are three people.
    assert created == {"user": 3, "space": 1, "page": 2, "blogPost": 1, "comment": 2,
                       "attachment": 1, "label": 1}  # fmt: skip
    assert report.proof.complete
    assert report.proof.same == report.proof.expected
    pages = place.get("/sites/cloud/wiki/api/v2/pages")["results"]
    assert sorted(page["title"] for page in pages) == ["Child", "Start"]


def test_apps_find_each_item_under_its_server_id(place, tmp_path):
    place.run(a_small_export().write(tmp_path / "export.zip"))

    def mapped(namespace):
        query = {"server": "server", "site": "cloud", "namespace": namespace}
        return place.get("/admin/v1/mappings", **query)["items"]

    assert set(mapped("confluence:page")) == {"200", "201"}
    assert set(mapped("confluence:space")) == {"100"}
    assert set(mapped("confluence:comment")) == {"300", "301"}
    assert set(mapped("confluence:attachment")) == {"400"}
    assert set(mapped("confluence:blogPost")) == {"500"}
    assert {"confluence.userkey/key-ann", "email/ann@example.com"} <= set(mapped("identity:user"))


def test_the_same_export_again_creates_nothing(place, tmp_path):
    export = a_small_export().write(tmp_path / "export.zip")
    first = place.run(export)
    before = site_state(place.path)

    second = place.run(export)

    assert second.run.status == "FINISHED"
    assert second.items["created"] == 0
    assert second.items["unchanged"] == first.items["created"]
    assert second.proof.complete
    assert site_state(place.path) == before


def test_a_person_without_an_address_becomes_a_placeholder_of_their_own(place, tmp_path):
    builder = ExportBuilder()
    builder.space()
    builder.page("A", creator=user_ref("lost-1"), lastModifier=user_ref("lost-1"))
    builder.page("B", creator=user_ref("lost-2"), lastModifier=user_ref("lost-2"))

    place.run(builder.write(tmp_path / "export.zip"))

    pages = place.get("/sites/cloud/wiki/api/v2/pages")["results"]
    assert len({page["authorId"] for page in pages}) == 2


def test_two_people_with_one_address_stay_apart_and_a_check_names_them(place, tmp_path):
    builder = ExportBuilder()
    builder.space()
    for name in ("ann", "anna"):
        builder.user(name)
        builder.account(name, email="ann@example.com")
        builder.page(f"By {name}", creator=user_ref(f"key-{name}"))

    report = place.run(builder.write(tmp_path / "export.zip"))

    check = next(check for check in report.checks if check.check_id == "duplicate-emails")
    assert (check.outcome, "Anna" in check.message) == ("warned", True)
    pages = place.get("/sites/cloud/wiki/api/v2/pages")["results"]
    assert len({page["authorId"] for page in pages}) == 2


def test_a_people_file_gives_addresses(place, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("userkey,email,name\nkey-ann,ann@corp.example,Ann Ash\n")
    builder = ExportBuilder()
    builder.space()
    builder.user("ann")
    builder.page("A", creator=user_ref("key-ann"))

    place.run(builder.write(tmp_path / "export.zip"), people=people)

    page = place.get("/sites/cloud/wiki/api/v2/pages")["results"][0]
    mapping = place.get(
        "/admin/v1/mappings", server="server", site="cloud", namespace="identity:user"
    )["items"]
    assert mapping["email/ann@corp.example"] == page["authorId"]


def test_only_chosen_spaces_move(place, tmp_path):
    builder = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    builder.space("ONE", object_id=100)
    builder.space("TWO", object_id=101)
    builder.page("In one", space=Ref("Space", 100))
    builder.page("In two", space=Ref("Space", 101))

    place.run(builder.write(tmp_path / "export.zip"), spaces=["two"])

    pages = place.get("/sites/cloud/wiki/api/v2/pages")["results"]
    assert [page["title"] for page in pages] == ["In two"]


def test_an_attachment_without_its_file_is_left_out_and_named(place, tmp_path):
    builder = a_small_export()
    builder.attachment("lost.pdf", page_ref(200), object_id=401, data=None)

    report = place.run(builder.write(tmp_path / "export.zip"))

    assert report.run.status == "FINISHED"
    group = next(group for group in report.not_moved if group.code == "file_missing")
    assert (group.count, group.examples) == (1, ("lost.pdf",))
    assert report.proof.complete


def test_when_no_space_arrives_the_run_failed(place, tmp_path):
    place.run(a_small_export().write(tmp_path / "first.zip"), server="one")
    export = a_small_export().write(tmp_path / "second.zip")

    report = place.run(export, server="two", space_clash=SpaceClash.SKIP)

    assert report.run.status == "FAILED"
    assert report.counts["space"] == {"skipped": 1}
    assert report.counts["page"] == {"skipped": 2}


@pytest.mark.parametrize("after", [False, True], ids=["before it arrives", "after it was done"])
def test_a_run_cut_off_at_any_request_goes_on_to_the_same_end(tmp_path, after):
    export = a_small_export().write(tmp_path / "export.zip")
    undisturbed = Place(tmp_path / "undisturbed")
    expected = undisturbed.run(export)
    state = site_state(undisturbed.path)

    number, status = 0, "STOPPED"
    while status == "STOPPED":
        number += 1
        place = Place(tmp_path / f"cut-{after}-{number}")
        status = place.run(export, wrap=partial(CutAt, number=number, after=after)).run.status
        report = place.run(export)

        assert report.run.status == "FINISHED", (number, report.run.reason)
        assert report.proof.complete
        assert site_state(place.path) == state, number
        if status == "STOPPED":
            assert report.run.resumed
            assert report.items == expected.items, number
    assert number > 10


def test_a_stopped_run_ends_between_two_batches_and_goes_on(place, tmp_path):
    export = a_large_export(pages=1200).write(tmp_path / "export.zip")
    stop = threading.Event()

    class StopInTheMiddle(CutAt):
        def handle_request(self, request):
            self._left -= 1
            if self._left == 0:
                stop.set()
            return self._inner.handle_request(request)

    stopped = place.run(
        export, stop=stop, wrap=lambda inner: StopInTheMiddle(inner, 12, after=False)
    )
    finished = place.run(export)

    assert stopped.run.status == "STOPPED"
    assert 0 < stopped.items["created"] < finished.items["created"]
    assert finished.run.status == "FINISHED"
    assert finished.run.resumed
    assert finished.items["unchanged"] == 0


def test_reports_say_the_same_in_every_form(place, tmp_path):
    report = place.run(a_small_export().write(tmp_path / "export.zip"))

    folder = place.path / "assistant" / "reports" / report.run.run_id
    html, text = (folder / "report.html").read_text(), (folder / "report.txt").read_text()
    assert "Complete: both sides agree" in html
    assert "Complete: both sides agree" in text
    assert "<script" not in html
    assert "2 expected, 2 found, 2 the same" in text


def test_a_hostile_title_cannot_break_out_of_the_report(place, tmp_path):
    builder = a_small_export()
    name = "<script>alert(1)</script>.pdf"
    builder.attachment(name, page_ref(200), object_id=401, data=None)

    report = place.run(builder.write(tmp_path / "export.zip"))

    folder = place.path / "assistant" / "reports" / report.run.run_id
    html = (folder / "report.html").read_text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
