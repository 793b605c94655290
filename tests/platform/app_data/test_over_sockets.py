"""Uploads and downloads over real connections: slow senders, senders that vanish, broken files."""

import hashlib
import http.client
import json
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from portway_sdk.tokens import sign_connect_token, sign_gateway_token
from portway_service.clock import SystemClock
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from support.app_side import TUS, ServedPlatform, a_move
from support.manifests import APP_KEY, SERVER_APP_KEY
from support.platform import ADMIN_TOKEN, a_platform

pytestmark = pytest.mark.processes

MIB = 1 << 20


class Served:
    """A platform in its own process with a running transfer of the notes app."""

    def __init__(self, folder):
        self.folder = folder
        real = {"clock": SystemClock(), "ids": RandomIds(), "outbound": Outbound.LOOPBACK}
        with a_platform(folder=folder, **real) as running:
            self.move = a_move(running)
            self.transfer_id = self.move.start()
            self.secret = self.move.cloud.vendor.secret
        self.platform = ServedPlatform(folder)
        self.platform.start()

    def gateway(self, method, path):
        return "Bearer " + sign_gateway_token(
            private_key=self.move.server.key,
            server_app_key=SERVER_APP_KEY,
            listener_id=self.move.server.listener_id,
            method=method,
            url=path,
            now=datetime.now(UTC),
        )

    def begin_sending(self, method, path, length, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.platform.port, timeout=30)
        connection.putrequest(method, path)
        connection.putheader("Authorization", self.gateway(method, path))
        connection.putheader("Content-Length", str(length))
        for name, value in dict(headers).items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection

    def put(self, content):
        path = f"/gateway/v1/transfers/{self.transfer_id}/app-data"
        connection = self.begin_sending("PUT", path, len(content))
        connection.sock.sendall(content)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer["key"]

    def address(self, key):
        path = f"/sites/acme/wiki/rest/atlassian-connect/1/migration/data/{key}"
        token = sign_connect_token(
            issuer=APP_KEY,
            secret=self.secret,
            method="GET",
            url=path,
            context_path="/sites/acme/wiki",
            now=datetime.now(UTC),
        )
        answer = httpx.get(
            self.platform.url + path, headers={"Authorization": f"JWT {token}"}, trust_env=False
        )
        return answer.json()["url"]

    def withdraw_consent(self):
        answer = httpx.post(
            f"{self.platform.url}/admin/v1/consents/{self.move.consent['recordId']}/withdrawal",
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
            json={"withdrawnBy": "bob"},
            trust_env=False,
        )
        assert answer.status_code == 200

    def workers_memory(self):
        """Peak resident memory of the process that serves, in bytes."""
        children = Path(f"/proc/{self.platform.process.pid}/task").glob("*/children")
        [worker] = {pid for path in children for pid in path.read_text().split()}
        status = Path(f"/proc/{worker}/status").read_text()
        [peak] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(peak.split()[1]) * 1024


@pytest.fixture
def served(tmp_path):
    served = Served(tmp_path)
    try:
        yield served
    finally:
        served.platform.kill()


@pytest.mark.parametrize("announced", [6 * MIB, 600 * MIB])
def test_a_sender_reads_why_its_upload_was_stopped(served, announced):
    path = f"/gateway/v1/transfers/{served.transfer_id}/app-data"
    connection = served.begin_sending("PUT", path, announced)
    connection.sock.sendall(bytes(3 * MIB))
    time.sleep(0.2)
    served.withdraw_consent()
    connection.sock.sendall(bytes(MIB))

    began = time.monotonic()
    answer = connection.getresponse()

    assert (answer.status, json.loads(answer.read())["code"]) == (403, "consent_withdrawn")
    assert time.monotonic() - began < 10
    assert not [path for path in (served.folder / "files").rglob("*") if path.is_file()]
    connection.close()


def test_requests_that_come_in_one_go_are_told_apart(served):
    """Two uploads and a question, sent before the first is answered."""
    path = f"/gateway/v1/transfers/{served.transfer_id}/app-data"
    contents = [b"first" * 10_000, b"second" * 30]
    sent = b""
    for content in contents:
        sent += (
            f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n"
            f"Authorization: {served.gateway('PUT', path)}\r\n\r\n"
        ).encode() + content
    sent += b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.platform.port), timeout=30) as connection:
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65536):
            received += piece

    assert received.count(b"HTTP/1.1 201") == 2
    assert received.count(b"HTTP/1.1 200") == 1
    for content in contents:
        assert hashlib.sha256(content).hexdigest().encode() in received


def test_a_body_of_unknown_length_arrives_whole(served):
    path = f"/gateway/v1/transfers/{served.transfer_id}/app-data"
    pieces = [os.urandom(size) for size in (1, 70_000, 3 * MIB)]
    answer = httpx.put(
        served.platform.url + path,
        content=iter(pieces),
        headers={"Authorization": served.gateway("PUT", path)},
        trust_env=False,
    )

    assert answer.json()["sha256"] == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_a_sender_that_vanishes_leaves_what_had_arrived(served):
    collection = f"/gateway/v1/transfers/{served.transfer_id}/app-data"
    created = served.begin_sending("POST", collection, 0, TUS | {"Upload-Length": str(5 * MIB)})
    location = created.getresponse().headers["Location"]
    headers = {
        **TUS,
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    sending = served.begin_sending("PATCH", location, 5 * MIB, headers)
    sending.sock.sendall(bytes(2 * MIB + 17))
    time.sleep(0.2)
    sending.sock.shutdown(socket.SHUT_RDWR)
    sending.close()

    until = time.monotonic() + 10
    offset = 0
    while not offset and time.monotonic() < until:
        looking = served.begin_sending("HEAD", location, 0, TUS)
        offset = int(looking.getresponse().headers["Upload-Offset"])
        looking.close()
        time.sleep(0.05)

    assert offset == 2 * MIB + 17
    created.close()


def test_a_damaged_file_ends_in_a_broken_connection(served):
    content = os.urandom(4 * MIB)
    key = served.put(content)
    address = served.address(key)
    assert httpx.get(address, trust_env=False).content == content
    [path] = (served.folder / "files").rglob(key)
    with path.open("r+b") as file:
        file.seek(3 * MIB)
        file.write(bytes(8))

    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(address, trust_env=False)


def test_memory_stays_flat_whatever_the_size(served):
    path = f"/gateway/v1/transfers/{served.transfer_id}/app-data"
    piece = os.urandom(MIB)
    before = served.workers_memory()
    connection = served.begin_sending("PUT", path, 300 * MIB)
    digest = hashlib.sha256()
    for _ in range(300):
        connection.sock.sendall(piece)
        digest.update(piece)
    answer = json.loads(connection.getresponse().read())
    assert answer["sha256"] == digest.hexdigest()
    connection.close()
    with httpx.stream("GET", served.address(answer["key"]), trust_env=False) as download:
        received = hashlib.sha256()
        for part in download.iter_raw():
            received.update(part)

    assert received.hexdigest() == digest.hexdigest()
    assert served.workers_memory() - before < 64 * MIB
