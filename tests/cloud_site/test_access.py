"""Who may call what: admins all of it, apps of the site the product REST, nobody else anything."""

import re
from datetime import timedelta

import flask
import pytest

from portway_cloud_site.app import create_app
from portway_service.admin_access import AdminAccess
from portway_service.endpoints import refuse_unstated_access
from support.site import SOURCE, TOKEN, an_attachment, beside, frames

READER = {"Authorization": "JWT acme/reader-app"}
WRITER = {"Authorization": "JWT acme/writer-app"}
NOBODY: dict[str, str] = {}


def every_address(app: flask.Flask) -> list[tuple[str, str]]:
    """Return method and path of every route, with something for each place in the path."""
    fill = {"site_key": "acme", "source": SOURCE, "slug": "title", "code": "AYAB", "file_name": "x"}
    addresses = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: fill.get(match[1], "98305"), rule.rule)
        addresses += [(method, path) for method in sorted(rule.methods - {"HEAD"})]
    return addresses


def test_nobody_gets_anything_without_showing_who_they_are(filled):
    opened = {
        path
        for method, path in every_address(filled.app)
        if filled.client.open(path, method=method, json={}).status_code != 401
    }

    assert opened == {"/sites/-/site.css", "/sites/-/person.svg", "/sites/-/mark.svg"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"Authorization": "JWT other/reader-app"},
        {"Authorization": "JWT "},
        {"Cookie": "portway_admin=9999999999.0000"},
    ],
)
def test_wrong_credentials_are_no_credentials(filled, headers):
    response = filled.call("GET", "/api/v2/pages", headers=headers)

    assert response.status_code == 401
    assert response.get_json()["code"] == "unauthenticated"


def test_a_refusal_does_not_tell_whether_the_site_exists(site):
    site.key = "elsewhere"

    assert site.call("GET", "/api/v2/pages", headers=NOBODY).status_code == 401


def test_apps_of_the_site_read_what_admins_read(filled):
    as_admin = filled.product("/pages")

    assert filled.product("/pages", headers=READER) == as_admin
    assert filled.product("/pages?jwt=acme/reader-app", headers=NOBODY)["results"]


def test_a_token_in_the_address_is_not_repeated_in_links(filled):
    response = filled.call("GET", "/api/v2/pages?limit=1&jwt=acme/reader-app", headers=NOBODY)

    assert "reader-app" not in response.get_data(as_text=True)
    assert "reader-app" not in response.headers["Link"]


def test_an_app_of_another_site_reads_nothing_here(filled):
    beside(filled, "beside")

    response = filled.call(
        "GET", "/api/v2/pages", headers={"Authorization": "JWT beside/reader-app"}
    )

    assert response.status_code == 401


def test_an_app_writes_only_with_the_right_to(filled):
    page = {"spaceId": "98306", "title": "By an app", "body": {"storage": {"value": "<p/>"}}}

    refused = filled.call("POST", "/api/v2/pages", json=page, headers=READER)
    made = filled.call("POST", "/api/v2/pages", json=page, headers=WRITER)

    assert refused.status_code == 403
    assert refused.get_json()["code"] == "app_may_not_write"
    assert made.status_code == 200
    [author] = filled.call(
        "POST", "/api/v2/users-bulk", json={"accountIds": [made.get_json()["authorId"]]}
    ).get_json()["results"]
    assert (author["accountType"], author["displayName"]) == ("app", "Writer-App")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/portway/v1/site", b'{"name":"X"}'),
        ("POST", f"/portway/v1/sources/{SOURCE}/items", b""),
        ("PUT", f"/portway/v1/sources/{SOURCE}/files?sourceKey=attachment/500", b"hello"),
        ("POST", f"/portway/v1/sources/{SOURCE}/files", frames([("attachment/500", b"hello")])),
        ("GET", f"/portway/v1/sources/{SOURCE}/inventory", b""),
        ("GET", "", b""),
        ("GET", "/spaces/DEMO", b""),
    ],
)
def test_bulk_door_and_pages_are_the_admins_alone(filled, method, path, body):
    assert filled.call(method, path, data=body, headers=WRITER).status_code == 401


def test_a_signed_in_browser_sees_pages_until_its_session_ends(filled):
    cookie = AdminAccess(TOKEN, filled.clock).session_cookie()
    headers = {"Cookie": f"portway_admin={cookie}"}

    assert filled.call("GET", "/spaces/DEMO", headers=headers).status_code == 200
    filled.clock.advance(timedelta(hours=13))
    assert filled.call("GET", "/spaces/DEMO", headers=headers).status_code == 401


def test_a_browser_that_is_not_signed_in_reads_how_to(filled):
    response = filled.call("GET", "/spaces/DEMO", headers=NOBODY)

    html = response.get_data(as_text=True)
    assert response.status_code == 401
    assert response.mimetype == "text/html"
    assert "Please sign in" in html
    assert "portway serve" in html
    assert "DEMO space" not in html


def test_other_sites_cannot_make_a_signed_in_browser_write(filled):
    cookie = AdminAccess(TOKEN, filled.clock).session_cookie()
    page = {"spaceId": "98306", "title": "Forged", "body": {"storage": {"value": "<p/>"}}}

    response = filled.call(
        "POST",
        "/api/v2/pages",
        json=page,
        headers={"Cookie": f"portway_admin={cookie}", "Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 401


def test_a_route_without_a_stated_access_keeps_the_app_from_starting(filled):
    filled.app.view_functions["unguarded"] = lambda: "secret"
    filled.app.url_map.add(
        type(next(filled.app.url_map.iter_rules()))("/open", endpoint="unguarded")
    )

    with pytest.raises(RuntimeError, match="/open"):
        refuse_unstated_access(filled.app)


def test_starting_again_on_the_same_data_keeps_everything(filled):
    services = filled.app.extensions["portway_cloud_site"]
    before = filled.inventory()

    filled.client = create_app(services.settings).test_client()

    assert filled.inventory() == before


def test_an_attachment_of_another_site_cannot_be_fetched(filled):
    other = beside(filled, "beside")
    download = filled.product("/attachments/att98311")["downloadLink"]

    assert filled.call("GET", download).status_code == 200
    assert other.call("GET", download).status_code == 404
    assert other.send_file("attachment/500", b"hello").status_code == 404
    assert other.send(an_attachment())[0]["outcome"] == "failed"
