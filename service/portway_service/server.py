"""Serves a WSGI app with gunicorn: threads in worker processes that end with their parent."""

import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication

_PR_SET_PDEATHSIG = 1


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, make_app: Callable[[], Any], options: dict[str, Any]) -> None:
        self._make_app = make_app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:  # older versions lack some
                self.cfg.set(name, value)

    def load(self) -> Any:
        return self._make_app()


def serve(
    make_app: Callable[[], Any],
    *,
    host: str,
    port: int,
    workers: int = 1,
    threads: int = 32,
    on_ready: Callable[[str], None],
    on_stopping: Callable[[], None],
    on_stop: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        make_app: Called in each worker process; returns the WSGI app. What it opens, it opens
            after the fork.
        port: 0 takes a free one.
        on_ready: Called once with the base address, when requests are answered.
        on_stopping: Called in each worker when it is asked to end; should let go of requests
            that wait, for those under way get five seconds.
        on_stop: Called in each worker as it ends.
    """

    def ready(server: Any) -> None:
        bound_host, bound_port = server.LISTENERS[0].sock.getsockname()[:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        on_ready(f"http://{shown}:{bound_port}")

    options = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "timeout": 0,
        "graceful_timeout": 5,
        "keepalive": 30,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "control_socket_disable": True,
        "post_fork": lambda _server, _worker: _die_with_parent(),
        "post_worker_init": lambda _worker: _announce_end(on_stopping),
        "when_ready": ready,
        "worker_exit": lambda _server, _worker: on_stop(),
    }
    _Server(make_app, options).run()


def _announce_end(on_stopping: Callable[[], None]) -> None:
    """Call `on_stopping` before gunicorn's own answer to SIGTERM."""
    answer = signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        # A thread, because the handler may have interrupted a lock that the call needs.
        threading.Thread(target=on_stopping, daemon=True).start()
        if callable(answer):
            answer(number, frame)

    signal.signal(signal.SIGTERM, handle)


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone, however the parent ended.

    A parent that was killed cannot stop its workers, and a worker that lived on would hold the
    port and go on writing beside its successor.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
