"""A migration inside the test's process: platform, cloud site and assistant on one folder."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from portway_assistant.clients import PlatformClient, SiteClient
from portway_assistant.folder import AssistantFolder
from portway_assistant.people.domains import Decision
from portway_assistant.progress import Silent
from portway_assistant.reports.report import Report
from portway_assistant.runs.engine import Destination, Engine, Surroundings
from portway_assistant.runs.preparation import prepare_source
from portway_assistant.runs.settings import PlanSettings
from portway_cli.composition import Composition
from portway_cli.connections import Connection
from portway_cli.data_folder import DataFolder
from portway_service.clock import SystemClock
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound
from portway_service.wsgi_transport import StreamingWSGITransport

URL = "http://127.0.0.1:8484"
Wrap = Callable[[httpx.BaseTransport], httpx.BaseTransport]


class NoProcesses:
    """Apps of these tests have no processes."""

    def start_cloud(self, app: Any) -> None:
        """Start nothing."""

    def start_server(self, app: Any, enrolment_token: str) -> None:
        """Start nothing."""


@dataclass
class Place:
    """One data folder, opened anew for each run, as a command does it."""

    path: Path

    def run(
        self,
        export: Path,
        *,
        spaces: Sequence[str] = (),
        people: Path | None = None,
        wrap: Wrap = lambda transport: transport,
        stop: Any = None,
        site: str = "cloud",
        server: str = "server",
        trust: tuple[str, ...] = ("all",),
        **settings: Any,
    ) -> Report:
        """Migrate an export under these settings and return the report.

        `people_scope` is the setting `people`, whose name the people file has here.
        """
        if "people_scope" in settings:
            settings["people"] = settings.pop("people_scope")
        import threading

        with ExitStack() as stack:
            folder = DataFolder.open(self.path)
            assistant = AssistantFolder.open(folder.assistant, SystemClock(), RandomIds())
            stack.callback(assistant.close)
            composition = Composition(folder, public_url=URL, outbound=Outbound.LOOPBACK)
            transport = wrap(StreamingWSGITransport(composition.open()))
            stack.callback(composition.stop)
            prepared = stack.enter_context(
                prepare_source(
                    assistant,
                    export,
                    people=people,
                    space_keys=tuple(spaces),
                    server_key=server,
                    site_key=site,
                    name="Test",
                    app_keys=(),
                    settings=PlanSettings.from_chosen(settings),
                    progress=Silent(),
                    trusted_domains=trust,
                )
            )
            connection = Connection(URL, folder.admin_token(RandomIds()))
            caller = connection.caller(transport=transport, patience_seconds=0)
            engine = Engine(
                prepared.plan,
                prepared.source,
                [],
                destination=Destination(
                    PlatformClient(caller), lambda key, source: SiteClient(caller, key, source)
                ),
                processes=NoProcesses(),
                surroundings=Surroundings(
                    ledger=assistant.ledger,
                    folder=assistant.path,
                    progress=Silent(),
                    stop=stop or threading.Event(),
                    clock=SystemClock(),
                ),
            )
            report, _ = engine.run()
            return report

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return what the site's database holds, row by row."""
        with closing(sqlite3.connect(self.path / "site.db")) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query)]

    def decide(self, domain: str, decision: str) -> None:
        """Decide about an e-mail domain, as an admin does before a run."""
        with self._assistant() as assistant:
            assistant.domains.decide([domain], Decision(decision), by="admin")

    def decisions(self) -> dict[str, str]:
        """Return every decision about an e-mail domain."""
        with self._assistant() as assistant:
            return dict(assistant.domains.by_domain())

    @contextmanager
    def _assistant(self) -> Iterator[AssistantFolder]:
        folder = DataFolder.open(self.path)
        assistant = AssistantFolder.open(folder.assistant, SystemClock(), RandomIds())
        try:
            yield assistant
        finally:
            assistant.close()

    def get(self, path: str, **query: str) -> Any:
        """Ask the platform or the site something as admin; returns the JSON."""
        return self.call("GET", path, params=query)

    def edit_page(self, title: str, *, body: str = "<p>Ours</p>", site: str = "cloud") -> None:
        """Write a page's next version, as somebody at the site does."""
        base = f"/sites/{site}/wiki/api/v2/pages"
        (page,) = self.get(base, title=title)["results"]
        change = {
            "id": page["id"],
            "status": "current",
            "title": title,
            "body": {"representation": "storage", "value": body},
            "version": {"number": page["version"]["number"] + 1},
        }
        self.call("PUT", f"{base}/{page['id']}", json=change)

    def body_of(self, title: str, *, site: str = "cloud") -> str:
        """Return the text of the page with this title."""
        query = {"title": title, "body-format": "storage"}
        (page,) = self.get(f"/sites/{site}/wiki/api/v2/pages", **query)["results"]
        return str(page["body"]["storage"]["value"])

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Call the platform or the site as admin; returns the JSON."""
        with ExitStack() as stack:
            folder = DataFolder.open(self.path)
            composition = Composition(folder, public_url=URL, outbound=Outbound.LOOPBACK)
            transport = StreamingWSGITransport(composition.open())
            stack.callback(composition.stop)
            client = stack.enter_context(httpx.Client(transport=transport, base_url=URL))
            token = folder.admin_token(RandomIds())
            headers = {"Authorization": f"Bearer {token}"}
            answer = client.request(method, path, headers=headers, **request)
            answer.raise_for_status()
            return answer.json()


class CutAt(httpx.BaseTransport):
    """Loses the connection at one request: before it arrives, or after it was carried out."""

    def __init__(self, inner: httpx.BaseTransport, number: int, *, after: bool) -> None:
        self._inner, self._left, self._after = inner, number, after

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, unless its time has come."""
        self._left -= 1
        if self._left < 0:
            raise httpx.ConnectError("cut", request=request)
        if self._left == 0 and self._after:
            self._inner.handle_request(request).read()
            raise httpx.ReadError("cut", request=request)
        if self._left == 0:
            raise httpx.ConnectError("cut", request=request)
        return self._inner.handle_request(request)
