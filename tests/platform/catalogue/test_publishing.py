"""Publishing versions of an app over the admin API."""

import pytest

from support.manifests import APP_KEY, a_manifest

PATH = f"apps/{APP_KEY}/versions"


def put(running, manifest, *, version=None):
    return running.admin("PUT", f"{PATH}/{version or manifest['version']}", json=manifest)


def test_a_published_version_is_what_the_catalogue_shows(running):
    answer = put(running, a_manifest())

    assert answer.status_code == 201
    assert answer.json["version"] == "1.0.0"
    assert len(answer.json["digest"]) == 64
    app = running.admin("GET", f"apps/{APP_KEY}").json
    assert app["currentVersion"] == "1.0.0"
    assert app["manifest"]["policies"][0]["text"] == "We keep your notes safe."
    assert running.admin("GET", "apps").json == [app]


def test_publishing_the_same_again_changes_nothing(running):
    first = put(running, a_manifest())

    again = put(running, a_manifest())

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json


def test_a_published_version_never_changes(running):
    put(running, a_manifest())

    answer = put(running, a_manifest(privacy="We sell your notes."))

    assert (answer.status_code, answer.json["code"]) == (409, "version_published")
    manifest = running.admin("GET", f"apps/{APP_KEY}").json["manifest"]
    assert manifest["policies"][0]["text"] == "We keep your notes safe."


@pytest.mark.parametrize("order", [("1.9.0", "1.10.0"), ("1.10.0", "1.9.0")])
def test_the_newest_version_is_current_in_whatever_order_they_come(running, order):
    for version in order:
        put(running, a_manifest(version=version, name=f"Notes {version}"))

    app = running.admin("GET", f"apps/{APP_KEY}").json

    assert app["currentVersion"] == "1.10.0"
    assert app["versions"] == ["1.10.0", "1.9.0"]
    assert app["name"] == app["manifest"]["name"] == "Notes 1.10.0"


def test_a_pre_release_does_not_take_the_place_of_its_release(running):
    put(running, a_manifest(version="2.0.0"))

    answer = put(running, a_manifest(version="2.0.0-rc.1"))

    assert answer.status_code == 201
    assert answer.json["currentVersion"] == "2.0.0"


def test_every_fault_of_a_manifest_is_named_at_once(running):
    manifest = a_manifest(
        version="one",
        migration_path="MAGIC",
        scopes=["ALL_OF_IT"],
        server_versions=[{"start": "2.0.0", "end": "1.0.0"}],
        colour="blue",
    )

    answer = put(running, manifest, version="1.0.0")

    assert answer.status_code == 400
    assert {fault["field"] for fault in answer.json["details"]} == {
        "version",
        "migration_path",
        "scopes.0.scope",
        "server_versions.0",
        "colour",
    }
    assert running.admin("GET", "apps").json == []


def test_what_belongs_together_in_a_manifest_is_checked_together(running):
    manifest = a_manifest(scopes=["APP_DATA_UGC", "APP_DATA_UGC"])
    del manifest["policies"]

    answer = put(running, manifest)

    assert "each scope is declared once" in answer.json["message"]
    assert "privacy policy and terms" in answer.json["message"]


def test_the_commands_of_a_manifest_stay_on_the_vendors_machine(running):
    answer = put(running, a_manifest(run={"cloud": ["python"]}))

    assert answer.json["details"][0]["field"] == "run"


def test_address_and_manifest_must_name_the_same_version(running):
    answer = put(running, a_manifest(version="1.0.0"), version="1.0.1")

    assert answer.status_code == 400
    assert answer.json["details"] == [
        {"field": "version", "problem": "the address says 1.0.1, the manifest 1.0.0"}
    ]


def test_an_app_nobody_published_is_unknown(running):
    answer = running.admin("GET", "apps/com.example.nothing")

    assert (answer.status_code, answer.json["code"]) == (404, "app_unknown")
