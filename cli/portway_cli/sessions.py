"""What a command that runs a plan works in: the data folder, its lock, the stop, the platform."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import httpx

from portway_assistant import stopping
from portway_assistant.folder import AssistantFolder
from portway_cli.connections import DEFAULT_URL, Connection, connect
from portway_cli.data_folder import DataFolder
from portway_cli.options import check_database
from portway_cli.processes import await_answer, free_port, running, serve_command
from portway_sdk.http import Caller, Timing
from portway_service.clock import SystemClock
from portway_service.ids import RandomIds
from portway_service.outbound import Outbound


@dataclass(frozen=True)
class Where:
    """Where a command keeps its things, and which platform it talks to."""

    data: Path
    platform_url: str | None = None
    """None: platform and cloud site run in here, on the data folder."""
    database_url: str | None = None
    """Where the platform started here keeps its rows; None for SQLite files in `data`."""
    token_file: Path | None = None
    patience_seconds: float = 60.0


@dataclass
class Session:
    """An opened data folder, and the wish to stop."""

    where: Where
    folder: DataFolder
    assistant: AssistantFolder
    stop: threading.Event = field(default_factory=threading.Event)

    def pulse(self) -> None:
        """Raise `StopRequested` once somebody asked to stop."""
        stopping.check(self.stop)

    @contextmanager
    def stopped_by_plan(self, plan_id: str) -> Iterator[None]:
        """Let another process stop this one, through the plan."""
        plans = self.assistant.plans
        plans.forget_stop(plan_id)
        with stopping.watching(self.stop, lambda: plans.is_asked_to_stop(plan_id)):
            yield

    @contextmanager
    def platform(self, *, with_apps: bool) -> Iterator[tuple[Caller, str]]:
        """Reach the platform: a running one by its address, or one on this folder.

        Apps are processes of their own, so for them the folder is served on a port; without apps
        the platform lives in this process and needs none.
        """
        timing = Timing(sleep=lambda seconds: stopping.sleep(seconds, self.stop))
        patience = self.where.patience_seconds
        if self.where.platform_url is not None:
            connection = connect(self.where.platform_url, self.where.token_file)
            yield connection.caller(patience_seconds=patience, timing=timing), connection.url
            return
        if with_apps:
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            log = self.folder.path / "logs" / "serve.log"
            command = serve_command(self.folder.path, port)
            environment = {"DATABASE_URL": self.where.database_url or ""}
            with running(command, log=log, environment=environment) as process:
                await_answer(f"{url}/healthz", process, what="The platform", log=log)
                connection = Connection(url, self.folder.admin_token(RandomIds()))
                yield connection.caller(patience_seconds=patience, timing=timing), url
            return
        with in_process(self.folder, self.where.database_url) as (connection, transport):
            yield connection.caller(transport=transport, timing=timing), connection.url


@contextmanager
def in_process(
    folder: DataFolder, database_url: str | None
) -> Iterator[tuple[Connection, httpx.BaseTransport]]:
    """Open platform and cloud site of a folder in this process."""
    from portway_cli.composition import Composition
    from portway_service.wsgi_transport import StreamingWSGITransport

    composition = Composition(
        folder, public_url=DEFAULT_URL, outbound=Outbound.LOOPBACK, database_url=database_url
    )
    try:
        transport = StreamingWSGITransport(composition.open())
        yield Connection(DEFAULT_URL, folder.admin_token(RandomIds())), transport
    finally:
        composition.stop()


@contextmanager
def open_assistant(data: Path) -> Iterator[AssistantFolder]:
    """Open the assistant's part of a data folder."""
    assistant = AssistantFolder.open(DataFolder.open(data).assistant, SystemClock(), RandomIds())
    try:
        yield assistant
    finally:
        assistant.close()


@contextmanager
def open_caller(where: Where) -> Iterator[Caller]:
    """Reach a running platform, or the one on the data folder in this process."""
    if where.platform_url is not None:
        connection = connect(where.platform_url, where.token_file)
        yield connection.caller(patience_seconds=where.patience_seconds)
        return
    with in_process(DataFolder.open(where.data), where.database_url) as (connection, transport):
        yield connection.caller(transport=transport)


@contextmanager
def open_session(where: Where) -> Iterator[Session]:
    """Open the data folder; the first Ctrl-C or SIGTERM asks to stop, the second ends at once."""
    if where.platform_url is None and where.database_url is not None:
        check_database(where.database_url)
    folder = DataFolder.open(where.data)
    with ExitStack() as stack:
        assistant = stack.enter_context(open_assistant(where.data))
        session = Session(where, folder, assistant)
        stack.enter_context(stop_on_signals(session.stop))
        yield session


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM set `stop`, and the second end the process."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
