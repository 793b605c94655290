"""What a cloud app believes, what it refuses, and when its handlers run."""

import json
import logging
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from portway_sdk import (
    CloudApp,
    CloudAppSettings,
    ConfigurationError,
    EventType,
    MemoryAppStore,
    Request,
    TransferStatus,
    TransportError,
    testing,
)
from portway_sdk.testing import CloudAppTester, a_migration
from portway_sdk.tokens import sign_connect_token, sign_install_token
from portway_sdk.wire import AppDescriptor, Event
from support.sdk import ManualTime

APP = "com.example.notes.cloud"
EVENTS = "/migration-events"


def an_app(store=None, *, base_url="https://notes.example", **changes):
    settings = CloudAppSettings(
        app_key=APP,
        name="Page notes",
        base_url=base_url,
        install_keys_url="https://portway.example/keys",
        vendor="Example",
        **changes,
    )
    return CloudApp(settings, store=store or MemoryAppStore())


@pytest.fixture
def app():
    return an_app()


@pytest.fixture
def site(app):
    tester = CloudAppTester(app)
    assert tester.install().status == 204
    return tester


def code_of(response):
    return json.loads(response.body)["code"]


def an_event(**changes):
    event = {
        "cloudAppKey": APP,
        "transferId": "t-1",
        "eventType": "listener-triggered",
        "messageId": "m-1",
        "migrationDetails": a_migration().to_wire(),
    } | changes
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def signed_by(site, body, *, path=EVENTS, **changes):
    token = sign_connect_token(
        **{
            "issuer": site.client_key,
            "audience": APP,
            "secret": site._secret,
            "method": "POST",
            "url": EVENTS,
            "now": datetime.now(UTC),
        }
        | changes
    )
    return Request("POST", path, "", {"authorization": f"JWT {token}"}, body)


# The descriptor


def test_the_descriptor_says_what_the_platform_needs(app):
    response = app.handle(Request("GET", "/atlassian-connect.json", "", {}, b""))

    told = json.loads(response.body)
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    assert told == {
        "key": APP,
        "name": "Page notes",
        "baseUrl": "https://notes.example",
        "vendor": {"name": "Example"},
        "authentication": {"type": "jwt"},
        "lifecycle": {
            "installed": "/lifecycle/installed",
            "enabled": "/lifecycle/enabled",
            "uninstalled": "/lifecycle/uninstalled",
        },
        "cloudAppMigration": {"migrationWebhookPath": "/migration-events"},
        "scopes": ["READ"],
        "apiVersion": 1,
    }
    assert AppDescriptor.model_validate(told) == app.descriptor


# Installation


def test_an_installation_signed_by_the_platform_is_kept(app):
    site = CloudAppTester(app, site_url="https://acme.test/sites/acme/wiki/")

    assert site.install().status == 204

    (installation,) = app.installations()
    assert installation.client_key == site.client_key
    assert installation.base_url == "https://acme.test/sites/acme/wiki"
    assert installation.product_type == "confluence"


def test_an_uninstallation_ends_all_trust(app, site):
    assert site.uninstall().status == 204

    assert app.installations() == ()
    assert site.deliver(EventType.LISTENER_TRIGGERED).status == 401


def lifecycle(app, tester, event_type="installed", *, token_changes=None, **changes):
    path = f"/lifecycle/{event_type}"
    token = sign_install_token(
        **{
            "private_key": testing._install_key(),
            "key_id": testing._INSTALL_KEY_ID,
            "client_key": tester.client_key,
            "app_base_url": "https://notes.example",
            "method": "POST",
            "url": path,
            "now": datetime.now(UTC),
        }
        | (token_changes or {})
    )
    body = {
        "key": APP,
        "clientKey": tester.client_key,
        "sharedSecret": "a shared secret of more than 32 bytes",
        "baseUrl": "https://acme.test/wiki",
        "productType": "confluence",
        "description": "",
        "eventType": event_type,
    } | changes
    headers = {"Authorization": f"JWT {token}"}
    return app.handle(Request("POST", path, "", headers, json.dumps(body).encode()))


@pytest.mark.parametrize(
    "token_changes",
    [
        {"client_key": "another-client"},
        {"app_base_url": "https://other.example"},
        {"method": "GET"},
        {"url": "/lifecycle/uninstalled"},
        {"now": datetime.now(UTC) - timedelta(hours=1)},
        {"now": datetime.now(UTC) + timedelta(hours=1)},
        {"key_id": "unknown-key"},
        {"key_id": "../../etc/passwd"},
    ],
)
def test_an_installation_with_a_wrong_token_is_refused(app, token_changes):
    site = CloudAppTester(app)

    response = lifecycle(app, site, token_changes=token_changes)

    assert (response.status, code_of(response)) == (401, "unauthenticated")
    assert app.installations() == ()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"clientKey": "another-client"}, 401),
        ({"key": "com.example.other"}, 400),
        ({"eventType": "uninstalled"}, 400),
        ({"sharedSecret": "short"}, 400),
        ({"sharedSecret": None}, 400),
        ({"baseUrl": "javascript:alert(1)"}, 400),
        ({"baseUrl": "https://user:password@acme.test"}, 400),
        ({"clientKey": ""}, 400),
    ],
)
def test_an_installation_with_a_wrong_body_is_refused(app, changes, status):
    response = lifecycle(app, CloudAppTester(app), **changes)

    assert response.status == status
    assert app.installations() == ()


def test_an_installation_without_a_token_is_refused(app):
    fields = ("key", "clientKey", "sharedSecret", "baseUrl", "productType", "eventType")
    body = json.dumps(dict.fromkeys(fields, "x")).encode()

    assert app.handle(Request("POST", "/lifecycle/installed", "", {}, body)).status == 401


def test_a_shared_secret_signs_no_installation(app, site):
    """Whoever holds one site's secret cannot replace it."""
    body = json.dumps(
        {
            "key": APP,
            "clientKey": site.client_key,
            "sharedSecret": "x" * 40,
            "baseUrl": "https://evil.test",
            "productType": "confluence",
            "eventType": "installed",
        }
    ).encode()
    url = "/lifecycle/installed"

    response = app.handle(signed_by(site, body, path=url, url=url, audience=APP))

    assert response.status == 401
    assert app.installations()[0].base_url == site.site_url


def test_install_keys_that_cannot_be_reached_are_no_verdict(app):
    def away(request):
        raise httpx.ConnectError("refused", request=request)

    site = CloudAppTester(app)
    app._connect_through(httpx.MockTransport(away))
    app._trust._install_keys._timing = ManualTime(chance=1.0).timing

    response = site.install()

    assert (response.status, response.headers["Retry-After"]) == (503, "5")


def test_an_install_key_is_fetched_once_for_a_while(app):
    fetched = []
    site = CloudAppTester(app)
    answer = site._answer

    def note(request):
        fetched.append(str(request.url))
        return answer(request)

    app._connect_through(httpx.MockTransport(note))
    site.install()
    site.install()

    assert fetched == ["https://portway.example/keys/install-key-of-the-tester"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, 204), ({"key": "com.example.other"}, 403), ({"clientKey": "client-2"}, 403)],
)
def test_enabled_is_signed_with_the_shared_secret(app, site, changes, status):
    url = "/lifecycle/enabled"
    body = {
        "key": APP,
        "clientKey": site.client_key,
        "baseUrl": "https://acme.test",
        "productType": "confluence",
        "eventType": "enabled",
    } | changes

    response = app.handle(signed_by(site, json.dumps(body).encode(), path=url, url=url))

    assert response.status == status


# Events


def test_an_event_reaches_its_handler(app, site):
    seen = []
    app.on(EventType.APP_DATA_UPLOADED)(lambda event, client: seen.append((event, client)))

    response = site.deliver(EventType.APP_DATA_UPLOADED, s3_key="key-1", label="notes-00001")

    ((event, client),) = seen
    assert (response.status, response.body) == (200, b"{}")
    assert (event.event_type, event.s3_key) == (EventType.APP_DATA_UPLOADED, "key-1")
    assert event.label == "notes-00001"
    assert event.migration_details == site.migration
    assert (client.client_key, client.site_url) == (site.client_key, site.site_url)


@pytest.mark.parametrize("base_url", ["https://notes.example", "https://notes.example/portway/"])
def test_a_base_url_may_have_a_path(base_url):
    app = an_app(base_url=base_url)
    site = CloudAppTester(app)

    assert site.install().status == 204
    assert site.deliver(EventType.LISTENER_TRIGGERED).status == 200


def test_a_proxy_may_take_the_base_path_off():
    app = an_app(base_url="https://notes.example/portway")
    site = CloudAppTester(app)
    site.install()
    request = signed_by(site, an_event(), url="/portway/migration-events", context_path="/portway")

    assert app.handle(request).status == 200


def test_a_repeated_event_is_handled_once(app, site):
    seen = []
    app.on(EventType.LISTENER_TRIGGERED)(lambda event, _client: seen.append(event))

    first = site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1")
    second = site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1")

    assert (first.status, second.status, len(seen)) == (200, 200, 1)


def test_a_handler_that_raises_gets_the_event_again(app, site, caplog):
    attempts = []

    @app.on(EventType.LISTENER_TRIGGERED)
    def handle(event, _client):
        attempts.append(event)
        if len(attempts) == 1:
            raise ValueError("the note of Jane Doe")

    first = site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1")
    second = site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1")

    assert (first.status, second.status, len(attempts)) == (500, 200, 2)
    assert json.loads(first.body) == {
        "code": "handler_failed",
        "message": "The app could not handle the event.",
    }
    assert "ValueError" in caplog.text
    assert "Jane" not in caplog.text


def test_an_event_in_progress_is_asked_to_come_back(app, site):
    begun, may_end = threading.Event(), threading.Event()
    answers = []

    @app.on(EventType.LISTENER_TRIGGERED)
    def handle(_event, _client):
        begun.set()
        may_end.wait(10)

    first = threading.Thread(
        target=lambda: answers.append(
            site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1").status
        )
    )
    first.start()
    begun.wait(10)
    meanwhile = site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1")
    may_end.set()
    first.join(10)
    afterwards = site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1")

    assert (meanwhile.status, code_of(meanwhile)) == (503, "event_in_progress")
    assert meanwhile.headers["Retry-After"] == "5"
    assert (answers, afterwards.status) == ([200], 200)


def test_a_long_handler_keeps_its_claim():
    app = an_app(handler_lease_seconds=0.15)
    site = CloudAppTester(app)
    site.install()
    meanwhile = []

    @app.on(EventType.LISTENER_TRIGGERED)
    def handle(_event, _client):
        for _ in range(5):
            time.sleep(0.08)
            answer = site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1")
            meanwhile.append(answer.status)

    assert site.deliver(EventType.LISTENER_TRIGGERED, message_id="m-1").status == 200
    assert meanwhile == [503] * 5


def test_a_store_that_fails_makes_the_event_come_again():
    class FailingStore(MemoryAppStore):
        def done(self, attempt):
            raise OSError("disk full of Jane Doe")

    app = an_app(FailingStore())
    site = CloudAppTester(app)
    site.install()

    response = site.deliver(EventType.LISTENER_TRIGGERED)

    assert (response.status, code_of(response)) == (500, "internal_error")


def test_an_unanswered_question_in_a_handler_is_a_failed_handler(app, site):
    @app.on(EventType.LISTENER_TRIGGERED)
    def handle(_event, _client):
        raise TransportError("no answer came")

    response = site.deliver(EventType.LISTENER_TRIGGERED)

    assert (response.status, code_of(response)) == (500, "handler_failed")


def test_events_of_new_types_go_to_the_handler_for_them(app, site):
    seen = []
    app.on_unknown_event(lambda event, _client: seen.append(event.event_type))

    assert site.deliver("app-data-archived").status == 200
    assert site.deliver(EventType.TRANSFER_SETTLED).status == 200

    assert seen == ["app-data-archived"]


def test_an_event_without_any_handler_is_acknowledged(app, site):
    assert site.deliver("app-data-archived").status == 200
    assert site.deliver(EventType.LISTENER_ERRORED).status == 200


def test_a_handler_may_be_registered_for_a_new_type_by_its_text(app, site):
    seen = []
    app.on("app-data-archived")(lambda event, _client: seen.append(event.event_type))

    site.deliver("app-data-archived")

    assert seen == ["app-data-archived"]


def test_fields_nobody_knows_yet_reach_the_handler(app, site):
    seen = []
    app.on(EventType.TRANSFER_SETTLED)(lambda event, _client: seen.append(event))
    body = an_event(eventType="transfer-settled", transferStatus="SUCCESS", mood="fine")

    assert app.handle(signed_by(site, body)).status == 200

    (event,) = seen
    assert event.transfer_status is TransferStatus.SUCCESS
    assert event.model_extra == {"mood": "fine"}


def test_each_type_has_one_handler(app):
    app.on("listener-triggered")(print)
    app.on_unknown_event(print)

    with pytest.raises(ConfigurationError):
        app.on(EventType.LISTENER_TRIGGERED)(print)
    with pytest.raises(ConfigurationError):
        app.on_unknown_event(print)


# What is refused before any handler runs


@pytest.fixture
def handled(app):
    seen = []
    for event_type in EventType:
        app.on(event_type)(lambda event, _client: seen.append(event))
    return seen


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "another-client"},
        {"secret": "another shared secret of 32 bytes or more"},
        {"audience": "com.example.other"},
        {"method": "GET"},
        {"url": "/lifecycle/enabled"},
        {"url": "/migration-events?x=1"},
        {"now": datetime.now(UTC) - timedelta(hours=1)},
        {"now": datetime.now(UTC) + timedelta(hours=1)},
    ],
)
def test_an_event_with_a_wrong_token_is_refused(app, site, handled, changes):
    response = app.handle(signed_by(site, an_event(), **changes))

    assert (response.status, code_of(response)) == (401, "unauthenticated")
    assert handled == []


@pytest.mark.parametrize(
    "authorization", [None, "", "JWT", "JWT x.y.z", "Bearer abc", "Basic eA=="]
)
def test_an_event_without_a_token_is_refused(app, site, handled, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}

    response = app.handle(Request("POST", EVENTS, "", headers, an_event()))

    assert response.status == 401
    assert handled == []


def test_one_sites_token_does_not_speak_for_another(app, handled):
    first = CloudAppTester(app)
    first.install()
    second = CloudAppTester(app, client_key="client-2")
    second.install()

    response = app.handle(signed_by(first, an_event(), issuer=second.client_key))

    assert response.status == 401
    assert handled == []


def test_an_event_for_another_app_is_refused(app, site, handled):
    response = app.handle(signed_by(site, an_event(cloudAppKey="com.example.other")))

    assert (response.status, code_of(response)) == (403, "for_another_app")
    assert handled == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"not json",
        an_event(messageId=None),
        an_event(messageId=""),
        an_event(messageId="x" * 256),
        an_event(transferId=None),
        an_event(migrationDetails=None),
    ],
)
def test_a_malformed_event_is_refused_not_acknowledged(app, site, handled, body):
    response = app.handle(signed_by(site, body))

    assert (response.status, code_of(response)) == (400, "malformed")
    assert handled == []


def test_a_body_beyond_a_mebibyte_is_refused_unread(app, site, handled):
    response = app.handle(signed_by(site, b" " * (1024 * 1024 + 1)))

    assert response.status == 413
    assert handled == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/migration-events/", 404),
        ("POST", "/lifecycle/disabled", 404),
        ("GET", "/migration-events", 405),
        ("DELETE", "/lifecycle/installed", 405),
        ("POST", "/atlassian-connect.json", 405),
        ("HEAD", "/atlassian-connect.json", 200),
    ],
)
def test_only_its_own_paths_and_methods_are_answered(app, method, path, status):
    response = app.handle(Request(method, path, "", {}, b""))

    assert response.status == status
    if status == 405:
        assert response.headers["Allow"] in ("GET", "POST")


# Secrets


def test_logs_hold_ids_and_no_secrets(app, caplog):
    caplog.set_level(logging.DEBUG)
    site = CloudAppTester(app)
    site.install()
    app.on(EventType.LISTENER_TRIGGERED)(
        lambda event, client: client.progress(event.transfer_id, percent=5, message="Jane Doe")
    )
    request = signed_by(site, an_event(transferId=site.transfer_id))

    assert app.handle(request).status == 200
    app.handle(signed_by(site, an_event(), secret="x" * 40))

    told = caplog.text + repr([vars(record) for record in caplog.records])
    assert "m-1" in told
    assert site._secret not in told
    assert request.headers["authorization"].partition(" ")[2] not in told
    assert "Jane" not in told
    assert site._secret not in repr(app.installations())
    assert "Wave 3" not in repr(request)


def test_an_event_survives_the_wire():
    event = Event.model_validate_json(an_event(s3Key="k", label=""))

    assert Event.model_validate(event.to_wire()) == event
    assert event.label == ""
