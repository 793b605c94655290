"""Both ends of a platform that runs in a process of its own: who uploads, and who gets events."""

import http.server
import json
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime

import httpx

from portway_sdk.tokens import sign_gateway_token
from support.app_side import TUS
from support.manifests import SERVER_APP_KEY


class Receiver(http.server.ThreadingHTTPServer):
    """A cloud app that acknowledges every event and remembers its message id."""

    daemon_threads = True

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), self.Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self, request):
        """Take an event that comes through the test's own client."""
        self.received[json.loads(request.content)["messageId"]] += 1
        return httpx.Response(200)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.received[json.loads(body)["messageId"]] += 1
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
