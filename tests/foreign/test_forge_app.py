"""A Forge app in JavaScript, its requests made by Forge's own library, through a whole migration.

The app is `forge-app/handler.js`: written for Forge, with no line for Portway. What it takes, its
runtime has verified by the published keys. It behaves as public handlers do: it throws and is
called again, acknowledges foreign labels at once, resolves mappings in batches of 100, several at a
time.
"""

import gzip
import threading

import httpx
import orjson
import pytest

from portway_cli.processes import free_port
from portway_sdk import Gateway, Listener, ListenerSettings
from support.foreign import node_project
from support.forge import FORGE_APP_ID
from support.manifests import APP_KEY, SERVER_APP_KEY, a_manifest
from support.processes import Process, an_environment, answers, serving, wait_until

pytestmark = pytest.mark.processes

SCOPES = ("APP_DATA_OTHER", "MIGRATION_TRACING_PRODUCT", "MIGRATION_TRACING_IDENTITY")
PAGES = 250
PLACE = f"sites/acme/forge-installations/{APP_KEY}/production"


@pytest.fixture
def portway(tmp_path):
    with serving(tmp_path / "portway", an_environment(tmp_path)) as served:
        yield served


@pytest.fixture
def admin(portway):
    token = (portway.data / "admin.token").read_text().strip()
    with httpx.Client(
        base_url=f"{portway.url}/admin/v1/",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=30,
    ) as client:

        def call(method, path, body=None, **options):
            if body is not None:
                options["json"] = body
            answer = client.request(method, path, **options)
            assert answer.status_code < 300, answer.text
            return answer.json() if answer.content else None

        yield call


@pytest.fixture
def app(portway, tmp_path):
    """The Forge app's runtime as a process, and where it takes events."""
    program = node_project("forge-app")
    port = free_port()
    process = Process(
        ["node", "runtime.js"],
        log=tmp_path / "app.log",
        environment=an_environment(
            tmp_path, PORT=str(port), PLATFORM=portway.url, APP_ID=FORGE_APP_ID
        ),
        folder=program,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/seen"), process)
        yield url
    finally:
        process.end()


def a_listener(*more):
    """The server app; `more` are labels of further uploads."""
    listener = Listener(
        server_app_key=SERVER_APP_KEY,
        cloud_app_key=APP_KEY,
        version="1.0.0",
        scopes=SCOPES,
        forge_app_id=FORGE_APP_ID,
        forge_environment="production",
    )

    @listener.on_start_app_migration
    def export(gateway: Gateway) -> None:
        notes = [
            {"id": number, "page": str(number), "author": f"key-{number % 7}"}
            for number in range(PAGES + 1)
        ]
        for start in range(0, len(notes), 100):
            lines = b"\n".join(orjson.dumps(note) for note in notes[start : start + 100])
            with gateway.create_app_data(label="notes") as upload:
                upload.write(gzip.compress(lines))
        with gateway.create_app_data(label="of another version") as upload:
            upload.write(b"")
        for label in more:
            with gateway.create_app_data(label=label) as upload:
                upload.write(b"?")
        gateway.complete_export()

    return listener


def prepare(admin, app):
    admin("PUT", "sites/acme", {"name": "acme"})
    admin("PUT", "servers/acme-dc", {"name": "acme"})
    forge = {
        "app_id": FORGE_APP_ID,
        "environments": [{"name": "production", "remote_url": f"{app}/events"}],
    }
    admin("PUT", f"apps/{APP_KEY}/versions/1.0.0", a_manifest(scopes=SCOPES, forge=forge))
    admin("PUT", PLACE, {})
    where = f"app={APP_KEY}&server=acme-dc&site=acme"
    card = admin("GET", f"consents/card?{where}")["card"]
    admin(
        "POST",
        "consents",
        {
            "appKey": APP_KEY,
            "serverKey": "acme-dc",
            "siteKey": "acme",
            "appVersion": card["appVersion"],
            "scopes": [scope["scope"] for scope in card["scopes"]],
            "policyDigests": {each["kind"]: each["digest"] for each in card["policies"]},
            "noticeDigest": card["notice"]["digest"],
            "givenBy": "ada",
            "method": "test",
        },
    )
    body = {"serverKey": "acme-dc", "siteKey": "acme", "name": "Wave 3"}
    migration_id = admin("POST", "migrations", body)["migrationId"]
    rows = [
        *({"namespace": "confluence:page", "key": str(n), "value": f"c{n}"} for n in range(PAGES)),
        *(
            {"namespace": "identity:user", "key": f"confluence.userkey/key-{n}", "value": f"a{n}"}
            for n in range(7)
        ),
        *({"namespace": "confluence:space", "key": str(n), "value": f"s{n}"} for n in range(5)),
    ]
    spaces = [
        {"type": "ConfluenceSpace", "sourceId": str(n), "key": f"S{n}", "name": f"Space {n}"}
        for n in range(5)
    ]
    for kind, lines in (("mappings", rows), ("containers", spaces)):
        content = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        admin("POST", f"migrations/{migration_id}/{kind}", content=content)
    admin("PUT", f"migrations/{migration_id}/core", {"status": "FINISHED"})
    return migration_id


def moved(portway, admin, app, folder, listener):
    """Move the app until the platform settles; return the path of the transfer."""
    migration_id = prepare(admin, app)
    token = admin("POST", "servers/acme-dc/enrolments", {"appKey": APP_KEY})["enrolmentToken"]
    stop = threading.Event()
    settings = ListenerSettings(portway.url, folder / "listener.key", token, poll_seconds=1)
    listening = threading.Thread(target=listener.run, args=(settings,), kwargs={"stop": stop})
    listening.start()
    try:
        wait_until(lambda: admin("GET", "servers/acme-dc/listeners") != [])
        started = admin("POST", f"migrations/{migration_id}/transfers", {"appKey": APP_KEY})
        path = f"transfers/{started['transferId']}"
        wait_until(lambda: admin("GET", path)["status"] != "IN_PROGRESS", seconds=60)
    finally:
        stop.set()
        listening.join()
    return path


def test_a_file_the_app_gives_up_on_fails_the_transfer(portway, admin, app, tmp_path):
    transfer = admin("GET", moved(portway, admin, app, tmp_path, a_listener("broken")))

    assert (transfer["status"], transfer["reason"]) == ("FAILED", "messages_failed")
    assert (transfer["forge"]["processed"], transfer["forge"]["failed"]) == (4, 1)


def test_a_forge_app_migrates_from_install_to_success(portway, admin, app, tmp_path):
    path = moved(portway, admin, app, tmp_path, a_listener())

    transfer = admin("GET", path)
    seen = httpx.get(f"{app}/seen", trust_env=False).json()
    assert (transfer["status"], transfer["percent"]) == ("SUCCESS", 100), seen
    assert transfer["forge"] | {"timesOutAt": None} == {
        "forgeAppId": FORGE_APP_ID,
        "environment": "production",
        "uploaded": 4,
        "processed": 4,
        "failed": 0,
        "timesOutAt": None,
    }
    # Thrown once, and called again with the same message.
    assert seen["problems"] == ["the database is busy"]
    assert sorted(seen["attempts"].values(), reverse=True)[0] == 2
    assert len(seen["notes"]) == PAGES
    assert seen["notes"]["8"] == {"page": "c8", "author": "a1"}
    found = seen["found"]
    assert [each["value"]["key"] for each in found["containers"]] == [f"S{n}" for n in range(5)]
    assert found["mappings"] == [{"key": str(n), "value": f"s{n}"} for n in range(5)]
    assert found["one"] == {"key": "0", "value": "s0"}
    assert {each["label"] for each in found["files"]} == {"notes", "of another version"}
    assert found["foreign"] == 1
    logs = {entry["message"] for entry in admin("GET", f"{path}/logs")}
    assert "imported 50 notes, 1 without a page" in logs
    assert {event["eventType"].split(":", 2)[2] for event in seen["events"]} >= {
        "triggered:listener",
        "uploaded:app_data",
        "completed:export_phase",
    }
