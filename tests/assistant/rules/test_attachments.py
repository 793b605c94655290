"""The rules for attachments, one test each, in the order of the seed document (lines 434-442)."""

import re

import httpx
import pytest

from portway_assistant.runs.settings import Content
from support.exports import ExportBuilder, page_ref, user_ref
from support.runs import Place


class CountsUploads(httpx.BaseTransport):
    """Counts the bytes of attachments that pass."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.files = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        if request.url.path.endswith("/files"):
            body = request.read()
            self.files += max(1, len(re.findall(rb'"sourceKey"', body)))
        return self._inner.handle_request(request)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


def an_export(*names: str) -> ExportBuilder:
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    builder.page("Start", object_id=200, creator=user_ref("ann"))
    for number, name in enumerate(names):
        builder.attachment(
            name, page_ref(200), object_id=400 + ord(name[0]), data=f"bytes {number}".encode()
        )
    return builder


def run(place, builder, tmp_path, **settings):
    """Run a plan; returns the report, and how many files were sent."""
    counters = []

    def count(inner):
        counters.append(CountsUploads(inner))
        return counters[-1]

    path = tmp_path / f"export-{len(list(tmp_path.iterdir()))}.zip"
    report = place.run(builder.write(path), wrap=count, **settings)
    return report, counters[0].files


def attachments(place) -> set[str]:
    pages = place.get("/sites/cloud/wiki/api/v2/pages")["results"]
    path = f"/sites/cloud/wiki/api/v2/pages/{pages[0]['id']}/attachments"
    return {found["title"] for found in place.get(path)["results"]}


def test_f185_attachments_may_be_moved_before_the_rest_of_the_space(place, tmp_path):
    """Seed lines 434, 438."""
    report, files = run(place, an_export("a", "b"), tmp_path, content=Content.ATTACHMENTS)

    assert report.run.status == "FINISHED"
    assert report.counts["attachment"] == {"created": 2}
    assert files == 2
    assert report.proof.complete
    assert report.proof.same["attachment"] == 2


def test_f187_only_attachments_are_covered_and_nothing_else_of_the_spaces(place, tmp_path):
    """Seed line 440. Their authors get accounts, so that they stay their authors."""
    report, _ = run(place, an_export("a"), tmp_path, content=Content.ATTACHMENTS)

    assert set(report.counts) <= {"user", "group", "membership", "attachment"}
    assert place.get("/sites/cloud/wiki/api/v2/spaces")["results"] == []
    assert place.get("/sites/cloud/wiki/api/v2/pages")["results"] == []


def test_f187_attachments_of_spaces_that_are_not_chosen_stay(place, tmp_path):
    """Seed line 440."""
    from support.exports import Ref

    builder = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    for number, key in ((100, "ONE"), (101, "TWO")):
        builder.space(key, object_id=number)
        builder.page(f"In {key}", object_id=number * 2, space=Ref("Space", number))
        builder.attachment(
            f"{key}.txt", page_ref(number * 2), object_id=number * 4, space=Ref("Space", number)
        )

    report, files = run(place, builder, tmp_path, content=Content.ATTACHMENTS, spaces=["two"])

    assert (report.counts["attachment"], files) == ({"created": 1}, 1)


def test_f188_a_later_run_of_everything_links_pages_with_their_attachments(place, tmp_path):
    """Seed line 442."""
    builder = an_export("a", "b")
    run(place, builder, tmp_path, content=Content.ATTACHMENTS)

    report, _ = run(place, builder, tmp_path)

    assert report.run.status == "FINISHED"
    assert attachments(place) == {"a", "b"}
    assert report.proof.complete


def test_f189_attachments_that_were_moved_are_recognised_and_no_byte_is_sent_again(place, tmp_path):
    """Seed line 442: 2,000 of them."""
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    builder.page("Start", object_id=200)
    for number in range(2_000):
        builder.attachment(f"file-{number}", page_ref(200), object_id=10_000 + number)
    first, sent = run(place, builder, tmp_path, content=Content.ATTACHMENTS)

    second, sent_again = run(place, builder, tmp_path)

    assert (first.counts["attachment"], sent) == ({"created": 2_000}, 2_000)
    assert (second.counts["attachment"], sent_again) == ({"unchanged": 2_000}, 0)
    assert second.proof.complete


def test_f190_attachments_added_in_between_are_moved(place, tmp_path):
    """Seed line 442."""
    run(place, an_export("a"), tmp_path, content=Content.ATTACHMENTS)

    report, files = run(place, an_export("a", "b"), tmp_path)

    assert report.counts["attachment"] == {"unchanged": 1, "created": 1}
    assert (attachments(place), files) == ({"a", "b"}, 1)


def test_f191_attachments_deleted_in_between_lose_their_link(place, tmp_path):
    """Seed line 442."""
    run(place, an_export("a", "b", "c"), tmp_path, content=Content.ATTACHMENTS)

    report, files = run(place, an_export("a"), tmp_path)

    assert attachments(place) == {"a"}
    assert files == 0
    assert any("lost their link (2)" in note for note in report.notes)
    assert report.proof.complete
    assert report.proof.found["attachment"] == 1


def test_f191_attachments_of_other_spaces_moved_ahead_keep_waiting(place, tmp_path):
    """Seed line 442: a run of one space says nothing about another."""
    other = ExportBuilder(descriptor={"spaceKey": "OTHER"})
    other.space_id = 101
    other.space("OTHER", object_id=101, homePage=page_ref(300))
    other.page("There", object_id=300)
    other.attachment("z", page_ref(300), object_id=900)
    run(place, other, tmp_path, content=Content.ATTACHMENTS)

    run(place, an_export("a"), tmp_path)
    report, files = run(place, other, tmp_path)

    assert (report.counts["attachment"], files) == ({"unchanged": 1}, 0)
