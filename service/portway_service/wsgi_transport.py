"""Calls into a WSGI app of this process through httpx, without a socket and without buffering.

httpx's own WSGI transport reads whole request bodies into memory; this one lets the app read the
body as it is produced, and lets the caller read the answer as the app makes it.
"""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

import httpx


class _Body(io.RawIOBase):
    """A readable file over the chunks of a request body."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class _Answer(httpx.SyncByteStream):
    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._iterator = iter(chunks)
        # An app written as a generator starts its answer when its first chunk is asked for.
        self._first = next(self._iterator, b"")

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._iterator

    def close(self) -> None:
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()


class StreamingWSGITransport(httpx.BaseTransport):
    """Hands requests to `app` in the calling thread."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Call the app; the answer's body streams."""
        if not isinstance(request.stream, httpx.SyncByteStream):
            raise TypeError("the request body must be synchronous")
        started: dict[str, Any] = {}

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], Any]:
            started["status"] = int(status.split(" ", 1)[0])
            started["headers"] = headers
            return lambda _chunk: None

        chunks = self._app(_environ(request, iter(request.stream)), start_response)
        answer = _Answer(chunks)
        return httpx.Response(started["status"], headers=started["headers"], stream=answer)


def _environ(request: httpx.Request, chunks: Iterator[bytes]) -> dict[str, Any]:
    path, _, query = request.url.raw_path.partition(b"?")
    port = request.url.port or (443 if request.url.scheme == "https" else 80)
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": io.BufferedReader(_Body(chunks), buffer_size=1 << 16),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path.decode("ascii"), encoding="latin-1"),
        "RAW_URI": request.url.raw_path.decode("ascii"),
        "QUERY_STRING": query.decode("ascii"),
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
    }
    for raw_name, raw_value in request.headers.raw:
        name = raw_name.decode("ascii").upper().replace("-", "_")
        if name not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            name = f"HTTP_{name}"
        environ[name] = raw_value.decode("latin-1")
    return environ
