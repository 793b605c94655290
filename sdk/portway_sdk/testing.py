"""What a vendor tests with: no network, no platform, no waiting.

`FakeGateway` is a gateway to call a listener's handler with; it records what is uploaded.
`CloudAppTester` plays the platform for a `CloudApp`: it installs it, delivers events with genuine
signatures, and answers the calls of its `MigrationClient` from memory. Both refuse what the
platform refuses: namespaces without the scope, calls on a settled transfer.
"""

import functools
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portway_scopes import (
    AccessScope,
    TransferStatus,
    is_settled,
)
from portway_sdk._canonical import context_path_of
from portway_sdk._client import API_PATH
from portway_sdk._cloud_app import EVENTS_PATH, CloudApp
from portway_sdk._connect_tokens import (
    find_connect_token,
    sign_connect_token,
    sign_install_token,
    verify_connect_token,
)
from portway_sdk._digests import repr_digest
from portway_sdk._errors import APIError, VerificationError
from portway_sdk._gateway import Gateway
from portway_sdk._memory import Mappings, RecordedUpload, TransferInMemory
from portway_sdk._requests import Request, Response
from portway_sdk.wire import (
    Container,
    Event,
    EventType,
    ListenerError,
    MigrationDetails,
    ProgressReport,
)

__all__ = ["CloudAppTester", "FakeGateway", "RecordedUpload", "a_migration"]

ALL_SCOPES = frozenset(AccessScope)


def a_migration(**changes: Any) -> MigrationDetails:
    """Return the details of a migration; name a field to change it."""
    details: dict[str, Any] = {
        "migration_id": "9d3c5b1e-0000-4000-8000-000000000001",
        "migration_scope_id": "1a2b3c4d-0000-3000-8000-000000000002",
        "name": "Wave 3",
        "created_at": datetime(2026, 1, 5, tzinfo=UTC),
        "cloud_url": "https://acme.test/sites/acme",
    }
    return MigrationDetails(**(details | changes))


class FakeGateway(Gateway):
    """A `Gateway` that answers from memory. Call your handler with it, then look at `uploads`."""

    def __init__(
        self,
        *,
        mappings: Mappings | None = None,
        containers: Iterable[Container] = (),
        feedback: Mapping[str, Any] | None = None,
        granted_scopes: Iterable[AccessScope] = ALL_SCOPES,
        transfer_id: str = "2c9f6a10-0000-4000-8000-000000000003",
        migration: MigrationDetails | None = None,
        attempt: int = 1,
        transfer_name: str | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        self._memory = TransferInMemory(
            mappings or {}, tuple(containers), frozenset(granted_scopes)
        )
        self._memory.feedback_details = None if feedback is None else dict(feedback)
        super().__init__(
            self._memory,
            transfer_id=transfer_id,
            migration=migration or a_migration(),
            attempt=attempt,
            transfer_name=transfer_name,
            tags=tags,
        )

    @property
    def uploads(self) -> list[RecordedUpload]:
        """The completed uploads, in order; withdrawn ones are not among them."""
        return self._memory.uploads

    @property
    def export_completed(self) -> bool:
        """Whether the handler has called `complete_export`."""
        return self._memory.export_completed

    def request_cancellation(self) -> None:
        """Have the admin cancel."""
        self._memory.cancellation_requested = True


class CloudAppTester:
    """Plays the platform for one `CloudApp`, one site and one transfer.

    Making one connects the app to it instead of the network. Then `install`, and `deliver` events
    or `upload` app data; look at `reports`, `status` and `feedback`.
    """

    def __init__(
        self,
        app: CloudApp,
        *,
        mappings: Mappings | None = None,
        containers: Iterable[Container] = (),
        granted_scopes: Iterable[AccessScope] = ALL_SCOPES,
        client_key: str = "5f1c0d2e-0000-3000-8000-000000000004",
        site_url: str = "https://acme.test/sites/acme/wiki",
        transfer_id: str = "2c9f6a10-0000-4000-8000-000000000003",
        migration: MigrationDetails | None = None,
    ) -> None:
        self._app = app
        self._memory = TransferInMemory(
            mappings or {}, tuple(containers), frozenset(granted_scopes)
        )
        self._secret = f"secret of {client_key}, long enough to sign with"
        self._app_path = context_path_of(app.settings.base_url)
        self.client_key = client_key
        self.site_url = site_url
        self.transfer_id = transfer_id
        self.migration = migration or a_migration()
        self.reports: list[ProgressReport] = []
        """Every progress report and settlement, in order."""
        self.listener_error: ListenerError | None = None
        """What the app reads about a failed listener."""
        self.endpoints: tuple[str, ...] = ()
        app._connect_through(httpx.MockTransport(self._answer))

    @property
    def status(self) -> TransferStatus:
        """Where the transfer stands."""
        return self.reports[-1].status if self.reports else TransferStatus.IN_PROGRESS

    @property
    def feedback(self) -> dict[str, Any] | None:
        """What the app has left for its server app."""
        return self._memory.feedback_details

    def install(self) -> Response:
        """Send `installed`, signed as the platform signs it."""
        return self._send_lifecycle("installed")

    def uninstall(self) -> Response:
        """Send `uninstalled`, signed as the platform signs it."""
        return self._send_lifecycle("uninstalled")

    def add_app_data(self, content: bytes, *, label: str | None = None) -> str:
        """Store a file as if the listener had uploaded it; return its key."""
        return self._memory.store(content, label, None)

    def upload(self, content: bytes, *, label: str | None = None) -> Response:
        """Store a file and deliver its event."""
        key = self.add_app_data(content, label=label)
        return self.deliver(EventType.APP_DATA_UPLOADED, s3_key=key, label=label)

    def deliver(
        self,
        event_type: EventType | str,
        *,
        message_id: str | None = None,
        s3_key: str | None = None,
        label: str | None = None,
        transfer_status: TransferStatus | None = None,
    ) -> Response:
        """Deliver an event once and return the app's answer; name a `message_id` to repeat one."""
        event = Event(
            cloud_app_key=self._app.settings.app_key,
            transfer_id=self.transfer_id,
            event_type=event_type,
            message_id=message_id or str(uuid.uuid4()),
            migration_details=self.migration,
            s3_key=s3_key,
            label=label,
            transfer_status=transfer_status,
        )
        path = self._app_path + EVENTS_PATH
        token = sign_connect_token(
            issuer=self.client_key,
            secret=self._secret,
            method="POST",
            url=path,
            context_path=self._app_path,
            now=datetime.now(UTC),
        )
        body = event.model_dump(mode="json", by_alias=True, exclude_none=True)
        return self._send(path, token, body)

    def _send_lifecycle(self, event_type: str) -> Response:
        path = f"{self._app_path}/lifecycle/{event_type}"
        token = sign_install_token(
            private_key=_install_key(),
            key_id=_INSTALL_KEY_ID,
            client_key=self.client_key,
            app_base_url=self._app.settings.base_url,
            method="POST",
            url=path,
            context_path=self._app_path,
            now=datetime.now(UTC),
        )
        payload = {
            "key": self._app.settings.app_key,
            "clientKey": self.client_key,
            "sharedSecret": self._secret,
            "baseUrl": self.site_url,
            "productType": "confluence",
            "description": "A site for tests",
            "eventType": event_type,
        }
        return self._send(path, token, payload)

    def _send(self, path: str, token: str, body: Mapping[str, Any]) -> Response:
        headers = {"Authorization": f"JWT {token}", "Content-Type": "application/json"}
        return self._app.handle(Request("POST", path, "", headers, json.dumps(body).encode()))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """Answer what the app asks, over HTTP as far as it can tell."""
        url = str(request.url)
        if url == f"{self._app.settings.install_keys_url}/{_INSTALL_KEY_ID}":
            return httpx.Response(200, content=_install_pem())
        if url.startswith(_DOWNLOADS):
            return self._download(url.removeprefix(_DOWNLOADS))
        api = self.site_url + API_PATH + "/"
        if not url.startswith(api):
            return httpx.Response(404)
        try:
            self._verify(request)
        except VerificationError as exc:
            return _refuse(401, "unauthenticated", str(exc))
        if is_settled(self.status):
            return _refuse(403, "transfer_settled", "The transfer has settled.")
        parts = tuple(map(unquote, url.removeprefix(api).partition("?")[0].split("/")))
        try:
            return self._answer_api(request, parts)
        except APIError as exc:
            return _refuse(exc.status, exc.code, exc.message, exc.details)

    def _answer_api(self, request: httpx.Request, parts: tuple[str, ...]) -> httpx.Response:
        query = request.url.params
        here = self.transfer_id
        match (request.method, *parts):
            case ("POST", "progress", transfer) if transfer == here:
                report = ProgressReport.model_validate_json(request.content)
                self.reports.append(report)
                return httpx.Response(200, json=report.to_wire())
            case ("POST", "mapping", transfer, "find") if transfer == here:
                keys = json.loads(request.content)
                found = self._memory.find_mappings(query["namespace"], keys)
                return httpx.Response(200, json=found)
            case ("GET", "mapping", transfer, "page") if transfer == here:
                page = self._memory.mapping_page(
                    query["namespace"], int(query.get("pageSize", 1200)), query.get("lastEntity")
                )
                return httpx.Response(200, json=page.to_wire())
            case ("GET", "container", transfer, "page") if transfer == here:
                items = self._memory.containers_page(
                    query["containerType"], int(query.get("pageSize", 250)), query.get("lastEntity")
                )
                return httpx.Response(200, json=items.to_wire())
            case ("GET", "data", transfer, "all") if transfer == here:
                files = [{"s3Key": file.key, "label": file.label} for file in self._memory.uploads]
                return httpx.Response(200, json=files)
            case ("GET", "data", key) if self._memory.find_upload(key):
                return httpx.Response(200, json={"url": _DOWNLOADS + key})
            case ("GET", "transfer", "recent"):
                summary = {
                    "transferId": here,
                    "status": self.status,
                    "migrationDetails": self.migration.to_wire(),
                }
                return httpx.Response(200, json=[summary])
            case ("POST", "feedback", transfer) if transfer == here:
                self._memory.feedback_details = json.loads(request.content)["details"]
                return httpx.Response(200)
            case ("GET", "error", transfer) if transfer == here and self.listener_error:
                return httpx.Response(200, json=self.listener_error.to_wire())
            case ("GET", "webhook"):
                return httpx.Response(200, json={"endpoints": self.endpoints})
            case ("PUT", "webhook"):
                self.endpoints = tuple(json.loads(request.content)["endpoints"])
                return httpx.Response(200, json={"endpoints": self.endpoints})
        return _refuse(404, "not_found", "There is nothing of that name here.")

    def _verify(self, request: httpx.Request) -> None:
        verify_connect_token(
            find_connect_token(request.headers.get("Authorization"), ""),
            secret=self._secret,
            issuer=self._app.settings.app_key,
            audience=self.client_key,
            method=request.method,
            url=request.url.raw_path.decode("ascii"),
            context_path=context_path_of(self.site_url),
            now=datetime.now(UTC),
        )

    def _download(self, key: str) -> httpx.Response:
        file = self._memory.find_upload(key)
        if file is None:
            return httpx.Response(404)
        digest = repr_digest(hashlib.sha256(file.content).digest())
        return httpx.Response(200, content=file.content, headers={"Repr-Digest": digest})


_DOWNLOADS = "https://files.test/"
_INSTALL_KEY_ID = "install-key-of-the-tester"


def _refuse(
    status: int, code: str, message: str, details: Mapping[str, Any] | None = None
) -> httpx.Response:
    body = {"code": code, "message": message, "details": dict(details or {})}
    return httpx.Response(status, json=body)


@functools.cache
def _install_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _install_pem() -> bytes:
    public = _install_key().public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
