"""Consent ends, and with it whatever is running: at most one piece of a megabyte later.

Design, section 4: consent is read at each request, and again for each chunk of a running upload or
download.
"""

import io
import os
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from portway_platform.app_data.bodies import Body
from portway_platform.app_data.downloads import BrokenDownloadError
from portway_platform.app_data.files import PIECE_BYTES, LocalAppending
from portway_platform.app_data.standing import Standing
from portway_platform.consents.tables import consent_records
from support.app_side import TUS, sha256_hex
from support.manifests import APP_KEY

CONTENT = os.urandom(6 * PIECE_BYTES)


class Sending(io.BytesIO):
    """A body that does something once so many bytes of it were read."""

    def __init__(self, content, *, after, then):
        super().__init__(content)
        self._after, self._then = after, then

    def read(self, size=-1):
        piece = super().read(size)
        if self._then is not None and self.tell() >= self._after:
            then, self._then = self._then, None
            then()
        return piece

    def readinto(self, buffer):
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.fixture
def transfer_id(move):
    return move.start()


def put(move, transfer_id, body):
    return move.server.call(
        "PUT",
        f"transfers/{transfer_id}/app-data",
        input_stream=body,
        environ_overrides={"CONTENT_LENGTH": str(len(CONTENT))},
    )


def patch(move, key, body):
    return move.server.call(
        "PATCH",
        f"app-data/{key}",
        input_stream=body,
        headers={
            **TUS,
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        },
        environ_overrides={"CONTENT_LENGTH": str(len(CONTENT))},
    )


def kept_bytes(move):
    files = [path for path in (move.running.folder / "files").rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)


def uploads_of(move):
    with move.running.platform.services.database.read() as connection:
        return connection.execute(text("SELECT status, offset_bytes FROM app_data")).all()


ENDINGS = {
    "consent withdrawn": (lambda move, transfer_id: move.withdraw_consent(), "consent_withdrawn"),
    "terms changed": (
        lambda move, transfer_id: move.running.publish(version="9.0.0"),
        "consent_stale",
    ),
    "transfer settled": (
        lambda move, transfer_id: move.cloud.report(transfer_id, "FAILED"),
        "transfer_settled",
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_upload_in_one_request_stops_at_once(move, transfer_id, ending):
    end, code = ENDINGS[ending]
    body = Sending(CONTENT, after=2 * PIECE_BYTES, then=lambda: end(move, transfer_id))

    answer = put(move, transfer_id, body)

    assert (answer.status_code, answer.json["code"]) == (403, code)
    assert kept_bytes(move) == 0
    assert uploads_of(move) == []
    assert "app-data-uploaded" not in [event["eventType"] for event in move.deliver()]


@pytest.mark.parametrize("after", [2 * PIECE_BYTES, len(CONTENT)])
def test_what_stops_an_upload_is_in_the_ledger_wherever_it_was_met(move, transfer_id, after):
    """While bytes arrive, and in the very transaction that would have shown the file."""
    put(move, transfer_id, Sending(CONTENT, after=after, then=move.withdraw_consent))

    [entry] = move.running.admin("GET", "ledger?kind=access.refused").json

    assert (entry["actor"], entry["facts"]["transfer"]) == (APP_KEY, transfer_id)
    assert (entry["facts"]["code"], entry["facts"]["access"]) == (
        "consent_withdrawn",
        "upload app data",
    )


def test_a_download_by_its_address_that_is_refused_is_in_the_ledger(move, transfer_id):
    key = move.server.put(transfer_id).json["key"]
    address = move.cloud.address(key)
    move.withdraw_consent()

    assert move.running.call("GET", address).status_code == 403

    [entry] = move.running.admin("GET", "ledger?kind=access.refused").json
    assert (entry["actor"], entry["facts"]["access"]) == (APP_KEY, "download app data")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_piece_under_way_stops_at_once_and_nothing_of_it_is_kept(move, transfer_id, ending):
    end, code = ENDINGS[ending]
    key = move.server.begin(transfer_id, Upload_Length=str(len(CONTENT)))
    body = Sending(CONTENT, after=2 * PIECE_BYTES, then=lambda: end(move, transfer_id))

    answer = patch(move, key, body)

    assert (answer.status_code, answer.json["code"]) == (403, code)
    assert kept_bytes(move) == 0
    assert [tuple(row) for row in uploads_of(move)] == [("INCOMING", 0)]


@pytest.mark.parametrize("in_pieces", [False, True])
def test_an_upload_whose_consent_ends_after_its_last_byte_is_not_stored(
    move, transfer_id, monkeypatch, in_pieces
):
    """Between the last piece and the commit that would make the file visible."""
    key = move.server.begin(transfer_id, Upload_Length=str(len(CONTENT))) if in_pieces else None
    keep = LocalAppending.keep

    def withdraw_and_keep(appending):
        move.withdraw_consent()
        return keep(appending)

    monkeypatch.setattr(LocalAppending, "keep", withdraw_and_keep)
    answer = (
        move.server.patch(key, 0, CONTENT) if in_pieces else move.server.put(transfer_id, CONTENT)
    )

    assert (answer.status_code, answer.json["code"]) == (403, "consent_withdrawn")
    assert "STORED" not in [row.status for row in uploads_of(move)]
    assert "app-data-uploaded" not in [event["eventType"] for event in move.deliver()]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_download_under_way_breaks_off_at_once(move, transfer_id, ending, caplog):
    end, code = ENDINGS[ending]
    key = move.server.put(transfer_id, CONTENT).json["key"]
    answer = move.running.app.test_client().get(move.cloud.address(key), buffered=False)
    pieces = answer.iter_encoded()
    received = [next(pieces)]

    end(move, transfer_id)
    with pytest.raises(BrokenDownloadError):
        received.extend(pieces)

    assert sum(map(len, received)) <= 2 * PIECE_BYTES
    assert code in str([record.__dict__ for record in caplog.records])


def test_a_consent_that_expires_meanwhile_stops_a_download(move, transfer_id):
    """Nothing in the database changes; only time passes."""
    running = move.running
    key = move.server.put(transfer_id, CONTENT).json["key"]
    with running.platform.services.database.write() as connection:
        ends_at = running.clock.now() + timedelta(minutes=5)
        connection.execute(update(consent_records).values(expires_at=ends_at))
    answer = running.app.test_client().get(move.cloud.address(key), buffered=False)
    pieces = answer.iter_encoded()
    next(pieces)

    running.advance(minutes=5)

    with pytest.raises(BrokenDownloadError, match="consent_expired"):
        list(pieces)


def test_a_cancellation_lets_a_running_upload_finish(move, transfer_id):
    """The cloud app has its hour; the gate is asked again and says yes."""
    path = f"transfers/{transfer_id}/cancellation?atOnce=true"
    body = Sending(CONTENT, after=2 * PIECE_BYTES, then=lambda: move.running.admin("POST", path))

    answer = put(move, transfer_id, body)

    assert (answer.status_code, answer.json["sha256"]) == (201, sha256_hex(CONTENT))


def test_uploads_and_a_withdrawal_at_once_leave_no_file_that_came_after(move, transfer_id):
    """Whatever was answered 201 was stored before the withdrawal; nothing after it."""
    stored, refused, lock = [], [], threading.Lock()
    go = threading.Barrier(5)

    def send():
        go.wait()
        for _ in range(20):
            answer = move.server.put(transfer_id, b"x")
            with lock:
                (stored if answer.status_code == 201 else refused).append(answer)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    go.wait()
    assert move.withdraw_consent().status_code == 200
    for thread in threads:
        thread.join()

    codes = {answer.json["code"] for answer in refused}
    assert codes <= {"consent_withdrawn"}
    assert len(stored) + len(refused) == 80
    events = move.running.admin("GET", f"transfers/{transfer_id}/events").json
    uploaded = [event for event in events if event["eventType"] == "app-data-uploaded"]
    assert {event["s3Key"] for event in uploaded} == {answer.json["key"] for answer in stored}


CHANGES = {
    **ENDINGS,
    "fewer scopes granted": (
        lambda move, transfer_id: (
            move.running.advance(seconds=1),
            move.running.agree(scopes=["MIGRATION_TRACING_PRODUCT"]),
        ),
        "scope_not_granted",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_right_after_the_gate_is_noticed_with_the_first_piece(
    move, transfer_id, monkeypatch, change
):
    make_change, code = CHANGES[change]
    begin = Standing.__init__

    def begin_after_the_change(standing, *arguments, **options):
        make_change(move, transfer_id)
        begin(standing, *arguments, **options)

    monkeypatch.setattr(Standing, "__init__", begin_after_the_change)
    body = io.BytesIO(CONTENT)
    answer = put(move, transfer_id, body)

    assert (answer.status_code, answer.json["code"]) == (403, code)
    assert kept_bytes(move) == 0


# A sender that does not read its refusal


def a_body(app, content, length):
    stream = io.BytesIO(content)
    environ = {
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": str(length),
        "REQUEST_METHOD": "PUT",
    }
    return Body(app.request_class({**environ, "wsgi.url_scheme": "http"})), stream


def test_a_short_rest_is_read_away_so_that_the_refusal_is_read(running):
    body, stream = a_body(running.app, b"x" * 100, 100)

    assert body.drain()
    assert stream.read() == b""


def test_a_long_rest_is_not_waited_for(running):
    body, stream = a_body(running.app, b"x" * (40 * PIECE_BYTES), 40 * PIECE_BYTES)

    assert not body.drain()
    assert len(stream.read()) >= 30 * PIECE_BYTES
