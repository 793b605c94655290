"""Manifests on disk: read whole, checked whole, every fault named at once."""

import pytest

from portway_cli.manifests import read_app_file
from portway_service.errors import Refusal
from support.processes import ROOT

EXAMPLE = ROOT / "listener_example" / "notes_app" / "portway.toml"


def test_the_examples_manifest_is_valid(tmp_path):
    app = read_app_file(EXAMPLE)

    assert app.key == "com.example.notes.cloud"
    assert {policy["kind"] for policy in app.manifest["policies"]} == {"privacy", "terms"}
    assert all(policy["text"] for policy in app.manifest["policies"])
    command = app.command("cloud", data=tmp_path, platform_url="http://x")
    assert "notes_app.cloud" in command
    assert not any("{" in word for word in command)


def test_every_fault_is_named_at_once(tmp_path):
    path = tmp_path / "portway.toml"
    path.write_text(
        'app_key = "has spaces"\nserver_app_key = "ok"\nname = ""\nvendor = "V"\n'
        'version = "one"\nmigration_path = "MAGIC"\nsurprise = 1\n'
        '[[policies]]\nkind = "privacy"\nurl = "https://e.example"\nversion = "1"\n'
        'file = "absent.md"\n[run]\ncloud = "not a list"\n'
    )

    with pytest.raises(Refusal) as refused:
        read_app_file(path)

    fields = {fault["field"] for fault in refused.value.facts["details"]}
    assert {
        "app_key", "name", "version", "migration_path", "surprise", "policies.0.file", "run.cloud",
    } <= fields  # fmt: skip


def test_an_automated_path_needs_its_policies(tmp_path):
    path = tmp_path / "portway.toml"
    text = EXAMPLE.read_text()
    path.write_text(text[: text.index("[[policies]]")])

    with pytest.raises(Refusal, match="faults"):
        read_app_file(path)


def test_a_file_that_is_no_manifest_is_refused(tmp_path):
    path = tmp_path / "portway.toml"
    path.write_bytes(b"\xff\xfe nonsense = = =")

    with pytest.raises(Refusal) as refused:
        read_app_file(path)

    assert refused.value.code == "manifest_unreadable"
