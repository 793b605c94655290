"""An app in the middle of its move: both sides, the agreement, a transfer. Over HTTP only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.cloud_app import APP_KEY
from bench.processes import Door, helping, module
from bench.workplace import Workplace
from portway_assistant.clients import PlatformClient
from portway_sdk.tokens import public_key_of, sign_connect_token, sign_gateway_token

SERVER_APP_KEY = "com.example.bench"
SERVER, SITE = "bench-dc", "bench"
CONNECT = "/rest/atlassian-connect/1/migration"
_SCOPES = ("APP_DATA_UGC", "MIGRATION_TRACING_IDENTITY", "MIGRATION_TRACING_PRODUCT")
_TOKEN_LIFE = timedelta(minutes=3)


@dataclass(frozen=True)
class CloudApp:
    """The running cloud app."""

    url: str

    def ask(self, method: str, path: str) -> Any:
        """Ask it what it knows."""
        answer = httpx.request(method, f"{self.url}{path}", timeout=30, trust_env=False)
        return answer.json() if answer.content else None


def start_cloud_app(place: Workplace) -> CloudApp:
    """Start the cloud app for the rest of the topic."""
    helper = place.stack.enter_context(helping(module("cloud_app")))
    return CloudApp(f"http://127.0.0.1:{helper.hear()}")


@dataclass(frozen=True)
class Moving:
    """A transfer that waits for data, and what both sides of its app sign with."""

    migration_id: str
    transfer_id: str
    listener_id: str
    client_key: str
    key: Ed25519PrivateKey = field(repr=False)
    secret: str = field(repr=False)

    def gateway(self, method: str, path: str, query: Mapping[str, str]) -> tuple[str, str]:
        """Return the target and the `Authorization` of a call to the gateway."""
        target = f"/gateway/v1/{path}?{urlencode(query)}"
        token = sign_gateway_token(
            private_key=self.key,
            server_app_key=SERVER_APP_KEY,
            listener_id=self.listener_id,
            method=method,
            url=target,
            now=datetime.now(UTC),
            lifetime=_TOKEN_LIFE,
        )
        return target, f"Bearer {token}"

    def connect(self, method: str, path: str, query: Mapping[str, str]) -> tuple[str, str]:
        """Return the target and the `Authorization` of a call to the Connect API."""
        base = f"/sites/{SITE}/wiki"
        asked = f"?{urlencode(query)}" if query else ""
        target = f"{base}{CONNECT}/{path}{asked}"
        token = sign_connect_token(
            issuer=APP_KEY,
            secret=self.secret,
            method=method,
            url=target,
            context_path=base,
            now=datetime.now(UTC),
            lifetime=_TOKEN_LIFE,
        )
        return target, f"JWT {token}"


def begin_move(door: Door, cloud_app: CloudApp) -> Moving:
    """Bring a new platform to where its app moves data."""
    platform = PlatformClient(door.caller())
    platform.put_site(SITE, "Bench")
    platform.put_server(SERVER, "Bench")
    descriptor_url = f"{cloud_app.url}/atlassian-connect.json"
    platform.publish_app(_manifest(descriptor_url))
    platform.install_app(SITE, APP_KEY, descriptor_url)
    installed = cloud_app.ask("GET", "/seen")["installed"]
    key, listener_id = _enrol(door, platform)
    _agree(platform)
    migration = platform.create_migration(SERVER, SITE, "Bench", key="bench-migration")
    migration_id = str(migration["migrationId"])
    platform.set_core_status(migration_id, "FINISHED")
    transfer = platform.start_transfer(migration_id, APP_KEY, key="bench-transfer")
    return Moving(
        migration_id=migration_id,
        transfer_id=str(transfer["transferId"]),
        listener_id=listener_id,
        client_key=str(installed["clientKey"]),
        key=key,
        secret=str(installed["sharedSecret"]),
    )


def _enrol(door: Door, platform: PlatformClient) -> tuple[Ed25519PrivateKey, str]:
    token = platform.enrol(SERVER, APP_KEY, key="bench-enrolment")["enrolmentToken"]
    key = Ed25519PrivateKey.generate()
    answer = door.caller(f"Enrolment {token}").call(
        "POST",
        "/gateway/v1/listeners",
        json={
            "publicKey": public_key_of(key).to_wire(),
            "declaration": {
                "serverAppKey": SERVER_APP_KEY,
                "cloudAppKey": APP_KEY,
                "version": "1.0.0",
                "dataAccessScopes": list(_SCOPES),
                "reruns": True,
                "checks": [],
            },
        },
    )
    return key, str(answer.json()["listenerId"])


def _agree(platform: PlatformClient) -> None:
    card = platform.consent_card(APP_KEY, SERVER, SITE)["card"]
    platform.give_consent(
        {
            "appKey": APP_KEY,
            "serverKey": SERVER,
            "siteKey": SITE,
            "appVersion": card["appVersion"],
            "scopes": [scope["scope"] for scope in card["scopes"]],
            "policyDigests": {policy["kind"]: policy["digest"] for policy in card["policies"]},
            "noticeDigest": card["notice"]["digest"],
            "givenBy": "bench",
            "method": "bench",
        },
        key="bench-consent",
    )


def _manifest(descriptor_url: str) -> dict[str, Any]:
    policy = {"url": "https://example.com/policy", "version": "1", "text": "A bench."}
    return {
        "app_key": APP_KEY,
        "server_app_key": SERVER_APP_KEY,
        "name": "Bench",
        "vendor": "Example Ltd",
        "version": "1.0.0",
        "migration_path": "AUTOMATED",
        "scopes": [{"scope": scope, "reason": "The bench reads it."} for scope in _SCOPES],
        "policies": [policy | {"kind": "privacy"}, policy | {"kind": "terms"}],
        "cloud": {"descriptor_url": descriptor_url},
    }
