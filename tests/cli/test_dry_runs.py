"""Dry runs: nothing is written, and what is listed is what a run then does."""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from portway_cli.main import portway
from support.exports import ExportBuilder, Ref, page_ref, user_ref
from support.runs import Place

SAMPLE = next((Path(__file__).parents[2] / "cli/portway_cli/samples").glob("*.zip"))


def invoke(*words, exits=0):
    result = CliRunner().invoke(portway, list(map(str, words)), catch_exceptions=False)
    assert result.exit_code == exits, result.output
    return result


def everything(folder: Path) -> dict[str, object]:
    """Every row of every database, and every other file, of a data folder."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir():
            found[name] = "folder"
        elif path.suffix == ".db":
            found[name] = path.read_bytes()
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                for (table,) in tables.fetchall():
                    rows = database.execute(f"SELECT * FROM {table}").fetchall()
                    found[f"{name}/{table}"] = sorted(map(repr, rows))
        elif not name.endswith(("-wal", "-shm")):
            found[name] = path.read_bytes()
    return found


def a_generated_export(chance: random.Random, *, later: bool = False) -> ExportBuilder:
    """A space of chance: gaps, clashes, odd references; `later` is another state of it."""
    builder = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    builder.space("DEMO", object_id=100, name="Demo" if not later else "Demo, renamed")
    builder.space(chance.choice(["TWO", "demo"]), object_id=101)
    people = [builder.user(f"user{number}") for number in range(4)]
    for number in range(3):
        address = "same@example.com" if number < 2 and chance.random() < 0.3 else ""
        builder.account(f"user{number}", email=address)
    for number in range(12):
        if later and chance.random() < 0.2:
            continue
        changed = later and chance.random() < 0.3
        builder.page(
            f"Page {number if chance.random() < 0.95 else 0}",
            object_id=200 + number,
            space=Ref("Space", 100 if number < 9 else 101),
            parent=page_ref(200 + number // 2) if number and number < 9 else None,
            body=f"<p>Text {number}{' anew' if changed else ''}</p>",
            version=2 if changed else 1,
            creator=user_ref(chance.choice(people)),
            lastModificationDate="2031-01-01 00:00:00.000" if changed else None,
        )
        if chance.random() < 0.5:
            builder.comment(page_ref(200 + number), object_id=300 + number)
        if chance.random() < 0.5:
            data = None if chance.random() < 0.2 else b"%d" % chance.randrange(3)
            builder.attachment(
                f"file-{number}.txt", page_ref(200 + number), object_id=400 + number, data=data
            )
        if chance.random() < 0.4:
            builder.label(page_ref(200 + number), f"label-{number % 3}")
        if chance.random() < 0.2:
            builder.restriction(page_ref(200 + number), "View", users=[chance.choice(people)])
    if chance.random() < 0.7:
        builder.blog_post("News", object_id=500)
    return builder


def settings_of(chance: random.Random) -> list[str]:
    words = ["--edited", chance.choice(["leave", "newer", "source", "both"])]
    words += ["--space-clash", chance.choice(["stop", "skip", "rename"])]
    words += ["--trust-domain", "all"] if chance.random() < 0.7 else []
    return words + (["--deletions"] if chance.random() < 0.6 else [])


def agree(export: Path, data: Path, listed: Path, words: list[str]) -> str:
    """Forecast a run, see that nothing changed, run it, and compare; return its status."""
    before = everything(data) if data.exists() else None
    dry = CliRunner().invoke(
        portway,
        ["migrate", str(export), "--data", str(data), *words, "--dry-run", "--list", str(listed)],
        catch_exceptions=False,
    )
    assert (everything(data) if data.exists() else None) == before
    real = CliRunner().invoke(
        portway, ["migrate", str(export), "--data", str(data), *words, "--quiet", "--json"]
    )
    if dry.exit_code:
        assert real.exit_code == 3, real.output
        return "blocked"
    compared = CliRunner().invoke(portway, ["plan", "diff", str(listed), "--data", str(data)])
    assert compared.exit_code == 0, compared.output + real.output
    return "compared"


@pytest.mark.parametrize("seed", range(8))
def test_a_forecast_and_what_then_happens_agree_at_first_again_and_for_a_newer_export(
    tmp_path, seed
):
    chance = random.Random(seed)
    words = settings_of(chance)
    data, listed = tmp_path / "data", tmp_path / "list.ndjson"
    first = a_generated_export(chance).write(tmp_path / "first.zip")

    if agree(first, data, listed, words) == "blocked":
        words = [*words, "--space-clash", "skip"]
        assert agree(first, data, listed, words) == "compared"
    assert agree(first, data, listed, words) == "compared"

    place = Place(data)
    pages = place.get("/sites/cloud/wiki/api/v2/pages")["results"]
    for page in chance.sample(pages, min(2, len(pages))):
        place.edit_page(page["title"])
    later = a_generated_export(chance, later=True).write(tmp_path / "later.zip")
    assert agree(later, data, listed, words) in {"compared", "blocked"}
    assert agree(first, data, listed, words) in {"compared", "blocked"}


@pytest.mark.parametrize("seed", [1, 2])
def test_attachments_ahead_and_the_rest_after_them_are_forecast_exactly(tmp_path, seed):
    chance = random.Random(seed)
    export = a_generated_export(chance).write(tmp_path / "export.zip")
    data, listed = tmp_path / "data", tmp_path / "list.ndjson"
    words = ["--trust-domain", "all", "--space-clash", "rename"]

    assert agree(export, data, listed, [*words, "--content", "attachments"]) == "compared"
    assert agree(export, data, listed, words) == "compared"
    assert agree(export, data, listed, words) == "compared"


def test_pages_that_refer_to_each_other_by_id_are_forecast_exactly(tmp_path):
    def export(name, **bodies):
        builder = ExportBuilder()
        builder.space(homePage=page_ref(200))
        for number, body in bodies.items():
            builder.page(f"Page {number}", object_id=int(number[1:]), body=body)
        return builder.write(tmp_path / name)

    def link(number):
        return f'<p><ac:link><ri:content-entity ri:content-id="{number}"/></ac:link></p>'

    data, listed = tmp_path / "data", tmp_path / "list.ndjson"
    first = export("first.zip", p200=link(201), p201=link(200), p202=link(203))
    newer = export("newer.zip", p200=link(203), p201=link(200), p202=link(203), p203=link(202))

    for each in (first, first, newer, newer):
        assert agree(each, data, listed, []) == "compared"


def test_a_real_export_is_forecast_exactly(tmp_path):
    data, listed = tmp_path / "data", tmp_path / "list.ndjson"

    assert agree(SAMPLE, data, listed, []) == "compared"
    assert agree(SAMPLE, data, listed, []) == "compared"


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    invoke("migrate", SAMPLE, "--data", tmp_path / "none", "--dry-run", "--quiet")

    assert list(tmp_path.iterdir()) == []


def test_a_saved_plan_is_rehearsed_without_being_touched(tmp_path):
    data, listed = tmp_path / "data", tmp_path / "list"
    trusted = ("--trust-domain", "all")
    invoke("plan", "create", SAMPLE, "--data", data, "--name", "Docs", "--quiet", *trusted)
    before = everything(data)

    invoke("plan", "run", "Docs", "--data", data, "--dry-run", "--list", listed, "--quiet")
    untouched = everything(data)
    invoke("plan", "run", "Docs", "--data", data, "--quiet")
    answer = invoke("plan", "diff", listed, "Docs", "--data", data)

    assert untouched == before
    assert "agree on every item" in answer.output


def test_a_stopped_run_is_forecast_to_its_end(tmp_path):
    import threading

    from support.runs import CutAt

    builder = a_generated_export(random.Random(3))
    export = builder.write(tmp_path / "export.zip")
    data, listed = tmp_path / "data", tmp_path / "list"
    words = ["--space-clash", "skip"]
    stop = threading.Event()

    class StopAt(CutAt):
        def handle_request(self, request):
            self._left -= 1
            if self._left == 0:
                stop.set()
            return self._inner.handle_request(request)

    report = Place(data).run(
        export, stop=stop, wrap=lambda inner: StopAt(inner, 12, after=False),
        space_clash="skip",
    )  # fmt: skip
    assert report.run.status == "STOPPED"

    assert agree(export, data, listed, words) == "compared"


def test_what_comes_otherwise_is_named_item_by_item(tmp_path):
    data, listed = tmp_path / "data", tmp_path / "list"
    first = a_generated_export(random.Random(1)).write(tmp_path / "first.zip")
    words = ["--space-clash", "skip"]
    invoke("migrate", first, "--data", data, "--dry-run", "--list", listed, "--quiet", *words)
    lines = listed.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b'"page/200"' not in line]
    listed.write_bytes(b"".join(kept).replace(b'"create"', b'"skip"', 1))
    CliRunner().invoke(portway, ["migrate", str(first), "--data", str(data), "--quiet", *words])

    answer = invoke("plan", "diff", listed, "--data", data, exits=1)

    assert "page/200" in answer.output
    assert "said nothing, happened create" in answer.output


def test_a_file_that_is_no_list_is_refused(tmp_path):
    other = tmp_path / "other"
    other.write_text("[]\n")
    shutil.copyfile(SAMPLE, tmp_path / "e.zip")
    invoke("migrate", SAMPLE, "--data", tmp_path / "data", "--quiet")

    result = CliRunner().invoke(
        portway, ["plan", "diff", str(other), "--data", str(tmp_path / "data")]
    )

    assert getattr(result.exception, "code", None) == "list_unreadable"


def test_nothing_is_rehearsed_while_a_run_is_going_on(tmp_path):
    from portway_assistant.runs.lock import RunLock

    data = tmp_path / "data"
    invoke("migrate", SAMPLE, "--data", data, "--quiet")
    with RunLock(data / "assistant").hold("plan"):
        result = CliRunner().invoke(
            portway, ["migrate", str(SAMPLE), "--data", str(data), "--dry-run", "--quiet"]
        )

    assert getattr(result.exception, "code", None) == "data_in_use"
