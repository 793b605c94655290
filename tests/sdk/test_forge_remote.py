"""A Forge app on the SDK, against a platform in the same process."""

from datetime import UTC, datetime

import flask
import httpx
import pytest

from portway_sdk import (
    ConfigurationError,
    ForgeClient,
    ForgeEvent,
    ForgeEventType,
    ForgeRemote,
    ForgeRemoteSettings,
    Request,
    TransferSettledError,
)
from portway_sdk.flask import forge_blueprint
from portway_service.clock import ManualClock
from portway_service.wsgi_transport import StreamingWSGITransport
from support.forge import FORGE_APP_ID, a_forge_move
from support.platform import PUBLIC_URL, a_platform


@pytest.fixture
def move():
    # The remote goes by the real clock, so the platform begins there.
    with a_platform(clock=ManualClock(datetime.now(UTC))) as running:
        yield a_forge_move(running)


@pytest.fixture
def remote(move):
    remote = ForgeRemote(
        ForgeRemoteSettings(FORGE_APP_ID, PUBLIC_URL),
        transport=StreamingWSGITransport(move.running.app),
    )

    def take(request):
        answer = remote.handle(
            Request(request.method, request.url.path, "", dict(request.headers), request.content)
        )
        return httpx.Response(answer.status, content=answer.body)

    move.running.outside.hosts["remote.example"] = take
    return remote


def finish(move, transfer_id):
    move.complete_export(transfer_id)
    move.work()
    return move.status(transfer_id)


def test_an_upload_is_handled_and_acknowledged(move, remote):
    notes = []

    @remote.on(ForgeEventType.APP_DATA_UPLOADED)
    def import_notes(event: ForgeEvent, client: ForgeClient) -> None:
        assert event.key is not None
        notes.extend(client.app_data_lines(event.key))
        client.log(event.transfer_id, f"imported {len(notes)} notes of {event.label}")

    transfer_id = move.begin()
    move.upload(transfer_id, b'{"id":1}\n{"id":2}\n', label="notes-1")

    assert finish(move, transfer_id) == "SUCCESS"
    assert notes == [{"id": 1}, {"id": 2}]
    logs = move.running.admin("GET", f"transfers/{transfer_id}/logs").json
    assert [entry["message"] for entry in logs] == ["imported 2 notes of notes-1"]


def test_everything_of_a_transfer_can_be_read(move, remote):
    path = f"migrations/{move.migration_id}"
    rows = b"".join(
        b'{"namespace":"confluence:page","key":"%d","value":"c%d"}\n' % (n, n) for n in range(250)
    )
    move.running.admin("POST", f"{path}/mappings", data=rows)
    space = b'{"type":"ConfluenceSpace","sourceId":"1","key":"DS","name":"Docs"}\n'
    move.running.admin("POST", f"{path}/containers", data=space)
    read = {}

    @remote.on(ForgeEventType.APP_DATA_UPLOADED)
    def look(event: ForgeEvent, client: ForgeClient) -> None:
        read["mappings"] = dict(client.mappings(event.transfer_id, "confluence:page"))
        wanted = [str(n) for n in range(0, 500, 2)]
        read["found"] = client.mappings_by_id(event.transfer_id, "confluence:page", wanted)
        read["spaces"] = [c.key for c in client.containers(event.transfer_id, "ConfluenceSpace")]
        read["list"] = [item.label for item in client.app_data_list(event.transfer_id)]
        read["sizes"] = [item.file_size for item in client.app_data(event.transfer_id)]
        with client.open_app_data(event.key or "") as pieces:
            read["bytes"] = b"".join(pieces)

    transfer_id = move.begin()
    move.upload(transfer_id, b"bytes", label="x")

    assert finish(move, transfer_id) == "SUCCESS"
    assert len(read["mappings"]) == 250
    assert len(read["found"]) == 125
    assert (read["spaces"], read["list"], read["sizes"]) == (["DS"], ["x"], [5])
    assert read["bytes"] == b"bytes"


def test_a_handler_that_raises_gets_the_event_again(move, remote):
    seen = []

    @remote.on(ForgeEventType.APP_DATA_UPLOADED)
    def stumble(event: ForgeEvent, client: ForgeClient) -> None:
        seen.append(event.message_id)
        if len(seen) < 3:
            raise RuntimeError("secret of the database")

    transfer_id = move.begin()
    move.upload(transfer_id)
    move.complete_export(transfer_id)
    # Both pauses lie within the skew that the remote allows the platform's clock.
    for seconds in (0, 6.1, 18.1):
        move.advance(seconds=seconds)

    assert move.status(transfer_id) == "SUCCESS"
    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_what_the_handler_says_itself_stands(move, remote):
    @remote.on(ForgeEventType.APP_DATA_UPLOADED)
    def give_up(event: ForgeEvent, client: ForgeClient) -> None:
        client.failed(event.transfer_id, event.message_id)

    transfer_id = move.begin()
    move.upload(transfer_id)

    assert finish(move, transfer_id) == "FAILED"


def test_uploads_nobody_handles_are_acknowledged(move, remote):
    transfer_id = move.begin()
    move.upload(transfer_id, label="of another version")

    assert finish(move, transfer_id) == "SUCCESS"


def test_the_end_reaches_the_app_with_its_status(move, remote):
    ends = []

    @remote.on(ForgeEventType.TRANSFER_SETTLED)
    def end(event: ForgeEvent, client: ForgeClient) -> None:
        ends.append(event.transfer_status)
        with pytest.raises(TransferSettledError):
            client.app_data_list(event.transfer_id)

    transfer_id = move.begin()
    move.upload(transfer_id)
    finish(move, transfer_id)

    assert ends == ["SUCCESS"]


@pytest.mark.parametrize(
    "change",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer nonsense"},
        {"authorization-of": "another app"},
        {"x-forge-oauth-system": ""},
    ],
)
def test_a_request_that_cannot_be_trusted_runs_nothing(move, remote, change):
    ran = []
    remote.on(ForgeEventType.LISTENER_TRIGGERED)(lambda event, client: ran.append(event))
    sent = []
    take = move.running.outside.hosts["remote.example"]
    move.running.outside.hosts["remote.example"] = lambda request: (
        sent.append(request),
        httpx.Response(200),
    )[1]
    move.start()
    move.work()
    headers = {name.lower(): value for name, value in sent[0].headers.items()}
    if "authorization-of" in change:
        remote.settings = ForgeRemoteSettings("another-app", PUBLIC_URL)
    headers |= {name.lower(): value for name, value in change.items()}

    answer = remote.handle(Request("POST", "/events", "", headers, sent[0].content))

    assert (answer.status, ran) == (401, [])
    assert take is not None


def test_only_posts_of_events_are_taken(remote):
    assert remote.handle(Request("GET", "/events", "", {}, b"")).status == 405
    assert remote.handle(Request("POST", "/events", "", {}, b"x" * (1 << 20) + b"x")).status == 413
    assert remote.handle(Request("POST", "/events", "", {}, b"{}")).status == 401


def test_in_flask_it_is_one_path(remote):
    app = flask.Flask(__name__)
    app.register_blueprint(forge_blueprint(remote, "/portway/events"))

    assert app.test_client().post("/portway/events", data=b"{}").status_code == 401
    assert app.test_client().get("/portway/events").status_code == 405


def test_bad_settings_are_all_named_at_once():
    with pytest.raises(ConfigurationError) as raised:
        ForgeRemoteSettings("", "nowhere")

    assert len(raised.value.problems) == 2


def test_one_handler_for_each_type(remote):
    remote.on("avi:x")(print)
    with pytest.raises(ConfigurationError):
        remote.on("avi:x")(print)
