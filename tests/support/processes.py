"""Real processes for tests: started on free ports, ended whatever happens."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson

from portway_cli.processes import free_port

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "cli" / "portway_cli" / "samples"
PORTWAY = (sys.executable, "-m", "portway_cli")


def an_environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a user whose state lies in `folder`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PORTWAY_") and name != "DATABASE_URL"
    }
    return kept | {"XDG_STATE_HOME": str(folder / "state")} | more


class Process:
    """One process, with its output in a file."""

    def __init__(
        self,
        command: list[str],
        *,
        log: Path,
        environment: dict[str, str],
        folder: Path | None = None,
    ) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=folder,
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        """End it politely."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text(errors="replace")


class Served:
    """A `portway serve` that can be killed and started again."""

    def __init__(self, data: Path, environment: dict[str, str]) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment
        self.process = self.start()

    def start(self) -> Process:
        """Start it and wait until it answers."""
        self.process = Process(
            [*PORTWAY, "serve", "--data", str(self.data), "--port", str(self.port)],
            log=self.data.with_suffix(".log"),
            environment=self._environment,
        )
        wait_until(lambda: answers(f"{self.url}/healthz"), self.process)
        return self.process

    def kill(self) -> None:
        """`kill -9`, as at a power cut."""
        self.process.kill()


@contextmanager
def serving(data: Path, environment: dict[str, str]) -> Iterator[Served]:
    """A running `portway serve`."""
    served = Served(data, environment)
    try:
        yield served
    finally:
        served.process.end()


@contextmanager
def running(command: list[str], *, log: Path, environment: dict[str, str]) -> Iterator[Process]:
    """A running process."""
    process = Process(command, log=log, environment=environment)
    try:
        yield process
    finally:
        process.end()


def answers(url: str) -> bool:
    """Whether something answers at `url`."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False


def wait_until(
    holds: Callable[[], bool], process: Process | None = None, seconds: float = 30
) -> None:
    """Wait for something to come true."""
    given_up_at = time.monotonic() + seconds
    while not holds():
        if process is not None and not process.is_running:
            raise AssertionError(f"the process ended:\n{process.output()}")
        if time.monotonic() > given_up_at:
            raise AssertionError(
                "it did not come true" + (f":\n{process.output()}" if process else "")
            )
        time.sleep(0.05)


def portway(*words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a `portway` command to its end."""
    return subprocess.run(
        [*PORTWAY, *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def last_json(completed: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON object a command ended with."""
    assert completed.stdout.strip(), completed.stderr
    return dict(orjson.loads(completed.stdout.strip().splitlines()[-1]))
