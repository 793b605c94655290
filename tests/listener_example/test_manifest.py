"""The manifest says what the code does."""

import tomllib
from importlib.resources import files

from notes_app import CLOUD_APP_KEY, NAME, SERVER_APP_KEY, VENDOR, VERSION
from notes_app.server.listener import SCOPES, ServerApp, make_listener
from notes_app.server.notes import NoteStore

FOLDER = files("notes_app")
MANIFEST = tomllib.loads((FOLDER / "portway.toml").read_text(encoding="utf-8"))


def test_the_manifest_names_the_app_as_the_code_does():
    named = {name: MANIFEST[name] for name in ("app_key", "server_app_key", "version")}

    assert named == {
        "app_key": CLOUD_APP_KEY,
        "server_app_key": SERVER_APP_KEY,
        "version": VERSION,
    }
    assert (MANIFEST["name"], MANIFEST["vendor"]) == (NAME, VENDOR)


def test_the_manifest_asks_for_the_scopes_the_listener_declares(tmp_path):
    listener = make_listener(ServerApp(NoteStore(tmp_path / "notes.db")))

    assert {declared["scope"] for declared in MANIFEST["scopes"]} == SCOPES
    assert listener.declaration.data_access_scopes == SCOPES
    assert all(declared["reason"] for declared in MANIFEST["scopes"])


def test_an_admin_can_read_privacy_and_terms_from_an_installed_package():
    policies = {policy["kind"]: policy for policy in MANIFEST["policies"]}

    assert policies.keys() == {"privacy", "terms"}
    for policy in policies.values():
        assert policy["version"] in (FOLDER / policy["file"]).read_text(encoding="utf-8")


def test_the_commands_start_both_sides_where_the_descriptor_says():
    cloud, server = MANIFEST["run"]["cloud"], MANIFEST["run"]["server"]

    assert cloud[:3] == ["{python}", "-m", "notes_app.cloud"]
    assert server[:3] == ["{python}", "-m", "notes_app.server"]
    port = cloud[cloud.index("--port") + 1]
    assert MANIFEST["cloud"]["descriptor_url"] == f"http://127.0.0.1:{port}/atlassian-connect.json"
