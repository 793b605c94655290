"""The `portway` command as its users run it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from portway_cli.error_codes import all_codes
from portway_cli.main import COMMANDS, main, portway
from support.exports import ExportBuilder, page_ref
from support.processes import SAMPLES

SAMPLE = SAMPLES / "confluence-8.5.6-space.xml.zip"


def run(*words: str, code: int = 0):
    result = CliRunner().invoke(portway, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def test_help_names_every_command_without_loading_any():
    output = run("--help").output

    assert all(name in output for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name):
    assert run(name, "--help").output.startswith("Usage: portway")


def test_inspect_counts_what_an_export_holds():
    found = json.loads(run("inspect", str(SAMPLE), "--json").stdout)

    # Source: README of the samples.
    assert (found["spaces"], found["pages_current"], found["pages_draft"]) == (1, 3, 3)
    assert (found["comments_current"], found["comments_on_content"]) == (2, 1)
    assert (found["attachments_current"], found["attachment_files"]) == (11, 0)
    assert (found["users"], found["space_permissions"], found["labels"]) == (4, 53, 2)
    assert (found["content_permissions"], found["content_permission_sets"]) == (5, 2)


def test_inspect_speaks_to_people_too():
    assert "3" in run("inspect", str(SAMPLE)).output


def test_migrate_ends_with_one_json_object(tmp_path):
    result = run("migrate", str(SAMPLE), "--data", str(tmp_path / "data"), "--json", "--quiet")

    answer = json.loads(result.stdout.strip().splitlines()[-1])
    assert answer["status"] == "FINISHED"
    assert {"created", "merged", "skipped", "unchanged", "failed"} == set(answer["items"])
    assert answer["items"]["created"] == 44
    assert answer["apps"] == []
    assert answer["proof"] == {"complete": True, "unexplained": 0}
    assert Path(answer["report"]).read_text().startswith("<!doctype html>")
    assert answer["seconds"] > 0


def test_migrate_again_creates_nothing(tmp_path):
    words = ("migrate", str(SAMPLE), "--data", str(tmp_path / "data"), "--json", "--quiet")
    run(*words)

    answer = json.loads(run(*words).stdout.strip().splitlines()[-1])

    assert (answer["status"], answer["items"]["created"]) == ("FINISHED", 0)


def test_an_export_that_cannot_be_read_fails_with_a_code_and_writes_nothing(tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"not a zip")

    result = run("migrate", str(broken), "--data", str(tmp_path / "d"), "--json", "--quiet", code=3)

    answer = json.loads(result.stdout.strip().splitlines()[-1])
    assert (answer["status"], answer["code"]) == ("FAILED", "export_not_a_zip")
    assert answer["report"] is None
    assert "fix:" in result.stderr
    assert not list((tmp_path / "d" / "assistant").glob("exports/*"))


def test_a_space_the_export_does_not_hold_is_named(tmp_path):
    words = ["migrate", str(SAMPLE), "--data", str(tmp_path), "--space", "NOPE", "--json"]

    result = run(*words, "--quiet", code=3)

    assert json.loads(result.stdout.splitlines()[-1])["code"] == "space_not_in_export"
    assert "HT" in result.stderr


def test_migrate_needs_a_place(tmp_path):
    assert "--data" in run("migrate", str(SAMPLE), code=2).output


def test_a_wrong_site_key_is_refused_before_anything_is_made(tmp_path):
    data = tmp_path / "data"

    run("migrate", str(SAMPLE), "--data", str(data), "--site", "Not A Key", code=2)

    assert not data.exists()


def test_explain_tells_about_every_code():
    for code in all_codes():
        output = run("explain", code).output
        assert "cause:" in output
        assert "fix:" in output


def test_explain_helps_with_a_misspelt_code():
    assert "consent_required" in run("explain", "consent_requird", code=2).output


def test_codes_are_unique_over_all_rooms():
    from portway_assistant import error_codes as assistant
    from portway_cloud_site import error_codes as cloud_site
    from portway_platform import error_codes as platform
    from portway_service import error_codes as service

    codes = [
        error.code for room in (service, platform, cloud_site, assistant) for error in room.CODES
    ]
    assert sorted(codes) == sorted(set(codes))


def test_an_expected_failure_ends_in_lines_not_in_a_traceback(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["inspect", str(tmp_path / "absent.zip")])

    assert ended.value.code == 3
    errors = capsys.readouterr().err
    assert errors.startswith("error: ")
    assert "code: export_not_found (portway explain export_not_found)" in errors


def test_an_unreachable_platform_is_said_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PORTWAY_ADMIN_TOKEN", "x")
    with pytest.raises(SystemExit):
        main(["migrate", str(SAMPLE), "--platform", "http://127.0.0.1:9", "--data",
              str(tmp_path), "--patience", "0", "--quiet"])  # fmt: skip

    assert "stopped" in capsys.readouterr().out.lower()


def test_without_a_token_nothing_is_sent(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("PORTWAY_ADMIN_TOKEN", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(SystemExit):
        main(["app", "show", "x", "--platform", "http://127.0.0.1:9"])

    assert "no_admin_token" in capsys.readouterr().err


def test_a_restriction_moves_and_a_page_nobody_can_open_is_warned_of(tmp_path):
    builder = ExportBuilder()
    builder.space()
    builder.page("Secret", object_id=200)
    builder.restriction(page_ref(200), "View", users=["key-ann"])
    export = builder.write(tmp_path / "export.zip")

    output = run("migrate", str(export), "--data", str(tmp_path / "data")).output

    assert "restrictions 1 expected, 1 found, 1 the same" in " ".join(output.split())
    assert "Somebody active can open every restricted page. 1: Secret. " in output
