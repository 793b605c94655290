"""A platform in a temporary folder, with a clock, ids and outgoing calls the test holds."""

import atexit
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import flask
import httpx
import werkzeug.test

from portway_platform.app import Platform, create_app
from portway_platform.keys.store import open_keys
from portway_platform.schema_versions import HEAD, SCRIPTS
from portway_platform.settings import PlatformSettings
from portway_service.clock import ManualClock
from portway_service.database import Database, open_database, sqlite_url, upgrade_schema
from portway_service.ids import SeededIds
from portway_service.outbound import Outbound
from support.databases import Template, database_url
from support.manifests import APP_KEY, DESCRIPTOR_URL, a_manifest
from support.vendor import VendorApp

ADMIN_TOKEN = "admin-token-of-the-tests"
PUBLIC_URL = "https://portway.example"

_seeds = count(1)
"""Each platform has ids of its own, also after a restart."""

Answer = werkzeug.test.TestResponse
Handle = Callable[[httpx.Request], httpx.Response]


@dataclass
class Outside:
    """The internet as the platform meets it: hosts, each one function. Keeps what was called."""

    hosts: dict[str, Handle] = field(default_factory=dict)
    calls: list[httpx.Request] = field(default_factory=list)

    def open_client(self, timeout_seconds: float) -> httpx.Client:
        """Open a client that reaches only these hosts."""
        return httpx.Client(transport=httpx.MockTransport(self._answer), timeout=timeout_seconds)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.calls.append(request)
        handle = self.hosts.get(request.url.host)
        if handle is None:
            raise httpx.ConnectError("no such host", request=request)
        return handle(request)


@dataclass
class Running:
    """A platform under test."""

    platform: Platform
    clock: ManualClock
    ids: SeededIds
    outside: Outside
    folder: Path

    @property
    def app(self) -> flask.Flask:
        """The Flask app."""
        return self.platform.app

    def admin(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Answer:
        """Call the admin API as admin; `path` follows `/admin/v1/`."""
        return self.call(
            method,
            f"/admin/v1/{path}",
            json=json,
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}", **(headers or {})},
            **options,
        )

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Call the platform as whoever the headers say."""
        if options.get("json", ...) is None:
            del options["json"]
        return self.app.test_client().open(path, method=method, **options)

    def advance(self, **by: float) -> None:
        """Let time pass: `advance(minutes=5)`."""
        self.clock.advance(timedelta(**by))

    # What most tests begin with

    def add_site(self, key: str = "acme", *, product: str = "CONFLUENCE") -> dict[str, Any]:
        """Make a destination site."""
        return _made(self.admin("PUT", f"sites/{key}", json={"name": key, "product": product}))

    def add_server(self, key: str = "acme-dc") -> dict[str, Any]:
        """Make a source server."""
        return _made(self.admin("PUT", f"servers/{key}", json={"name": key}))

    def publish(self, **manifest: Any) -> dict[str, Any]:
        """Publish a version of the notes app."""
        body = a_manifest(**manifest)
        path = f"apps/{body['app_key']}/versions/{body['version']}"
        return _made(self.admin("PUT", path, json=body))

    def install(self, site: str = "acme", *, vendor: VendorApp | None = None) -> VendorApp:
        """Install the notes app on a site; return the vendor's app with its secret."""
        vendor = vendor or VendorApp()
        self.outside.hosts["notes.example"] = vendor.answer
        path = f"sites/{site}/installations/{APP_KEY}"
        _made(self.admin("PUT", path, json={"descriptorUrl": DESCRIPTOR_URL}))
        return vendor

    def agree(
        self,
        *,
        server: str = "acme-dc",
        site: str = "acme",
        scopes: Iterable[str] | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """Agree to what the card says; grant all scopes it offers unless told otherwise."""
        card = self.read_card(server=server, site=site)["card"]
        offered = [scope["scope"] for scope in card["scopes"]]
        body = {
            "appKey": APP_KEY,
            "serverKey": server,
            "siteKey": site,
            "appVersion": card["appVersion"],
            "scopes": offered if scopes is None else list(scopes),
            "policyDigests": {policy["kind"]: policy["digest"] for policy in card["policies"]},
            "noticeDigest": card["notice"]["digest"],
            "givenBy": "ada",
            "method": "test",
            **fields,
        }
        return _made(self.admin("POST", "consents", json=body))

    def read_card(self, *, server: str = "acme-dc", site: str = "acme") -> dict[str, Any]:
        """The card of the notes app, with its state."""
        path = f"consents/card?app={APP_KEY}&server={server}&site={site}"
        return _made(self.admin("GET", path))

    def begin_migration(
        self, *, server: str = "acme-dc", site: str = "acme", core: str | None = None
    ) -> dict[str, Any]:
        """Begin a run of a plan; `core` says how far its core migration is."""
        body = {"serverKey": server, "siteKey": site, "name": "Wave 3"}
        migration = _made(self.admin("POST", "migrations", json=body))
        if core is not None:
            path = f"migrations/{migration['migrationId']}/core"
            migration = _made(self.admin("PUT", path, json={"status": core}))
        return migration


def _made(answer: Answer) -> Any:
    assert answer.status_code in {200, 201}, answer.text
    return answer.json


@contextmanager
def a_platform(
    *, folder: Path | None = None, clock: ManualClock | None = None, **settings: Any
) -> Iterator[Running]:
    """Run a platform; the same `folder` again is the same platform after a restart."""
    with TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        if not (place / "keys").exists():
            shutil.copytree(_blank(), place, dirs_exist_ok=True)
        outside = Outside()
        clock = clock or ManualClock()
        ids = settings.pop("ids", None) or SeededIds(next(_seeds))
        platform = create_app(
            PlatformSettings(
                **{
                    "database_url": platform_database_url(place),
                    "files_url": str(place / "files"),
                    "keys_folder": place / "keys",
                    "public_url": PUBLIC_URL,
                    "admin_token": ADMIN_TOKEN,
                    "outbound": Outbound.PUBLIC,
                    "clock": clock,
                    "ids": ids,
                    **settings,
                }
            ),
            open_client=outside.open_client,
        )
        try:
            yield Running(platform, clock, ids, outside, place)
        finally:
            platform.close()


def platform_database_url(folder: Path) -> str:
    """Return where the platform of this folder keeps its rows."""
    return database_url(folder / "platform.db", _TEMPLATE)


def _upgrade(database: Database) -> None:
    upgrade_schema(database, SCRIPTS, head=HEAD)


_TEMPLATE = Template(_upgrade)


@cache
def _blank() -> Path:
    """A folder with keys and an empty database: making them anew for each test takes long."""
    folder = Path(mkdtemp(prefix="portway-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_keys(folder / "keys").forge.signing_key(ManualClock().now())
    database = open_database(sqlite_url(folder / "platform.db"))
    _upgrade(database)
    database.close()
    return folder
