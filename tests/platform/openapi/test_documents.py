"""The OpenAPI documents say what the endpoints do."""

import json
import re
from pathlib import Path

import flask
import pytest

from portway_platform.app import open_interfaces
from portway_platform.callers import AppAuthenticator
from portway_platform.openapi.documents import documents
from portway_service.endpoints import Api, Open
from portway_service.openapi import Described, UndocumentedError, document

PAGES = Path(__file__).parents[3] / "docs" / "reference" / "openapi"
NAMES = ["admin", "gateway", "connect", "forge"]


@pytest.fixture
def served(running):
    return {name: running.call("GET", f"/openapi/{name}.json").json for name in NAMES}


def test_there_is_no_other_document(running):
    assert running.call("GET", "/openapi/public.json").status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_document_in_the_reference_is_the_one_served(served, name):
    kept = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))

    assert kept == served[name], "run `make docs`"


def test_every_route_of_an_interface_is_in_its_document(running, served):
    prefixes = {"/admin/v1/": "admin", "/gateway/v1/": "gateway", "/app/migration/": "forge"}
    for rule in running.app.url_map.iter_rules():
        name = next((n for prefix, n in prefixes.items() if str(rule).startswith(prefix)), None)
        if name is None and str(rule).startswith("/sites/<site_key>/wiki/rest/atlassian-connect"):
            name = "connect"
        if name is None:
            continue
        held = {
            path.replace("{", "<").replace("}", ">"): operations
            for path, operations in served[name]["paths"].items()
        }
        for method in rule.methods - ({"HEAD"} if "GET" in rule.methods else set()):
            assert method.lower() in held[_camelled(str(rule))], f"{method} {rule}"


def _camelled(rule):
    """A Flask rule with its arguments in camelCase."""
    return re.sub(r"_([a-z0-9])(?=[^<>]*>)", lambda match: match[1].upper(), rule)


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_of_a_document_leads_somewhere(served, name):
    found = []

    def walk(part):
        if isinstance(part, dict):
            if "$ref" in part:
                found.append(part["$ref"])
            for each in part.values():
                walk(each)
        elif isinstance(part, list):
            for each in part:
                walk(each)

    walk(served[name])
    assert found
    for reference in set(found):
        place = served[name]
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_refusals_are_listed_by_status_with_their_codes(served):
    log = served["forge"]["paths"]["/app/migration/forge/v1/log/{transferId}"]["post"]
    refused = served["forge"]["components"]["responses"]["Refused409"]
    codes = refused["content"]["application/json"]["schema"]["properties"]["code"]["enum"]

    assert "transfer_not_running" in codes
    assert log["responses"]["409"] == {"$ref": "#/components/responses/Refused409"}
    assert "500" not in log["responses"]


def test_an_endpoint_that_does_not_say_what_it_answers_has_no_document():
    api = Api("odd", "/odd", lambda *_: None)

    @api.endpoint("GET", "/thing", access=Open("test"))
    def thing(call) -> flask.Response: ...

    with pytest.raises(UndocumentedError, match="GET /odd/thing"):
        document(Described(api, "Odd", "", ()), version="1")


def test_documents_are_the_same_for_every_platform(running):
    services = running.platform.services
    empty = open_interfaces(services, AppAuthenticator(services))

    assert set(documents(empty)) == set(NAMES)
