"""What keeps a descriptor from being used."""

import httpx
import pytest

from portway_platform.installations.descriptor import find_faults
from support.manifests import APP_KEY, DESCRIPTOR_URL
from support.vendor import VendorApp, a_descriptor


def faulty_fields(document, *, descriptor_url=DESCRIPTOR_URL):
    faults = find_faults(document, app_key=APP_KEY, descriptor_url=descriptor_url)
    return [fault["field"] for fault in faults]


def install(running, vendor, *, url=DESCRIPTOR_URL):
    running.outside.hosts["notes.example"] = vendor
    return running.admin("PUT", f"sites/acme/installations/{APP_KEY}", json={"descriptorUrl": url})


def test_a_sound_descriptor_has_no_faults():
    assert faulty_fields(a_descriptor()) == []


def test_events_and_most_lifecycle_calls_are_the_apps_choice():
    document = a_descriptor(lifecycle={"installed": "/installed"}, cloudAppMigration=None)

    assert faulty_fields(document) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "com.example.other"}, "key"),
        ({"key": None}, "key"),
        ({"authentication": {"type": "none"}}, "authentication.type"),
        ({"authentication": None}, "authentication.type"),
        ({"authentication": "jwt"}, "authentication.type"),
        ({"lifecycle": {}}, "lifecycle.installed"),
        ({"lifecycle": {"installed": "https://elsewhere.example/x"}}, "lifecycle.installed"),
        ({"lifecycle": {"installed": "//elsewhere.example/x"}}, "lifecycle.installed"),
        ({"lifecycle": {"installed": "/../admin"}}, "lifecycle.installed"),
        ({"lifecycle": {"installed": "/i", "enabled": "enabled"}}, "lifecycle.enabled"),
        ({"lifecycle": {"installed": "/i", "uninstalled": 7}}, "lifecycle.uninstalled"),
        (
            {"cloudAppMigration": {"migrationWebhookPath": "@elsewhere.example/"}},
            "cloudAppMigration.migrationWebhookPath",
        ),
        ({"cloudAppMigration": "/events"}, "cloudAppMigration"),
        ({"cloudAppMigration": {}}, "cloudAppMigration.migrationWebhookPath"),
        (
            {"modules": {"cloudAppMigration": {"migrationWebhookPath": "events"}}},
            "modules.cloudAppMigration.migrationWebhookPath",
        ),
        ({"lifecycle": {"installed": None}}, "lifecycle.installed"),
        ({"regionBaseUrls": ["https://eu.notes.example"]}, "regionBaseUrls"),
        ({"regionBaseUrls": {"EU": "eu.notes.example"}}, "regionBaseUrls.EU"),
        ({"regionBaseUrls": {"MARS": "https://mars.notes.example"}}, "regionBaseUrls.MARS"),
        ({"name": 7}, "name"),
        ({"scopes": "READ"}, "scopes"),
        ({"scopes": [1]}, "scopes"),
        ({"baseUrl": None}, "baseUrl"),
        ({"baseUrl": "notes.example"}, "baseUrl"),
        ({"baseUrl": "ftp://notes.example"}, "baseUrl"),
        ({"baseUrl": "https://notes.example/?q=1"}, "baseUrl"),
        ({"baseUrl": "https://user@notes.example/"}, "baseUrl"),
        ({"baseUrl": "https://notes.example:x/"}, "baseUrl"),
        ({"baseUrl": "https://elsewhere.example/app"}, "baseUrl"),
        ({"baseUrl": "http://notes.example/app"}, "baseUrl"),
        ({"baseUrl": "https://notes.example:444/app"}, "baseUrl"),
    ],
)
def test_a_fault_is_named_by_its_field(changes, field):
    assert faulty_fields(a_descriptor(**changes)) == [field]


def test_the_default_port_may_be_written_out():
    assert faulty_fields(a_descriptor(baseUrl="https://notes.example:443/app")) == []


def test_every_fault_is_named_at_once_and_nothing_is_kept(ready):
    answer = install(ready, VendorApp({"baseUrl": 7, "key": "other"}).answer)

    assert (answer.status_code, answer.json["code"]) == (422, "descriptor_invalid")
    assert [fault["field"] for fault in answer.json["details"]] == [
        "key",
        "authentication.type",
        "baseUrl",
        "lifecycle.installed",
    ]
    assert ready.admin("GET", "sites/acme/installations").json == []


@pytest.mark.parametrize(
    ("vendor", "problem"),
    [
        (lambda request: httpx.Response(404), "answered 404"),
        (lambda request: httpx.Response(302, headers={"Location": "/x"}), "answered 302"),
        (lambda request: httpx.Response(200, content=b" " * (1 << 20) + b"{}"), "larger than"),
    ],
)
def test_a_descriptor_that_cannot_be_fetched_is_told_with_its_reason(ready, vendor, problem):
    answer = install(ready, vendor)

    assert (answer.status_code, answer.json["code"]) == (502, "descriptor_unreachable")
    assert problem in answer.json["message"]


def test_a_descriptor_whose_server_is_down_or_slow_is_unreachable(ready):
    def slow(request):
        raise httpx.ReadTimeout("slow", request=request)

    assert "within 10 s" in install(ready, slow).json["message"]
    assert install(ready, slow, url="https://down.example/x").json["code"] == (
        "descriptor_unreachable"
    )


def test_a_descriptor_that_is_no_json_object_is_invalid(ready):
    for content in (b"<html>", b"[]", b"\xff"):
        answer = install(
            ready, lambda request, content=content: httpx.Response(200, content=content)
        )

        assert (answer.status_code, answer.json["code"]) == (422, "descriptor_invalid")
