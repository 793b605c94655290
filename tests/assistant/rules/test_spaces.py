"""The rules for spaces, one test each, in the order of the seed document (lines 312-326, 498-514,
592-600)."""

import httpx
import orjson
import pytest
from click.testing import CliRunner

from portway_assistant.runs.settings import SpaceClash
from portway_cli.main import portway
from support.exports import ExportBuilder, Ref, page_ref
from support.runs import Place
from support.site_state import site_state

SITE = "/sites/cloud/wiki"


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


def two_spaces(first: str = "DEMO", second: str = "OTHER") -> ExportBuilder:
    builder = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    for number, key in ((100, first), (101, second)):
        builder.space(key, object_id=number, homePage=page_ref(number * 2))
        builder.page(
            f"In {number}",
            object_id=number * 2,
            space=Ref("Space", number),
            body=f'<ri:page ri:space-key="{first}" ri:content-title="In 100"/>',
        )
    return builder


def with_demo(place, tmp_path, key: str = "DEMO"):
    """Let the destination have a space of this key, from elsewhere."""
    builder = ExportBuilder(descriptor={"spaceKey": key})
    builder.space(key)
    builder.page("Theirs")
    place.run(builder.write(tmp_path / "theirs.zip"), server="elsewhere")


def keys(place, status: str = "current,archived,trashed") -> set[str]:
    spaces = place.get(f"{SITE}/api/v2/spaces", status=status)["results"]
    return {space["key"] for space in spaces}


def check(report, check_id: str = "space-keys"):
    return next(check for check in report.checks if check.check_id == check_id)


@pytest.mark.parametrize("theirs", ["DEMO", "demo"])
def test_f098_keys_on_both_sides_are_found_before_anything_is_written(place, tmp_path, theirs):
    """Seed line 314. Letter case makes no other key (complaint D4)."""
    with_demo(place, tmp_path, theirs)
    before = site_state(place.path)

    report = place.run(two_spaces().write(tmp_path / "ours.zip"))

    assert check(report).outcome == "failed"
    assert "DEMO is taken by 'Space" in check(report).message
    assert "OTHER" not in check(report).message
    assert site_state(place.path) == before


def test_f099_f104_a_clash_makes_the_run_fail_unless_the_plan_says_what_to_do(place, tmp_path):
    """Seed lines 316, 600."""
    with_demo(place, tmp_path)

    report = place.run(two_spaces().write(tmp_path / "ours.zip"))

    assert report.run.status == "FAILED"
    assert "Nothing was written" in report.run.reason
    assert report.counts == {}


@pytest.mark.parametrize("status", ["archived", "trashed"])
def test_f100_a_key_in_the_archive_or_the_trash_is_taken_too(place, tmp_path, status):
    """Seed line 318: to delete a space is not enough while it is in the trash."""
    builder = ExportBuilder(descriptor={"spaceKey": "DEMO"})
    builder.space("DEMO", spaceStatus="ARCHIVED" if status == "archived" else "CURRENT")
    place.run(builder.write(tmp_path / "theirs.zip"), server="elsewhere")
    if status == "trashed":
        place.call("DELETE", f"{SITE}/rest/api/space/DEMO")

    report = place.run(two_spaces().write(tmp_path / "ours.zip"))

    assert f"({status})" in check(report).message


def test_f101_after_a_reset_of_the_site_the_same_spaces_move(place, tmp_path):
    """Seed lines 320, 326: another site has none of the first one's keys."""
    with_demo(place, tmp_path)

    report = place.run(two_spaces().write(tmp_path / "ours.zip"), site="fresh")

    assert report.run.status == "FINISHED"


def test_f102_a_clashing_space_may_be_left_out_of_the_plan(place, tmp_path):
    """Seed lines 322, 598."""
    with_demo(place, tmp_path)

    report = place.run(two_spaces().write(tmp_path / "ours.zip"), spaces=["OTHER"])

    assert report.run.status == "FINISHED"
    assert check(report).outcome == "passed"


def test_f103_a_clashing_space_that_is_to_be_skipped_stays_with_everything_in_it(place, tmp_path):
    """Seed line 324."""
    with_demo(place, tmp_path)

    report = place.run(two_spaces().write(tmp_path / "ours.zip"), space_clash=SpaceClash.SKIP)

    assert report.run.status == "FINISHED"
    assert report.counts["space"] == {"created": 1, "skipped": 1}
    assert report.counts["page"] == {"created": 1, "skipped": 1}
    assert {group.code for group in report.not_moved} >= {"space_key_taken"}
    assert report.proof.complete


def test_a_clashing_space_that_is_to_be_renamed_moves_and_references_follow(place, tmp_path):
    """Seed line 316; the rename is Portway's own."""
    with_demo(place, tmp_path)

    report = place.run(two_spaces().write(tmp_path / "ours.zip"), space_clash=SpaceClash.RENAME)

    assert (report.run.status, report.proof.complete) == ("FINISHED", True)
    assert keys(place) == {"DEMO", "DEMO2", "OTHER"}
    pages = place.get(f"{SITE}/api/v2/pages", **{"body-format": "storage"})["results"]
    bodies = {page["title"]: page["body"]["storage"]["value"] for page in pages}
    assert bodies["In 101"] == '<ri:page ri:space-key="DEMO2" ri:content-title="In 100"/>'
    again = place.run(two_spaces().write(tmp_path / "ours.zip"), space_clash=SpaceClash.RENAME)
    assert (again.items["created"], again.items["merged"]) == (0, 0)


def test_a_space_moves_under_the_key_the_plan_names(place, tmp_path):
    report = place.run(two_spaces().write(tmp_path / "ours.zip"), renamed_spaces={"demo": "PAPERS"})

    assert keys(place) == {"PAPERS", "OTHER"}
    assert report.proof.complete


class _MakesASpaceMeanwhile(httpx.BaseTransport):
    """Lets somebody else make the space DEMO after the check, before ours arrives."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._made = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on; before the first space, make theirs."""
        body = request.read() if request.url.path.endswith("/server/items") else b""
        if not self._made and b'"kind":"space"' in body:
            self._made = True
            theirs = body.replace(b"space/", b"space/9").split(b"\n")[0]
            theirs = theirs.replace(b'"author":"', b'"author":null,"x":"').split(b',"x"')
            tail = theirs[1].partition(b'",')[2] if len(theirs) > 1 else b""
            other = theirs[0] + (b"," + tail if tail else b"")
            url = str(request.url).replace("/sources/server/", "/sources/elsewhere/")
            headers = {"Authorization": request.headers["Authorization"]}
            answer = self._inner.handle_request(
                httpx.Request("POST", url, content=other, headers=headers)
            )
            assert b'"created"' in answer.read()
        return self._inner.handle_request(request)


def test_f104_a_clash_met_in_the_run_leaves_out_that_space_alone(place, tmp_path):
    """Seed lines 316, 324, 600 disagree; one rule: stop before the start, skip when met later."""
    report = place.run(two_spaces().write(tmp_path / "ours.zip"), wrap=_MakesASpaceMeanwhile)

    assert report.run.status == "FINISHED"
    assert report.counts["space"] == {"created": 1, "skipped": 1}
    assert report.counts["page"] == {"created": 1, "skipped": 1}
    assert report.proof.complete


def test_f177_all_spaces_move_or_some(place, tmp_path):
    """Seed lines 498, 500."""
    export = two_spaces().write(tmp_path / "ours.zip")

    place.run(export, spaces=["demo"])
    assert keys(place) == {"DEMO"}
    place.run(export)
    assert keys(place) == {"DEMO", "OTHER"}


def test_f179_f184_a_taken_key_must_be_dealt_with_before_the_run(place, tmp_path):
    """Seed lines 504, 592-600: the check names the ways out."""
    with_demo(place, tmp_path)

    message = check(place.run(two_spaces().write(tmp_path / "ours.zip"))).message

    assert all(word in message for word in ("Delete", "trash", "leave it out", "rename"))


def test_a_personal_space_gets_the_key_of_its_owners_account(place, tmp_path):
    builder = ExportBuilder(descriptor={"spaceKey": "~ann"})
    ann = builder.user("ann")
    builder.account("ann", email="ann@example.com")
    builder.space("~ann", spaceType="personal")
    builder.page("Mine", body='<ri:space ri:space-key="~ann"/>')

    report = place.run(builder.write(tmp_path / "ours.zip"))

    people = place.get(
        "/admin/v1/mappings", server="server", site="cloud", namespace="identity:user"
    )["items"]
    account = people[f"confluence.userkey/{ann}"]
    key = "~" + account.replace(":", "").replace("-", "")
    assert keys(place) == {key}
    page = place.get(f"{SITE}/api/v2/pages", **{"body-format": "storage"})["results"][0]
    assert page["body"]["storage"]["value"] == f'<ri:space ri:space-key="{key}"/>'
    assert report.proof.complete


def test_pages_whose_titles_differ_by_case_are_renamed_and_links_follow(place, tmp_path):
    builder = ExportBuilder()
    builder.space()
    builder.page("Plan", object_id=200)
    builder.page("PLAN", object_id=201)
    builder.page("Links", object_id=202, body='<ri:page ri:content-title="PLAN"/>')

    report = place.run(builder.write(tmp_path / "ours.zip"))

    pages = place.get(f"{SITE}/api/v2/pages", **{"body-format": "storage"})["results"]
    bodies = {page["title"]: page["body"]["storage"]["value"] for page in pages}
    assert set(bodies) == {"Plan", "PLAN (2)", "Links"}
    assert bodies["Links"] == '<ri:page ri:content-title="PLAN (2)"/>'
    assert "'PLAN' becomes 'PLAN (2)'" in check(report, "page-titles").message
    assert report.proof.complete


class _Desk:
    """Somebody at a command line."""

    def __init__(self, folder, export):
        self._data, self._export = folder / "desk", export

    def run(self, *words):
        words = [*map(str, words), "--data", str(self._data), "--json"]
        result = CliRunner().invoke(portway, words)
        assert result.exit_code == 0, (result.output, result.exception)
        return orjson.loads(result.stdout[result.stdout.index("{") :])

    def create(self, name):
        return self.run("plan", "create", self._export, "--name", name, "--quiet")

    def statuses(self, name):
        shown = self.run("plan", "show", name)
        return {space["key"]: space["status"] for space in shown["spaces"]}


def test_f180_a_space_that_was_moved_to_the_site_is_migrated(tmp_path):
    """Seed line 506."""
    desk = _Desk(tmp_path, two_spaces().write(tmp_path / "ours.zip"))
    desk.create("First")
    assert desk.statuses("First") == {"DEMO": None, "OTHER": None}

    desk.run("plan", "run", "First", "--quiet")

    assert desk.statuses("First") == {"DEMO": "MIGRATED", "OTHER": "MIGRATED"}


def test_f181_a_space_that_waits_in_another_plan_is_queued(tmp_path):
    """Seed line 508."""
    desk = _Desk(tmp_path, two_spaces().write(tmp_path / "ours.zip"))
    desk.create("First")
    desk.create("Second")

    assert desk.statuses("Second") == {"DEMO": "QUEUED", "OTHER": "QUEUED"}
