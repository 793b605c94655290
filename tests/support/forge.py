"""The notes app as a Forge app: its remote, which checks what it gets, and its calls back."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

from support.app_side import ALL_SCOPES, ServerSide, enrol
from support.manifests import APP_KEY, a_manifest
from support.platform import Answer, Running

FORGE_APP_ID = "7c1f0a52-3f1e-4a52-9d1c-0f3c5b8e2a11"
REMOTE = "https://remote.example"
UPLOADED = "avi:ecosystem.migration:uploaded:app_data"


def a_forge_part(**changes: Any) -> dict[str, Any]:
    """The `forge` part of a manifest with three environments."""
    names = ("development", "staging", "production")
    return {
        "app_id": FORGE_APP_ID,
        "environments": [{"name": name, "remote_url": f"{REMOTE}/{name}/events"} for name in names],
        **changes,
    }


@dataclass
class Remote:
    """A Forge remote: verifies each event as the documentation asks, and keeps it."""

    running: Running
    events: list[dict[str, Any]] = field(default_factory=list)
    """Events it took, as they came."""
    calls: list[httpx.Request] = field(default_factory=list)
    answers: list[int | Exception] = field(default_factory=list)
    """What it answers to the next events instead of 200."""
    handler: Callable[[dict[str, Any]], None] | None = None
    """Run for each event; when it raises, the remote answers 500."""
    system_token: str = ""

    def take(self, request: httpx.Request) -> httpx.Response:
        """Take one event."""
        self.calls.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return httpx.Response(answer)
        self.verify(request.headers["Authorization"].removeprefix("Bearer "))
        self.system_token = request.headers["x-forge-oauth-system"]
        event = json.loads(request.content)
        if self.handler is not None:
            try:
                self.handler(event)
            except Exception:
                return httpx.Response(500)
        self.events.append(event)
        return httpx.Response(200, json={})

    def verify(self, token: str) -> dict[str, Any]:
        """Check an invocation token against the published keys, with a library of its own."""
        keys = jwt.PyJWKSet.from_dict(self.running.call("GET", "/.well-known/jwks.json").json)
        claims: dict[str, Any] = jwt.decode(
            token,
            keys[jwt.get_unverified_header(token)["kid"]],
            algorithms=["RS256"],
            audience=f"ari:cloud:ecosystem::app/{FORGE_APP_ID}",
            issuer="forge/invocation-token",
            # The clock is the test's.
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        now = self.running.clock.now().timestamp()
        assert claims["nbf"] <= now < claims["exp"]
        return claims

    def types(self) -> list[str]:
        """What it was told, by the last two parts of the event's name."""
        return [event["eventType"].split(":", 2)[2] for event in self.events]


@dataclass
class ForgeSide:
    """The Forge app in one environment: its remote, and its calls with an app system token."""

    running: Running
    remote: Remote
    environment: str = "development"
    site: str = "acme"
    token: str = ""

    def fresh_token(self) -> str:
        """An app system token, made by hand."""
        path = f"sites/{self.site}/forge-installations/{APP_KEY}/{self.environment}/tokens"
        answer = self.running.admin("POST", path)
        assert answer.status_code == 201, answer.text
        return str(answer.json["token"])

    def call(
        self, method: str, path: str, *, query: dict[str, Any] | None = None, **options: Any
    ) -> Answer:
        """Call the Forge REST; `path` follows `/app/migration/forge/v1/`."""
        target = f"/app/migration/forge/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        token = self.token or self.remote.system_token or self.fresh_token()
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return self.running.call(method, target, headers=headers, **options)

    def say(self, transfer_id: str, status: str, *message_ids: str) -> Answer:
        """Acknowledge events."""
        body = {"status": status, "messageIds": list(message_ids)}
        return self.call("POST", f"message/{transfer_id}/status", json=body)

    def uploads(self) -> list[dict[str, Any]]:
        """The upload events the remote took."""
        return [event for event in self.remote.events if event["eventType"] == UPLOADED]


@dataclass
class ForgeMove:
    """A migration whose core is done, with the notes app as a Forge app and an agreement."""

    running: Running
    server: ServerSide
    app: ForgeSide
    migration_id: str
    consent: dict[str, Any]

    def start(self, **body: Any) -> str:
        """Start the app's transfer and return its id."""
        path = f"migrations/{self.migration_id}/transfers"
        answer = self.running.admin("POST", path, json={"appKey": APP_KEY, **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json["transferId"])

    def begin(self, **body: Any) -> str:
        """Start the transfer and have the listener take it up; return its id."""
        transfer_id = self.start(**body)
        assert self.server.take_work() is not None
        return transfer_id

    def upload(self, transfer_id: str, content: bytes = b"a note", **query: Any) -> str:
        """Upload a file; return its key."""
        answer = self.server.put(transfer_id, content, **query)
        assert answer.status_code == 201, answer.text
        return str(answer.json["key"])

    def complete_export(self, transfer_id: str) -> None:
        """Call `completeExport`."""
        answer = self.server.call("POST", f"transfers/{transfer_id}/export-completion")
        assert answer.status_code == 204, answer.text

    def transfer(self, transfer_id: str) -> dict[str, Any]:
        """The transfer as an admin sees it."""
        answer = self.running.admin("GET", f"transfers/{transfer_id}")
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json
        return seen

    def status(self, transfer_id: str) -> str:
        """Where the transfer stands."""
        return str(self.transfer(transfer_id)["status"])

    def work(self) -> None:
        """Do everything that is due."""
        self.running.platform.worker.run_due()

    def advance(self, **by: float) -> None:
        """Let time pass and do what falls due."""
        self.running.clock.advance(timedelta(**by))
        self.work()


def install_forge(
    running: Running, *, site: str = "acme", environment: str = "development"
) -> ForgeSide:
    """Put an environment of the notes app on a site, with a remote that takes its events."""
    path = f"sites/{site}/forge-installations/{APP_KEY}/{environment}"
    answer = running.admin("PUT", path, json={})
    assert answer.status_code in {200, 201}, answer.text
    remote = Remote(running)
    running.outside.hosts["remote.example"] = remote.take
    return ForgeSide(running, remote, environment, site)


def a_forge_move(
    running: Running,
    *,
    scopes: Iterable[str] = ALL_SCOPES,
    forge: dict[str, Any] | None = None,
    environment: str = "development",
    **declaration: Any,
) -> ForgeMove:
    """Bring a platform to where a transfer to a Forge app can start."""
    running.add_site()
    running.add_server()
    manifest = a_manifest(scopes=scopes, forge=forge or a_forge_part())
    path = f"apps/{APP_KEY}/versions/{manifest['version']}"
    answer = running.admin("PUT", path, json=manifest)
    assert answer.status_code == 201, answer.text
    app = install_forge(running, environment=environment)
    server = enrol(running, forgeAppId=FORGE_APP_ID, forgeEnvironment=environment, **declaration)
    consent = running.agree()
    migration = running.begin_migration(core="FINISHED")
    return ForgeMove(running, server, app, migration["migrationId"], consent)
