"""The notes app as the platform meets it: its listener at the gateway, its cloud app at Connect."""

import base64
import contextlib
import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portway_platform.app_data.downloads import get_stored_file
from portway_platform.app_data.keys import get_key
from portway_platform.app_data.sealed_files import read_sealed
from portway_sdk.tokens import public_key_of, sign_gateway_token, verify_connect_token
from support.manifests import APP_KEY, SERVER_APP_KEY
from support.platform import ADMIN_TOKEN, PUBLIC_URL, Answer, Running, platform_database_url
from support.vendor import BASE_URL, VendorApp, sign_as_app

ALL_SCOPES = (
    "APP_DATA_UGC",
    "APP_DATA_PII",
    "MIGRATION_TRACING_PRODUCT",
    "MIGRATION_TRACING_IDENTITY",
)
TUS = {"Tus-Resumable": "1.0.0"}


def a_declaration(**changes: Any) -> dict[str, Any]:
    """What the notes app's listener says about itself."""
    return {
        "serverAppKey": SERVER_APP_KEY,
        "cloudAppKey": APP_KEY,
        "version": "1.0.0",
        "dataAccessScopes": ["APP_DATA_UGC"],
        "reruns": True,
        "checks": [],
        **changes,
    }


@dataclass
class ServerSide:
    """An enrolled listener that signs what it sends."""

    running: Running
    key: Ed25519PrivateKey
    listener_id: str

    def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Answer:
        """Call the gateway; `path` follows `/gateway/v1/`."""
        target = f"/gateway/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        token = sign_gateway_token(
            private_key=self.key,
            server_app_key=SERVER_APP_KEY,
            listener_id=self.listener_id,
            method=method,
            url=target,
            now=self.running.clock.now(),
        )
        signed = {"Authorization": f"Bearer {token}", **(headers or {})}
        return self.running.call(method, target, headers=signed, **options)

    def take_work(self, **query: Any) -> dict[str, Any] | None:
        """Ask for work without waiting; None when there is none."""
        answer = self.call("GET", "work", query={"waitSeconds": 0, **query})
        assert answer.status_code in {200, 204}, answer.text
        return answer.json if answer.status_code == 200 else None

    def put(
        self,
        transfer_id: str,
        content: bytes = b"a note",
        *,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """Upload a file in one request."""
        path = f"transfers/{transfer_id}/app-data"
        return self.call("PUT", path, query=query, data=content, headers=headers)

    def create(self, transfer_id: str, **headers: str) -> Answer:
        """Begin a resumable upload; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if not {"Upload-Length", "Upload-Defer-Length"} & named.keys():
            named["Upload-Defer-Length"] = "1"
        return self.call("POST", f"transfers/{transfer_id}/app-data", headers=TUS | named)

    def begin(self, transfer_id: str, **headers: str) -> str:
        """Begin a resumable upload and return its key."""
        answer = self.create(transfer_id, **headers)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"]).rpartition("/")[2]

    def patch(
        self, key: str, offset: int, content: bytes, *, promised: int | None = None, **headers: str
    ) -> Answer:
        """Send a piece; with `promised`, announce more bytes than are sent."""
        options = {}
        if promised is not None:
            options["environ_overrides"] = {"CONTENT_LENGTH": str(promised)}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call(
            "PATCH",
            f"app-data/{key}",
            data=content,
            headers={
                **TUS,
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
                **named,
            },
            **options,
        )

    def head(self, key: str) -> Answer:
        """Ask how far an upload has come."""
        return self.call("HEAD", f"app-data/{key}", headers=TUS)

    def withdraw(self, key: str) -> Answer:
        """Withdraw an upload."""
        return self.call("DELETE", f"app-data/{key}", headers=TUS)


@dataclass
class CloudSide:
    """The installed cloud app: signs what it sends, verifies what it gets."""

    running: Running
    vendor: VendorApp
    site: str = "acme"
    context_path: str = "/sites/acme/wiki"
    events: list[dict[str, Any]] = field(default_factory=list)
    """Events it acknowledged, as they came."""
    answers: list[httpx.Response | Exception] = field(default_factory=list)
    """What it answers to the next events instead of 200."""
    posts: list[httpx.Request] = field(default_factory=list)

    def call(
        self, method: str, path: str, *, query: dict[str, Any] | None = None, **options: Any
    ) -> Answer:
        """Call the Connect API; `path` follows `…/migration/`."""
        target = f"{self.context_path}/rest/atlassian-connect/1/migration/{path}" + (
            f"?{urlencode(query)}" if query else ""
        )
        headers = sign_as_app(
            self.vendor.secret,
            method,
            target,
            now=self.running.clock.now(),
            context_path=self.context_path,
        )
        return self.running.call(method, target, headers=headers, **options)

    def report(self, transfer_id: str, status: str = "IN_PROGRESS", **fields: Any) -> Answer:
        """Report progress, or settle."""
        return self.call("POST", f"progress/{transfer_id}", json={"status": status, **fields})

    def files(self, transfer_id: str) -> list[dict[str, Any]]:
        """The files of a transfer."""
        answer = self.call("GET", f"data/{transfer_id}/all")
        assert answer.status_code == 200, answer.text
        files: list[dict[str, Any]] = answer.json
        return files

    def address(self, key: str) -> str:
        """A download address, as path and query."""
        answer = self.call("GET", f"data/{key}")
        assert answer.status_code == 200, answer.text
        return str(answer.json["url"]).removeprefix(PUBLIC_URL)

    def download(self, key: str, **headers: str) -> Answer:
        """Fetch a file by a fresh address."""
        return self.running.call("GET", self.address(key), headers=headers)

    def event_types(self) -> list[str]:
        """What it was told, in the order it came."""
        return [event["eventType"] for event in self.events]

    def take_event(self, request: httpx.Request) -> httpx.Response:
        """Take one event as a careful app does: nothing unverified, nothing unanswered."""
        if request.method != "POST":
            return self.vendor.answer(request)
        if request.url.path.rpartition("/")[2] in {"installed", "enabled", "uninstalled"}:
            return self.vendor.answer(request)
        self.posts.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        base = urlsplit(BASE_URL)
        is_below = str(request.url).startswith(BASE_URL)
        verify_connect_token(
            request.headers["Authorization"].removeprefix("JWT "),
            secret=self.vendor.secret,
            issuer=self.running.admin("GET", f"sites/{self.site}").json["clientKey"],
            audience=APP_KEY,
            method="POST",
            url=str(request.url),
            context_path=base.path if is_below else "",
            now=self.running.clock.now(),
        )
        self.events.append(json.loads(request.content))
        return httpx.Response(200)


def enrol(
    running: Running,
    *,
    server: str = "acme-dc",
    key: Ed25519PrivateKey | None = None,
    **declaration: Any,
) -> ServerSide:
    """Enrol the notes app's listener on a server."""
    key = key or Ed25519PrivateKey.generate()
    made = running.admin("POST", f"servers/{server}/enrolments", json={"appKey": APP_KEY})
    answer = running.call(
        "POST",
        "/gateway/v1/listeners",
        headers={"Authorization": f"Enrolment {made.json['enrolmentToken']}"},
        json={
            "publicKey": public_key_of(key).to_wire(),
            "declaration": a_declaration(**declaration),
        },
    )
    assert answer.status_code == 201, answer.text
    return ServerSide(running, key, answer.json["listenerId"])


def install(running: Running, *, site: str = "acme", context_path: str | None = None) -> CloudSide:
    """Install the notes app's cloud side on a site."""
    cloud = CloudSide(running, VendorApp(), site, context_path or f"/sites/{site}/wiki")
    running.outside.hosts["notes.example"] = cloud.vendor.answer
    running.install(site, vendor=cloud.vendor)
    running.outside.hosts["notes.example"] = cloud.take_event
    return cloud


@dataclass
class Moving:
    """A migration whose core is done, with the notes app on both sides and an agreement."""

    running: Running
    server: ServerSide
    cloud: CloudSide
    migration_id: str
    consent: dict[str, Any]

    def start(self) -> str:
        """Start the notes app's transfer and return its id."""
        answer = self.start_answer()
        assert answer.status_code == 201, answer.text
        return str(answer.json["transferId"])

    def start_answer(self, **options: Any) -> Answer:
        """Ask for the notes app's transfer."""
        path = f"migrations/{self.migration_id}/transfers"
        return self.running.admin("POST", path, json={"appKey": APP_KEY}, **options)

    def transfer(self, transfer_id: str) -> dict[str, Any]:
        """The transfer as an admin sees it."""
        answer = self.running.admin("GET", f"transfers/{transfer_id}")
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json
        return seen

    def deliver(self) -> list[dict[str, Any]]:
        """Do everything that is due and return the events the cloud app has by now."""
        self.running.platform.worker.run_due()
        return self.cloud.events

    def withdraw_consent(self) -> Answer:
        """Withdraw the agreement."""
        path = f"consents/{self.consent['recordId']}/withdrawal"
        return self.running.admin("POST", path, json={"withdrawnBy": "bob"})

    def advance(self, **by: float) -> None:
        """Let time pass and do what falls due."""
        self.running.clock.advance(timedelta(**by))
        self.running.platform.worker.run_due()


def a_move(
    running: Running,
    *,
    scopes: Iterable[str] = ALL_SCOPES,
    product: str = "CONFLUENCE",
    **declaration: Any,
) -> Moving:
    """Bring a platform to where a transfer can start."""
    running.add_site(product=product)
    running.add_server()
    running.publish(scopes=scopes)
    server = enrol(running, **declaration)
    path = "/sites/acme" if product == "JIRA" else "/sites/acme/wiki"
    cloud = install(running, context_path=path)
    consent = running.agree()
    migration = running.begin_migration(core="FINISHED")
    return Moving(running, server, cloud, migration["migrationId"], consent)


def sha256_hex(content: bytes) -> str:
    """The digest of some bytes, as the platform tells it."""
    return hashlib.sha256(content).hexdigest()


def repr_digest(content: bytes) -> str:
    """The `Repr-Digest` of some bytes."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def upload_checksum(content: bytes) -> str:
    """The `Upload-Checksum` of some bytes."""
    return f"sha256 {base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def upload_metadata(**pairs: str) -> str:
    """An `Upload-Metadata` header."""
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in pairs.items()}
    return ",".join(f"{name} {value}" for name, value in encoded.items())


def stored_content(running: Running, key: str) -> bytes:
    """What is kept of a file, opened with its transfer's key and proved right."""
    services = running.platform.services
    with services.database.read() as connection:
        file = get_stored_file(connection, key)
        transfer_key = get_key(connection, services, file.place.transfer_id)
    pieces = read_sealed(
        services.files,
        file.place,
        file.parts,
        transfer_key,
        start=0,
        stop=file.size_bytes,
        size=file.size_bytes,
        stored=file.stored_bytes,
    )
    return b"".join(pieces)


SERVE = """
import json
import sys
from pathlib import Path
from portway_platform.app import create_app
from portway_platform.settings import PlatformSettings
from portway_service.outbound import Outbound
from portway_service.server import serve

folder, port, token = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
database_url, settings = sys.argv[4], json.loads(sys.argv[5])

def make_app():
    platform = create_app(PlatformSettings(
        database_url=database_url, files_url=str(folder / "files"),
        keys_folder=folder / "keys", public_url=f"http://127.0.0.1:{port}", admin_token=token,
        outbound=Outbound.LOOPBACK, **settings))
    platform.start()
    return platform.app

serve(make_app, host="127.0.0.1", port=port, threads=8, on_ready=lambda url: None,
      on_stopping=lambda: None, on_stop=lambda: None)
"""


class ServedPlatform:
    """A platform in a process of its own, over the folder of one that was prepared here."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self._settings = settings
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        database_url, settings = platform_database_url(self._folder), json.dumps(self._settings)
        what = [str(self._folder), str(self.port), ADMIN_TOKEN, database_url, settings]
        self.process = subprocess.Popen([sys.executable, "-c", SERVE, *what])
        until = time.monotonic() + 30
        while time.monotonic() < until:
            assert self.process.poll() is None
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False)
                return
            time.sleep(0.05)
        raise AssertionError("the platform did not start")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
