"""A vendor's cloud app, as one function behind the platform's outgoing calls."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from portway_sdk.tokens import sign_connect_token
from support.manifests import APP_KEY, DESCRIPTOR_URL

BASE_URL = "https://notes.example/app"


def a_descriptor(**changes: Any) -> dict[str, Any]:
    """A descriptor without faults, with `changes` to its fields; None takes a field away."""
    document = {
        "key": APP_KEY,
        "name": "Page notes",
        "baseUrl": BASE_URL,
        "authentication": {"type": "jwt"},
        "lifecycle": {
            "installed": "/installed",
            "enabled": "/enabled",
            "uninstalled": "/uninstalled",
        },
        "cloudAppMigration": {"migrationWebhookPath": "/events"},
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


@dataclass
class VendorApp:
    """Serves a descriptor and keeps the lifecycle calls it gets, oldest first."""

    descriptor: dict[str, Any] = field(default_factory=a_descriptor)
    statuses: dict[str, int] = field(default_factory=dict)
    """What it answers, by path, where that is not 204."""
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    """Event, body, token."""
    on_call: Callable[[str], None] = lambda event: None

    @property
    def secret(self) -> str:
        """The secret of the newest `installed` it accepted."""
        accepted = [body for event, body, _ in self.calls if event == "installed"]
        return str(accepted[-1]["sharedSecret"])

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path.removeprefix(urlsplit(BASE_URL).path)
        if request.method == "GET" and request.url.path == urlsplit(DESCRIPTOR_URL).path:
            return httpx.Response(self.statuses.get(path, 200), json=self.descriptor)
        status = self.statuses.get(path, 204)
        event = path.removeprefix("/")
        if status < 300:
            token = request.headers["Authorization"].removeprefix("JWT ")
            self.calls.append((event, json.loads(request.content), token))
        self.on_call(event)
        return httpx.Response(status)

    def events(self) -> list[str]:
        """The lifecycle events it accepted."""
        return [event for event, _, _ in self.calls]


def sign_as_app(
    secret: str,
    method: str,
    path_and_query: str,
    *,
    now: datetime,
    issuer: str = APP_KEY,
    context_path: str = "/sites/acme/wiki",
    audience: str | None = None,
) -> dict[str, str]:
    """The `Authorization` header of a cloud app's request to the platform."""
    token = sign_connect_token(
        issuer=issuer,
        secret=secret,
        method=method,
        url=path_and_query,
        context_path=context_path,
        audience=audience,
        now=now,
    )
    return {"Authorization": f"JWT {token}"}
