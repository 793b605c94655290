"""A platform that is killed in the middle of its work has lost nothing it acknowledged.

Real processes, real connections, `kill -9`; then the same folder is opened again.
"""

import http.server
import json
import random
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import update

from portway_platform.installations.tables import installations
from portway_sdk.tokens import sign_gateway_token
from portway_service.clock import ManualClock, SystemClock
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from support.app_side import TUS, ServedPlatform, a_move, sha256_hex
from support.manifests import SERVER_APP_KEY
from support.platform import a_platform


class Receiver(http.server.ThreadingHTTPServer):
    """A cloud app that acknowledges every event and remembers its message id."""

    daemon_threads = True

    def __init__(self):
        self.received = set()
        super().__init__(("127.0.0.1", 0), self.Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self, request):
        """Take an event that comes through the test's own client."""
        self.received.add(json.loads(request.content)["messageId"])
        return httpx.Response(200)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.received.add(json.loads(body)["messageId"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass


class Sender(threading.Thread):
    """Uploads one file after the other and remembers what was acknowledged."""

    def __init__(self, base_url, server, transfer_id, seed):
        super().__init__(daemon=True)
        self.base_url, self.server, self.transfer_id = base_url, server, transfer_id
        self.random = random.Random(seed)
        self.stored, self.begun = {}, {}
        self.stopped = threading.Event()

    def run(self):
        with httpx.Client(base_url=self.base_url, timeout=10, trust_env=False) as client:
            while not self.stopped.is_set():
                try:
                    self.send_one(client)
                except httpx.TransportError:
                    time.sleep(0.02)

    def call(self, client, method, path, **options):
        token = sign_gateway_token(
            private_key=self.server.key,
            server_app_key=SERVER_APP_KEY,
            listener_id=self.server.listener_id,
            method=method,
            url=path,
            now=datetime.now(UTC),
        )
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return client.request(method, path, headers=headers, **options)

    def send_one(self, client):
        content = self.random.randbytes(self.random.choice([0, 10, 5000, 200_000]))
        path = f"/gateway/v1/transfers/{self.transfer_id}/app-data"
        if self.random.random() < 0.5:
            answer = self.call(client, "PUT", path, content=content)
            if answer.status_code == 201:
                self.stored[answer.json()["key"]] = content
            return
        answer = self.call(client, "POST", path, headers=TUS | {"Upload-Length": str(len(content))})
        if answer.status_code != 201:
            return
        location = answer.headers["Location"]
        key = location.rpartition("/")[2]
        self.begun[key] = (content, 0)
        self.go_on(client, key)

    def go_on(self, client, key):
        content, offset = self.begun[key]
        while offset < len(content):
            piece = content[offset : offset + 70_000]
            answer = self.patch(client, key, offset, piece)
            if answer.status_code != 204:
                return
            offset += len(piece)
            self.begun[key] = (content, offset)
        self.stored[key] = content
        del self.begun[key]

    def patch(self, client, key, offset, piece):
        return self.call(
            client,
            "PATCH",
            f"/gateway/v1/app-data/{key}",
            content=piece,
            headers={
                **TUS,
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
            },
        )

    def finish_begun(self):
        """Ask how far each unfinished upload came, and send the rest."""
        with httpx.Client(base_url=self.base_url, timeout=10, trust_env=False) as client:
            for key, (content, acknowledged) in list(self.begun.items()):
                answer = self.call(client, "HEAD", f"/gateway/v1/app-data/{key}", headers=TUS)
                reached = int(answer.headers["Upload-Offset"])
                assert reached >= acknowledged
                self.begun[key] = (content, reached)
                self.go_on(client, key)


@pytest.mark.processes
def test_no_acknowledged_upload_and_no_event_is_lost(tmp_path):
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    real = {"clock": SystemClock(), "ids": RandomIds(), "outbound": Outbound.LOOPBACK}
    with a_platform(folder=tmp_path, **real) as running:
        move = a_move(running)
        transfer_id = move.start()
        with running.platform.services.database.write() as connection:
            connection.execute(update(installations).values(base_url=receiver.url))
    served = ServedPlatform(tmp_path)
    senders = [Sender(served.url, move.server, transfer_id, seed) for seed in range(4)]
    served.start()
    try:
        for sender in senders:
            sender.start()
        for life in (0.9, 0.4, 0.7, 0.2):
            time.sleep(life)
            served.kill()
            served.start()
        for sender in senders:
            sender.stopped.set()
            sender.join(30)
        for sender in senders:
            sender.finish_begun()
    finally:
        served.kill()

    stored = {key: content for sender in senders for key, content in sender.stored.items()}
    assert len(stored) > 20
    # What the killed process was sending comes free when its lease runs out: let that time pass.
    later = ManualClock(datetime.now(UTC) + timedelta(minutes=5))
    with a_platform(folder=tmp_path, **real | {"clock": later}) as running:
        on_disk = {path.name: path for path in (tmp_path / "files").rglob("*") if path.is_file()}
        for key, content in stored.items():
            assert sha256_hex(on_disk[key].read_bytes()) == sha256_hex(content)
        running.outside.hosts |= dict.fromkeys(("127.0.0.1", "notes.example"), receiver.take)
        for _ in range(3):
            running.platform.worker.run_due()
            running.advance(hours=2)
        events = running.admin("GET", f"transfers/{transfer_id}/events").json

    uploaded = [event["s3Key"] for event in events if event["eventType"] == "app-data-uploaded"]
    assert len(uploaded) == len(set(uploaded))
    assert set(stored) <= set(uploaded)
    assert {each["status"] for event in events for each in event["deliveries"]} == {"DELIVERED"}
    assert {event["messageId"] for event in events} == receiver.received
    receiver.shutdown()
    receiver.server_close()
