"""`portway sample` as its users run it."""

import json

import pytest
from click.testing import CliRunner

from portway_assistant.samples.causes import CAUSES
from portway_assistant.samples.damages import DAMAGES
from portway_cli.main import main, portway

SMALL = ("--pages", "12", "--users", "6", "--comments", "9", "--attachments", "3")


def run(*words: str, code: int = 0):
    result = CliRunner().invoke(portway, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def test_a_sample_is_written_with_the_apps_data_beside_it(tmp_path):
    output = run("sample", "-o", str(tmp_path / "site.zip"), *SMALL).output

    assert sorted(path.name for path in tmp_path.iterdir()) == ["site.notes.jsonl", "site.zip"]
    assert all(name in output for name in ("site.zip", "site.notes.jsonl"))
    found = json.loads(run("inspect", str(tmp_path / "site.zip"), "--json").stdout)
    assert (found["pages_current"], found["users"], found["export"]["type"]) == (12, 6, "all")


def test_a_space_export_has_its_people_beside_it(tmp_path):
    run("sample", "-o", str(tmp_path / "x.zip"), "--kind", "space", "--app-notes", "0", *SMALL)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.people.csv", "x.zip"]


def test_every_damage_and_every_cause_is_listed_with_its_sentence():
    for option, plants in (("--list-damage", DAMAGES), ("--list-causes", CAUSES)):
        lines = run("sample", option).output.splitlines()
        assert [line.split()[0] for line in lines] == list(plants)
        assert all(plants[line.split()[0]].sentence in line for line in lines)


def test_several_damages_may_be_named_in_one_word(tmp_path):
    package = str(tmp_path / "x.zip")
    run("sample", "-o", package, *SMALL, "--damage", "lost-page,control-character")

    found = json.loads(run("inspect", package, "--json").stdout)

    assert [repair["kind"] for repair in found["repairs"]] == ["control_character"]
    assert "lost_page" in {note["kind"] for note in found["notes"]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "-o site.zip"),
        (("-o", "x.zip", "--damage", "rust"), "--list-damage"),
        (("-o", "x.zip", "--cause", "rust"), "--list-causes"),
        (("-o", "x.zip", "--kind", "space", "--spaces", "4"), "one space"),
        (("-o", "absent/x.zip"), "no folder"),
        (("-o", "x.zip", "--pages", "0"), "--pages"),
    ],
)
def test_wrong_usage_says_what_is_right(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert said in run("sample", *words, code=2).output
    assert list(tmp_path.iterdir()) == []


def test_a_sample_that_cannot_be_read_ends_inspect_with_its_code(tmp_path, capsys):
    package = str(tmp_path / "x.zip")
    run("sample", "-o", package, *SMALL, "--app-notes", "0", "--damage", "path-traversal")

    with pytest.raises(SystemExit) as ended:
        main(["inspect", package, "--json"])

    assert ended.value.code == 3
    assert "export_unsafe_path" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]
