"""An app on the official Node framework, unmodified, through a whole migration.

The app is `connect-express/app.js`. What it accepts, its framework has verified: `installed` and
`uninstalled` by the public key under /keys/{kid}, everything else by the shared secret.
"""

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from portway_cli.processes import free_port
from portway_sdk import Gateway, Listener, ListenerSettings
from support.foreign import node_project
from support.manifests import APP_KEY, SERVER_APP_KEY, a_manifest
from support.processes import Process, Served, an_environment, answers, serving, wait_until

pytestmark = pytest.mark.processes

SCOPES = ("APP_DATA_UGC", "MIGRATION_TRACING_PRODUCT")
MAPPINGS = {f"k {number}": f"c-{number}" for number in range(4)} | {"k&1": "c/1"}


@dataclass(frozen=True)
class Product:
    name: str
    namespace: str
    container_type: str
    base_path: str


CONFLUENCE = Product("CONFLUENCE", "confluence:page", "ConfluenceSpace", "/wiki")
JIRA = Product("JIRA", "jira:issue", "JiraProject", "")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign")
    with serving(folder / "portway", an_environment(folder)) as portway:
        yield portway


class App:
    """The Node app as a process, and what it says it saw."""

    def __init__(self, served: Served, folder: Path, product: Product) -> None:
        program = node_project("connect-express")
        port = free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        self.process = Process(
            ["node", "app.js"],
            log=folder / "app.log",
            environment=an_environment(
                folder,
                PORT=str(port),
                AC_LOCAL_BASE_URL=self.base_url,
                AC_PRODUCT=product.name.lower(),
                CONNECT_KEYS_CDN_URL=f"{served.url}/keys",
                ASK=orjson.dumps(
                    {"namespace": product.namespace, "containerType": product.container_type}
                ).decode(),
            ),
            folder=program,
        )
        wait_until(lambda: answers(f"{self.base_url}/seen"), self.process)

    @property
    def seen(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{self.base_url}/seen", trust_env=False).json()
        assert answer["problems"] == [], (answer["problems"], self.process.output())
        return answer

    def events(self) -> list[str]:
        return [event["eventType"] for event in self.seen["events"]]

    def lifecycle(self) -> list[str]:
        return [call["event"] for call in self.seen["lifecycle"]]


class Admin:
    """The admin API of a served platform."""

    def __init__(self, served: Served) -> None:
        token = (served.data / "admin.token").read_text().strip()
        self._client = httpx.Client(
            base_url=f"{served.url}/admin/v1/",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        )

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        if body is not None:
            options["json"] = body
        answer = self._client.request(method, path, **options)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def text(self, method: str, path: str) -> str:
        answer = self._client.request(method, path)
        assert answer.status_code < 300, answer.text
        return answer.text

    def lines(self, path: str, rows: list[dict[str, str]]) -> None:
        self("POST", path, content=b"".join(orjson.dumps(row) + b"\n" for row in rows))

    def close(self) -> None:
        self._client.close()


@pytest.fixture(params=[CONFLUENCE, JIRA], ids=lambda product: product.name)
def place(request, served, tmp_path):
    with ExitStack() as stack:
        app = App(served, tmp_path, request.param)
        stack.callback(app.process.end)
        admin = Admin(served)
        stack.callback(admin.close)
        yield Place(served, app, admin, request.param, tmp_path)


class Place:
    """A site with the app installed, and a server with its listener."""

    def __init__(self, served, app, admin, product, folder):
        self.served, self.app, self.admin, self.product = served, app, admin, product
        self.site, self.server = f"to-{product.name.lower()}", f"of-{product.name.lower()}"
        self._folder = folder

    def install(self):
        body = {"name": self.site, "product": self.product.name}
        site = self.admin("PUT", f"sites/{self.site}", body)
        self.admin("PUT", f"servers/{self.server}", body)
        address = f"{self.app.base_url}/atlassian-connect.json"
        manifest = a_manifest(scopes=SCOPES)
        self.admin("PUT", f"apps/{APP_KEY}/versions/1.0.0", manifest)
        path = f"sites/{self.site}/installations/{APP_KEY}"
        self.admin("PUT", path, {"descriptorUrl": address})
        return site

    def agree(self):
        asked = f"app={APP_KEY}&server={self.server}&site={self.site}"
        card = self.admin("GET", f"consents/card?{asked}")["card"]
        self.admin(
            "POST",
            "consents",
            {
                "appKey": APP_KEY,
                "serverKey": self.server,
                "siteKey": self.site,
                "appVersion": card["appVersion"],
                "scopes": list(SCOPES),
                "policyDigests": {it["kind"]: it["digest"] for it in card["policies"]},
                "noticeDigest": card["notice"]["digest"],
                "givenBy": "ada",
                "method": "test",
            },
        )

    def migrate_core(self):
        body = {"serverKey": self.server, "siteKey": self.site, "name": "Wave 3"}
        migration = self.admin("POST", "migrations", body)["migrationId"]
        space = self.product.container_type
        self.admin.lines(
            f"migrations/{migration}/mappings",
            [
                {"namespace": self.product.namespace, "key": key, "value": value}
                for key, value in MAPPINGS.items()
            ],
        )
        self.admin.lines(
            f"migrations/{migration}/containers",
            [
                {"type": space, "sourceId": str(number), "key": f"S{number}", "name": "A space"}
                for number in (100, 200)
            ],
        )
        self.admin("PUT", f"migrations/{migration}/core", {"status": "FINISHED"})
        return migration

    def export(self, migration):
        """Run the listener once: two files, the second of them the end."""
        path = f"servers/{self.server}/enrolments"
        token = self.admin("POST", path, {"appKey": APP_KEY})["enrolmentToken"]
        listener = Listener(
            server_app_key=SERVER_APP_KEY,
            cloud_app_key=APP_KEY,
            version="1.0.0",
            scopes=SCOPES,
        )

        @listener.on_start_app_migration
        def start(gateway: Gateway) -> None:
            for label, text in (("notes-1", "a note"), ("end", "")):
                with gateway.create_app_data(label=label) as upload:
                    upload.write(text.encode())

        settings = ListenerSettings(
            platform_url=self.served.url,
            key_file=self._folder / "server.key",
            enrolment_token=token,
        )
        run = threading.Thread(target=listener.run, args=(settings,), kwargs={"once": True})
        run.start()
        wait_until(lambda: self.admin("GET", f"servers/{self.server}/listeners"))
        transfer = self.admin("POST", f"migrations/{migration}/transfers", {"appKey": APP_KEY})
        run.join(30)
        return transfer["transferId"]

    def transfer(self, transfer_id):
        return self.admin("GET", f"transfers/{transfer_id}")


def test_an_app_on_the_official_framework_migrates_unchanged(place):
    app, product = place.app, place.product
    site = place.install()

    assert app.lifecycle() == ["installed", "enabled"]
    settings = app.seen["lifecycle"][0]["settings"]
    assert settings["baseUrl"] == f"{place.served.url}/sites/{place.site}{product.base_path}"
    assert settings["productType"] == product.name.lower()
    assert settings["clientKey"] == site["clientKey"]

    place.agree()
    transfer_id = place.export(place.migrate_core())
    wait_until(lambda: "transfer-settled" in app.events())
    wait_until(lambda: "afterwards" in app.seen["answers"])
    seen = app.seen
    told = seen["answers"]

    # Every event came, signed; every file was there, byte for byte.
    assert sorted(app.events()) == [
        *("app-data-uploaded", "app-data-uploaded", "listener-triggered", "transfer-settled")
    ]
    details = seen["events"][0]["migrationDetails"]
    own, other = ("jiraClientKey", "confluenceClientKey")[:: 1 if product is JIRA else -1]
    assert details[own] == site["clientKey"]
    assert details[other] == "unknown"
    assert {(it["label"], it["text"]) for it in seen["files"].values()} == {
        ("notes-1", "a note"), ("end", ""),
    }  # fmt: skip
    assert {(it["s3Key"], it["label"]) for it in told["files"]} == {
        (key, it["label"]) for key, it in seen["files"].items()
    }

    # Mappings and containers, page by page, and those asked for.
    assert [len(page) for page in told["mappings"]] == [2, 2, 1]
    assert {key: page[key] for page in told["mappings"] for key in page} == MAPPINGS
    assert told["allMappings"]["items"] == MAPPINGS
    assert told["allMappings"]["meta"] == {"pageSize": 1200, "hasNext": False, "lastEntity": None}
    assert told["found"] == {"status": 200, "body": {"k&1": "c/1", "k 2": "c-2"}}
    assert [it["key"] for page in told["containers"] for it in page] == ["S100", "S200"]
    assert told["recent"][0]["transferId"] == transfer_id
    assert told["endpoints"] == {"endpoints": []}
    if product is JIRA:
        assert told["jira"] == {"field": 200, "properties": 200, "rules": 200}
        written = place.admin.text("GET", f"sites/{place.site}/jira-data?kind=fieldValue")
        assert orjson.loads(written)["value"] == "a note"

    # What it says is taken until it settles, and refused from then on.
    assert told["feedback"]["status"] == 200
    report = {"status": "IN_PROGRESS", "percent": 50, "message": "Half way"}
    assert told["progress"] == {"status": 200, "body": report}
    assert told["lower"]["status"] == 200
    assert told["settled"]["status"] == 200
    assert {name: it["status"] for name, it in told["afterwards"].items()} == dict.fromkeys(
        ("progress", "feedback", "mappings", "data"), 403
    )
    transfer = place.transfer(transfer_id)
    assert (transfer["status"], transfer["settledBy"]) == ("SUCCESS", "cloud-app")
    assert (transfer["percent"], transfer["message"]) == (100, "All notes are here")
    assert transfer["feedback"] == {"imported": 2}
    wait_until(lambda: place.transfer(transfer_id)["events"]["pending"] == 0)
    assert place.transfer(transfer_id)["events"]["givenUp"] == 0

    # A new secret takes the old one's place; the framework keeps it and signs with it.
    installation = f"sites/{place.site}/installations/{APP_KEY}"
    address = f"{app.base_url}/atlassian-connect.json"
    place.admin("PUT", installation, {"descriptorUrl": address, "reinstall": True})
    place.admin("PUT", f"{installation}/status", {"status": "DISABLED"})
    place.admin("PUT", f"{installation}/status", {"status": "ENABLED"})
    place.admin("DELETE", installation)
    calls = ["installed", "enabled", "installed", "enabled", "disabled", "enabled", "uninstalled"]
    wait_until(lambda: app.lifecycle() == calls)
