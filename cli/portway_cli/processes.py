"""Starts other processes of a migration, and ends exactly those."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from portway_cli.error_codes import PLATFORM_NOT_STARTED
from portway_service.errors import Refusal

READY_SECONDS = 30.0
END_SECONDS = 8.0
_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """Return a port of this machine that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for the length of the block; its output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the command comes from the operator's manifest
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            preexec_fn=_end_with_parent,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process: politely, then firmly."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def await_answer(url: str, process: subprocess.Popen[bytes], *, what: str, log: Path) -> None:
    """Wait until `url` answers at all.

    Raises:
        Refusal: `platform_not_started`, when the process ends or takes too long.
    """
    given_up_at = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < given_up_at:
        try:
            httpx.get(url, timeout=2.0, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    problem = "it ended" if process.poll() is not None else "it gave no answer"
    raise Refusal(PLATFORM_NOT_STARTED, what=what, problem=f"{problem}; its log is {log}")


def serve_command(data: Path, port: int) -> list[str]:
    """Return the command that serves a data folder on this machine."""
    here = [sys.executable, "-m", "portway_cli", "serve"]
    return [*here, "--data", str(data), "--port", str(port), "--outbound", "loopback", "--quiet"]


def file_name(text: str) -> str:
    """Return `text` with everything but letters, digits, '.' and '-' replaced."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", text)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
