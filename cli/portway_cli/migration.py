"""Puts a migration together: the export, the platform it goes to, the apps that go along."""

import fcntl
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from portway_assistant.apps import AppToMove
from portway_assistant.clients import PlatformClient, SiteClient
from portway_assistant.folder import AssistantFolder
from portway_assistant.progress import Progress, Silent
from portway_assistant.runs.engine import Destination, Engine, Surroundings
from portway_assistant.runs.preparation import prepare_source
from portway_assistant.runs.settings import PlanSettings
from portway_cli.connections import DEFAULT_URL, Connection, connect
from portway_cli.data_folder import DataFolder
from portway_cli.error_codes import DATA_IN_USE
from portway_cli.manifests import AppFile, read_app_file
from portway_cli.options import check_database
from portway_cli.processes import (
    await_answer,
    file_name,
    free_port,
    running,
    serve_command,
)
from portway_sdk.http import Caller
from portway_service.clock import SystemClock
from portway_service.errors import Refusal
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound

if TYPE_CHECKING:
    from portway_assistant.reports.report import Report


@dataclass(frozen=True)
class MigrationOrder:
    """What the operator asked for."""

    export: Path
    data: Path
    platform_url: str | None
    database_url: str | None
    """Where the platform started here keeps its rows; None for SQLite files in `data`."""
    token_file: Path | None
    people: Path | None
    space_keys: tuple[str, ...]
    manifests: tuple[Path, ...]
    agree: bool
    server_key: str
    site_key: str
    name: str
    settings: PlanSettings
    trusted_domains: tuple[str, ...]
    patience_seconds: float
    app_patience_seconds: float


def run_migration(order: MigrationOrder, progress: Progress | None) -> tuple["Report", Path]:
    """Carry out an order; returns the report and its path.

    Raises:
        Refusal: The export, the people file or a manifest cannot be used; nothing was written.
    """
    watcher = progress or Silent()
    app_files = [read_app_file(path) for path in order.manifests]
    if order.platform_url is None and order.database_url is not None:
        check_database(order.database_url)
    folder = DataFolder.open(order.data)
    with ExitStack() as stack:
        stack.enter_context(_only_one_run(folder))
        stop = stack.enter_context(_stop_on_signals())
        assistant = AssistantFolder.open(folder.assistant, SystemClock(), RandomIds())
        stack.callback(assistant.close)
        watcher.step("Reading the export")
        prepared = stack.enter_context(
            prepare_source(
                assistant,
                order.export,
                people=order.people,
                space_keys=order.space_keys,
                server_key=order.server_key,
                site_key=order.site_key,
                name=order.name,
                settings=order.settings,
                trusted_domains=order.trusted_domains,
                app_keys=tuple(app.key for app in app_files),
                progress=watcher,
            )
        )
        caller, url = stack.enter_context(_open_platform(order, folder, with_apps=bool(app_files)))
        engine = Engine(
            prepared.plan,
            prepared.source,
            [AppToMove(app.manifest, agree=order.agree) for app in app_files],
            destination=Destination(
                PlatformClient(caller),
                lambda site_key, source: SiteClient(caller, site_key, source),
            ),
            processes=_AppsHere(
                {app.key: app for app in app_files} if order.platform_url is None else {},
                folder=folder,
                url=url,
                stack=stack,
            ),
            surroundings=Surroundings(
                ledger=assistant.ledger,
                folder=assistant.path,
                progress=watcher,
                stop=stop,
                clock=SystemClock(),
                app_patience_seconds=order.app_patience_seconds,
            ),
        )
        return engine.run()


@contextmanager
def _open_platform(
    order: MigrationOrder, folder: DataFolder, *, with_apps: bool
) -> Iterator[tuple[Caller, str]]:
    """Reach the platform: a running one by its address, or one on this folder.

    Apps are processes of their own, so for them the folder is served on a port; without apps the
    platform lives in this process and needs none.
    """
    if order.platform_url is not None:
        connection = connect(order.platform_url, order.token_file)
        yield connection.caller(patience_seconds=order.patience_seconds), connection.url
    elif with_apps:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        log = folder.path / "logs" / "serve.log"
        environment = {"DATABASE_URL": order.database_url or ""}
        command = serve_command(folder.path, port)
        with running(command, log=log, environment=environment) as process:
            await_answer(f"{url}/healthz", process, what="The platform", log=log)
            connection = Connection(url, folder.admin_token(RandomIds()))
            yield connection.caller(patience_seconds=order.patience_seconds), url
    else:
        from portway_cli.composition import Composition
        from portway_service.wsgi_transport import StreamingWSGITransport

        url = DEFAULT_URL
        composition = Composition(
            folder,
            public_url=url,
            outbound=Outbound.LOOPBACK,
            database_url=order.database_url,
        )
        app = composition.open()
        try:
            connection = Connection(url, folder.admin_token(RandomIds()))
            yield connection.caller(transport=StreamingWSGITransport(app)), url
        finally:
            composition.stop()


class _AppsHere:
    """Starts the sides of apps whose manifests say how; they end with the migration."""

    def __init__(
        self, apps: dict[str, AppFile], *, folder: DataFolder, url: str, stack: ExitStack
    ) -> None:
        self._apps = apps
        self._folder = folder
        self._url = url
        self._stack = stack

    def start_cloud(self, app: AppToMove) -> None:
        """Start the cloud app and wait until its descriptor answers."""
        command = self._command(app, "cloud")
        address = (app.manifest.get("cloud") or {}).get("descriptor_url")
        if command is None or address is None:
            return
        log = self._log(app, "cloud")
        process = self._stack.enter_context(
            running(
                command,
                log=log,
                environment={
                    "PORTWAY_INSTALL_KEYS_URL": f"{self._url}/keys",
                    "PORTWAY_CLOUD_BASE_URL": address.rpartition("/")[0],
                },
            )
        )
        await_answer(address, process, what=f"The cloud app {app.key}", log=log)

    def start_server(self, app: AppToMove, enrolment_token: str) -> None:
        """Start the server app; it enrols by itself."""
        command = self._command(app, "server")
        if command is None:
            return
        self._stack.enter_context(
            running(
                command,
                log=self._log(app, "server"),
                environment={
                    "PORTWAY_PLATFORM_URL": self._url,
                    "PORTWAY_KEY_FILE": str(self._data(app) / "server.key"),
                    "PORTWAY_ENROLMENT_TOKEN": enrolment_token,
                },
            )
        )

    def _command(self, app: AppToMove, side: str) -> list[str] | None:
        found = self._apps.get(app.key)
        if found is None:
            return None
        return found.command(side, data=self._data(app), platform_url=self._url)

    def _data(self, app: AppToMove) -> Path:
        data = self._folder.path / "apps" / file_name(app.key)
        data.mkdir(parents=True, exist_ok=True)
        return data

    def _log(self, app: AppToMove, side: str) -> Path:
        return self._folder.path / "logs" / f"{file_name(app.key)}-{side}.log"


@contextmanager
def _only_one_run(folder: DataFolder) -> Iterator[None]:
    """Hold the folder's run lock; the system lets go of it however this process ends."""
    with (folder.assistant / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(DATA_IN_USE, path=folder.path) from None
        yield


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """Let the first Ctrl-C or SIGTERM stop the run between two batches, the second at once."""
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
