"""`portway plan` and `portway retry`, run as a user does."""

import sqlite3
from contextlib import closing

import orjson
import pytest
from click.testing import CliRunner

from portway_cli.failures import exit_with_reason
from portway_cli.main import portway
from support.exports import ExportBuilder, page_ref


def an_export(*, title: str = "Start") -> ExportBuilder:
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    builder.page(title, object_id=200)
    builder.page("Child", object_id=201, parent=page_ref(200))
    return builder


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


class Desk:
    """Somebody at a command line, with one export and one data folder."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.export = an_export().write(folder / "export.zip")

    def run(self, *words, exits=0):
        """Run a command on the folder and return its JSON, if it ended with some."""
        words = [*map(str, words), "--data", str(self.data), "--json"]
        result = CliRunner().invoke(portway, words)
        code = result.exit_code
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            code = exit_with_reason(result.exception)
        assert code == exits, (result.output, result.exception)
        lines = result.stdout.strip()
        if not lines:
            return getattr(result.exception, "code", None)
        return orjson.loads(lines if lines.startswith("[") else lines[lines.index("{") :])

    def create(self, *words, name="Docs"):
        return self.run(
            "plan", "create", self.export, "--name", name, "--quiet",
            "--undecided-domains", "placeholder", *words,
        )  # fmt: skip


def test_a_saved_plan_waits_is_run_and_remembers_how_it_ended(desk):
    saved = desk.create("--label", "testing", "--edited", "newer")
    waiting = desk.run("plan", "show", "Docs")
    ended = desk.run("plan", "run", "docs", "--quiet")
    shown = desk.run("plan", "show", saved["planId"][:6])

    assert (waiting["status"], waiting["label"]) == ("SAVED", "testing")
    assert waiting["settings"]["edited"] == "newer"
    assert (ended["status"], ended["planId"]) == ("FINISHED", saved["planId"])
    assert shown["status"] == "FINISHED"
    assert [run["runId"] for run in shown["runs"]] == [ended["runId"]]
    assert [space["status"] for space in shown["spaces"]] == ["MIGRATED"]


def test_migrate_saves_the_plan_it_runs_once(desk):
    for _ in range(2):
        desk.run("migrate", desk.export, "--quiet")

    plans = desk.run("plan", "list")

    assert [(plan["name"], plan["status"]) for plan in plans] == [("export.zip", "FINISHED")]
    assert len(desk.run("plan", "show", "export.zip")["runs"]) == 2


def test_a_space_that_waits_in_another_plan_is_queued(desk):
    desk.create(name="First")

    second = desk.create(name="Second")

    assert [(each["status"], each["queuedIn"]) for each in second["spaces"]] == [
        ("QUEUED", "First")
    ]


def test_a_copy_says_the_same_and_has_no_runs(desk):
    desk.create("--content", "none")
    desk.run("plan", "run", "Docs", "--quiet")

    made = desk.run("plan", "copy", "Docs", "--name", "Docs again")

    assert (made["status"], made["runs"]) == ("SAVED", [])
    assert made["settings"]["content"] == "none"


def test_an_archived_plan_is_listed_only_on_request_and_not_run(desk):
    desk.create()
    desk.run("plan", "delete", "Docs", "--archive")

    assert desk.run("plan", "list") == []
    assert [plan["name"] for plan in desk.run("plan", "list", "--all")] == ["Docs"]
    assert desk.run("plan", "run", "Docs", "--quiet", exits=3)["code"] == "plan_archived"


def test_a_deleted_plan_is_gone_and_its_runs_stay(desk):
    desk.create()
    run_id = desk.run("plan", "run", "Docs", "--quiet")["runId"]
    desk.run("plan", "delete", "Docs")

    assert desk.run("plan", "show", "Docs", exits=3) == "plan_unknown"
    assert (desk.data / "assistant" / "reports" / run_id / "report.json").is_file()


def test_a_name_two_plans_share_is_not_guessed_at(desk):
    desk.create()
    desk.create()

    assert desk.run("plan", "show", "Docs", exits=3) == "plan_ambiguous"


def test_a_plan_whose_export_was_replaced_is_refused_before_anything_is_sent(desk):
    desk.create()
    an_export(title="Other").write(desk.export)

    refused = desk.run("plan", "run", "Docs", "--quiet", exits=3)

    assert refused["code"] == "export_changed"
    assert not (desk.data / "site.db").exists()


def test_a_plan_that_follows_its_export_moves_what_changed(desk):
    desk.create("--newer-export")
    desk.run("plan", "run", "Docs", "--quiet")
    an_export(title="Begin").write(desk.export)

    second = desk.run("plan", "run", "Docs", "--quiet")

    assert second["status"] == "FINISHED"
    assert (second["items"]["created"], second["items"]["merged"]) == (0, 1)
    assert second["proof"] == {"complete": True, "unexplained": 0}


def test_only_a_running_plan_is_stopped(desk):
    desk.create()

    assert desk.run("plan", "stop", "Docs", exits=3) == "plan_not_running"


def retitle(desk, old: str, new: str):
    """Give a page at the site another title, behind everybody's back."""
    with closing(sqlite3.connect(desk.data / "site.db")) as site:
        site.execute(
            "UPDATE wiki_contents SET title = ?, title_key = ? WHERE title = ?",
            (new, new.lower(), old),
        )
        site.commit()


def a_disputed_title(desk):
    """An export with a new page, and a comment on it, whose title another page has at the site."""
    builder = ExportBuilder()
    builder.space()
    builder.page("Ours", object_id=200)
    desk.run("migrate", builder.write(desk.folder / "a.zip"), "--quiet")
    retitle(desk, "Ours", "Theirs")
    builder.page("Theirs", object_id=201)
    builder.comment(page_ref(201), object_id=300)
    desk.export = builder.write(desk.folder / "both.zip")


def test_a_retry_sends_just_what_failed_and_what_hung_on_it(desk):
    a_disputed_title(desk)
    desk.create()
    first = desk.run("plan", "run", "Docs", "--quiet", exits=1)
    retitle(desk, "Theirs", "Ours")

    mended = desk.run("retry", "Docs", "--failed", "--quiet")

    assert (first["items"]["failed"], first["status"]) == (2, "INCOMPLETE")
    assert (mended["runId"], mended["status"]) == (first["runId"], "FINISHED")
    assert mended["items"]["failed"] == 0
    assert mended["items"]["created"] == first["items"]["created"] + 2
    assert desk.run("retry", "--failed", "--quiet", exits=3)["code"] == "nothing_to_retry"


def test_a_retry_that_fails_again_changes_nothing(desk):
    a_disputed_title(desk)
    desk.create()
    first = desk.run("plan", "run", "Docs", "--quiet", exits=1)

    again = desk.run("retry", "--run", first["runId"], "--failed", "--quiet", exits=1)

    assert again["items"] == first["items"]
