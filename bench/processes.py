"""Processes of the bench: helpers that talk over pipes, `portway serve`, and their memory."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.measuring import CannotMeasureError
from bench.workplace import ROOT
from portway_cli.data_folder import DataFolder
from portway_cli.processes import await_answer, end, free_port, running, serve_command
from portway_sdk.http import ONE_ATTEMPT, Caller, Timing, open_client
from portway_service.ids import RandomIds

PROC = Path("/proc")

UNLIMITED = {"PORTWAY_APP_REQUESTS_PER_MINUTE": "0", "PORTWAY_SITE_REQUESTS_PER_MINUTE": "0"}
"""The bench asks for what a platform can do, not for what it lets one app do."""


class Helper:
    """A process of ours that writes one JSON line for each line it is told."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, message: Any) -> None:
        """Send one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """Return what its next line says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a helper ended: {self._process.args!r}")
        return json.loads(line)


@contextmanager
def helping(command: Sequence[str]) -> Iterator[Helper]:
    """Run a helper for the length of the block."""
    process = subprocess.Popen(
        list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        yield Helper(process)
    finally:
        end(process)  # type: ignore[arg-type]
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def module(name: str, *words: str) -> list[str]:
    """Return the command of a helper that is a module of the bench."""
    return [sys.executable, "-m", f"bench.{name}", *words]


@dataclass(frozen=True)
class Door:
    """How a platform is reached: over the network, or through a transport into this process."""

    url: str
    admin_token: str = field(repr=False)
    transport: httpx.BaseTransport | None = None

    def caller(self, authorization: str | None = None) -> Caller:
        """Return a caller that tries once; it signs as admin unless told otherwise."""
        shown = authorization or f"Bearer {self.admin_token}"
        return Caller(
            open_client(transport=self.transport),
            base_url=self.url,
            authorise=lambda _request: shown,
            timing=Timing(),
            policy=ONE_ATTEMPT,
        )


@dataclass(frozen=True)
class Served:
    """A running `portway serve`."""

    data: Path
    port: int
    token: str = field(repr=False)
    process_id: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def door(self) -> "Door":
        """Return how its HTTP interface is reached."""
        return Door(self.url, self.token)

    def workers(self) -> list[int]:
        """Return the processes that answer requests."""
        found = [pid for pid, parent in _parents() if parent == self.process_id]
        if not found:
            raise CannotMeasureError("the server's worker processes are not found in /proc")
        return found


@contextmanager
def serving(data: Path) -> Iterator[Served]:
    """Run `portway serve` on a data folder for the length of the block."""
    folder = DataFolder.open(data)
    port = free_port()
    log = data.with_suffix(".log")
    # Its note of where it runs belongs to nobody's commands.
    environment = {"XDG_STATE_HOME": str(data.with_suffix(".state"))} | UNLIMITED
    with running(serve_command(data, port), log=log, environment=environment) as process:
        served = Served(data, port, folder.admin_token(RandomIds()), process.pid)
        await_answer(f"{served.url}/healthz", process, what="portway serve", log=log)
        yield served


# Memory, as Linux tells it


class Growth:
    """How much memory processes take beyond what they held when this was made."""

    def __init__(self, process_ids: Sequence[int]) -> None:
        self._before = {process_id: resident_bytes(process_id) for process_id in process_ids}
        for process_id in process_ids:
            try:
                (PROC / str(process_id) / "clear_refs").write_text("5")
            except OSError as error:
                problem = f"the peak of memory cannot be reset: {error}"
                raise CannotMeasureError(problem) from error

    def most_bytes(self) -> int:
        """Return how much more they held at most since then, all together."""
        return sum(peak_bytes(process_id) - held for process_id, held in self._before.items())


def resident_bytes(process_id: int) -> int:
    """Return how much memory a process holds now."""
    return _status(process_id, "VmRSS")


def peak_bytes(process_id: int) -> int:
    """Return how much memory a process held at most, since it began or was told to forget."""
    return _status(process_id, "VmHWM")


def _status(process_id: int, name: str) -> int:
    try:
        text = (PROC / str(process_id) / "status").read_text()
    except OSError as error:
        raise CannotMeasureError("memory is read from /proc, as on Linux") from error
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name)) * 1024


def _parents() -> Iterator[tuple[int, int]]:
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(stat.parent.name), int(after_name[1])
