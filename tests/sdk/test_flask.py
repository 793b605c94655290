"""The adapter passes requests on as they came, and answers back as they are."""

import json
from datetime import UTC, datetime

import flask
import pytest

from portway_sdk import CloudApp, CloudAppSettings, EventType, MemoryAppStore, Response
from portway_sdk.flask import blueprint
from portway_sdk.testing import CloudAppTester
from portway_sdk.tokens import sign_connect_token


def an_app(base_url="https://notes.example"):
    settings = CloudAppSettings(
        app_key="com.example.notes.cloud",
        name="Page notes",
        base_url=base_url,
        install_keys_url="https://portway.example/keys",
        vendor="Example",
    )
    return CloudApp(settings, store=MemoryAppStore())


class SiteOverFlask(CloudAppTester):
    """Delivers through Flask's test client instead of calling the app."""

    def __init__(self, app, web):
        super().__init__(app)
        self._web = web

    def _send(self, path, token, body):
        answer = self._web.post(path, json=body, headers={"Authorization": f"JWT {token}"})
        return Response(answer.status_code, answer.data, dict(answer.headers))


def a_web_app(app, **registration):
    web = flask.Flask(__name__)
    web.register_blueprint(blueprint(app), **registration)
    return web


def test_the_descriptor_is_served():
    app = an_app()

    answer = a_web_app(app).test_client().get("/atlassian-connect.json")

    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.json == app.descriptor.to_wire()


@pytest.mark.parametrize(
    ("base_url", "prefix"), [("https://notes.example", None), ("https://notes.example/x", "/x")]
)
def test_an_app_is_installed_and_gets_events(base_url, prefix):
    app, seen = an_app(base_url), []
    app.on(EventType.LISTENER_TRIGGERED)(lambda event, _client: seen.append(event))
    site = SiteOverFlask(app, a_web_app(app, url_prefix=prefix).test_client())

    assert site.install().status == 204
    assert site.deliver(EventType.LISTENER_TRIGGERED).status == 200

    assert len(seen) == 1


def test_a_token_may_come_in_the_query():
    app = an_app()
    web = a_web_app(app).test_client()
    site = SiteOverFlask(app, web)
    site.install()
    token = sign_connect_token(
        issuer=site.client_key,
        secret=site._secret,
        method="POST",
        url="/lifecycle/enabled?b=2&a=1%202",
        now=datetime.now(UTC),
    )
    body = {
        "key": "com.example.notes.cloud",
        "clientKey": site.client_key,
        "baseUrl": site.site_url,
        "productType": "confluence",
        "eventType": "enabled",
    }

    answer = web.post(f"/lifecycle/enabled?a=1+2&jwt={token}&b=2", json=body)

    assert answer.status_code == 204


def test_refusals_keep_their_status_body_and_headers():
    web = a_web_app(an_app()).test_client()

    unsigned = web.post("/migration-events", data=b"{}")
    wrong_method = web.delete("/migration-events")

    assert (unsigned.status_code, unsigned.json["code"]) == (401, "unauthenticated")
    assert (wrong_method.status_code, wrong_method.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("excess", [0, 1, 5_000_000])
def test_a_large_body_is_not_read_to_its_end(excess):
    web = a_web_app(an_app()).test_client()

    answer = web.post("/migration-events", data=b" " * (1024 * 1024 + excess))

    assert answer.status_code == (413 if excess else 401)


def test_the_rest_of_the_web_app_is_untouched():
    web = a_web_app(an_app())
    web.add_url_rule("/", "home", lambda: "home")

    assert web.test_client().get("/").data == b"home"
    assert web.test_client().get("/lifecycle/other").status_code == 404


def test_two_apps_can_live_in_one_web_app():
    web = flask.Flask(__name__)
    for name in ("notes", "tasks"):
        app = an_app(f"https://apps.example/{name}")
        web.register_blueprint(blueprint(app, name=name), url_prefix=f"/{name}")

    told = web.test_client().get("/tasks/atlassian-connect.json").data

    assert json.loads(told)["baseUrl"] == "https://apps.example/tasks"
