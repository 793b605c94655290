"""Calls over HTTP: signed afresh each time, repeated where that is safe, errors in our own terms.

A call is repeated after a lost connection, 408, 429 and 5xx, with growing, jittered waits that
honour `Retry-After`, until its patience is used up. A call that is not idempotent is repeated
only when it certainly was not carried out.
"""

import contextlib
import logging
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pydantic

from portway_sdk._errors import (
    APIError,
    ConfigurationError,
    TransportError,
    api_error,
    may_pass,
    unexpected_answer,
)
from portway_sdk._timing import Timing, jittered_delay

TIMEOUT = httpx.Timeout(60, connect=10)

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_CANNOT_BE_SENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)

_SLICE_BYTES = 256 * 1024

T = TypeVar("T")

Chunks = Callable[[], Iterable[bytes]]
"""Gives the chunks of a body, from its start each time it is called."""

Query = Mapping[str, str | int | None]
"""A query by name; a parameter that is None is left out."""

Authorise = Callable[[httpx.Request], str]
"""Returns the Authorization header for a request; called for each attempt anew."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long to go on trying."""

    patience_seconds: float = 120.0
    """From the first attempt; no wait reaches beyond it."""
    first_delay_seconds: float = 0.5
    longest_delay_seconds: float = 30.0
    longest_retry_after_seconds: float = 300.0
    """A server that asks for a longer rest gets this one."""


ONE_ATTEMPT = RetryPolicy(patience_seconds=-1.0)


class Caller:
    """Makes the calls below one base URL. Safe to share between threads."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        base_url: str,
        authorise: Authorise | None,
        timing: Timing,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._authorise = authorise
        self._policy = policy or RetryPolicy()
        self.timing = timing

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        json: object = None,
        content: bytes | Chunks | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        policy: RetryPolicy | None = None,
        timeout: httpx.Timeout | None = None,
        extensions: Mapping[str, Any] | None = None,
        stream: bool = False,
    ) -> httpx.Response:
        """Return the 2xx answer to one call.

        Args:
            method: The HTTP method.
            path: What follows the base URL, percent-encoded, from its first slash.
            params: The query; a parameter that is None is left out.
            json: The body as JSON; or
            content: the body as it is, or a function that gives its chunks anew for each attempt.
            headers: More headers.
            idempotent: Whether repeating does no harm; by default, as the method says.
            policy: How long to try; by default that of this caller.
            timeout: How long to wait for one answer.
            extensions: For httpx.
            stream: Leave the answer's body unread; the caller must close the answer.

        Raises:
            APIError: The server said no, or went on failing until patience ran out.
            TransportError: No answer came until patience ran out.
        """
        policy = policy or self._policy
        repeatable = method in _IDEMPOTENT if idempotent is None else idempotent
        given_up_at = self.timing.monotonic() + policy.patience_seconds
        attempts_made, answer_lost = 0, False
        while True:
            request = self._client.build_request(
                method,
                self._base_url + path,
                params={k: v for k, v in params.items() if v is not None} if params else None,
                json=json,
                content=_slices(content) if isinstance(content, bytes) else content and content(),
                headers=dict(headers or {}) | _length(content),
                timeout=timeout or TIMEOUT,
                extensions=dict(extensions or {}),
            )
            try:
                return self._attempt(request, stream=stream)
            except (APIError, TransportError) as exc:
                failure = exc
            if isinstance(failure, APIError):
                failure.after_lost_answer = answer_lost
            attempts_made += 1
            wait = wait_after(failure, attempts_made, policy=policy, timing=self.timing)
            may_repeat = may_pass(failure) and (repeatable or _is_undone(failure))
            if not may_repeat or self.timing.monotonic() + wait > given_up_at:
                raise failure
            answer_lost = answer_lost or not _is_undone(failure)
            self.timing.sleep(wait)

    @contextlib.contextmanager
    def open(
        self, path: str, *, params: Query | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """GET an answer and read its body while it arrives, inside the block.

        Raises:
            APIError, TransportError: As `call`; a body that breaks off is a `TransportError`.
        """
        response = self.call("GET", path, params=params, headers=headers, stream=True)
        try:
            with translated_errors():
                yield response
        finally:
            response.close()

    def _attempt(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        """Sign and send a request once; return the 2xx answer."""
        if self._authorise is not None:
            request.headers["Authorization"] = self._authorise(request)
        response = send(self._client, request, stream=stream)
        if response.is_success:
            return response
        try:
            with translated_errors():
                body = response.read()
        finally:
            response.close()
        asked = find_retry_after(response, self.timing)
        raise api_error(response.status_code, body, retry_after_seconds=asked)


def wait_after(
    failure: APIError | TransportError, attempts_made: int, *, policy: RetryPolicy, timing: Timing
) -> float:
    """Return the seconds to wait after a failed attempt: the jittered ones, or those asked for."""
    asked = failure.retry_after_seconds if isinstance(failure, APIError) else None
    jitter = jittered_delay(
        attempts_made,
        timing,
        first=policy.first_delay_seconds,
        longest=policy.longest_delay_seconds,
    )
    return max(jitter, min(asked or 0.0, policy.longest_retry_after_seconds))


def open_client(
    *, transport: httpx.BaseTransport | None = None, ca_file: Path | None = None
) -> httpx.Client:
    """Return a client that follows no redirects.

    Args:
        transport: Takes the place of the network; stays open when the client is closed.
        ca_file: Certificates to trust instead of the usual ones.

    Raises:
        ConfigurationError: The file holds no certificates.
    """
    if transport is not None:
        return httpx.Client(transport=_Borrowed(transport), timeout=TIMEOUT)
    if ca_file is None:
        return httpx.Client(timeout=TIMEOUT)
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as exc:
        raise ConfigurationError(f"{ca_file} holds no certificates in PEM form") from exc
    return httpx.Client(verify=context, timeout=TIMEOUT)


def send(client: httpx.Client, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
    """Send one request once.

    Raises:
        TransportError: No answer came.
        ConfigurationError: It cannot be sent at all.
    """
    with translated_errors(), _quiet_httpx():
        return client.send(request, stream=stream)


@contextlib.contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the HTTP library's errors into ours. Neither URLs nor values get into the message."""
    try:
        yield
    except _CANNOT_BE_SENT as exc:
        raise ConfigurationError(f"the request cannot be sent: {type(exc).__name__}") from exc
    except httpx.HTTPError as exc:
        raise TransportError(
            f"no answer came: {type(exc).__name__}", sent=not isinstance(exc, _NEVER_SENT)
        ) from exc


def read_answer(response: httpx.Response, parse: Callable[[bytes], T], what: str) -> T:
    """Return the answer's body as `parse` reads it.

    Raises:
        APIError: The body is not `what` was promised; code `unexpected_answer`.
    """
    try:
        return parse(response.content)
    except pydantic.ValidationError as exc:
        paths = [".".join(map(str, error["loc"])) for error in exc.errors(include_input=False)]
        raise unexpected_answer(response.status_code, what, [p for p in paths if p]) from None


def find_retry_after(response: httpx.Response, timing: Timing) -> float | None:
    """Return the seconds a `Retry-After` header asks for, or None without a readable one."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - timing.now()).total_seconds())
    except (ValueError, TypeError):
        return None


def segment(text: str) -> str:
    """Return `text` as one segment of a path.

    Raises:
        ConfigurationError: No segment can be made of it that stays where it is put.
    """
    if text in ("", ".", ".."):
        raise ConfigurationError(f"{text!r} is no id")
    return quote(text, safe="")


def _is_undone(failure: APIError | TransportError) -> bool:
    """Tell whether a passing failure certainly left nothing behind."""
    return not failure.sent if isinstance(failure, TransportError) else failure.status == 429


def _slices(content: bytes) -> Iterator[bytes]:
    """Yield a body piece by piece, so that a request that was sent holds nothing of it.

    httpx keeps request and response in a cycle, which would keep the last few bodies with them.
    """
    for start in range(0, len(content), _SLICE_BYTES):
        yield content[start : start + _SLICE_BYTES]


def _length(content: bytes | Chunks | None) -> dict[str, str]:
    return {"Content-Length": str(len(content))} if isinstance(content, bytes) else {}


class _Borrowed(httpx.BaseTransport):
    """Somebody else's transport, which is theirs to close."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._transport.handle_request(request)


_sending: ContextVar[bool] = ContextVar("portway_sdk_sending", default=False)


@contextlib.contextmanager
def _quiet_httpx() -> Iterator[None]:
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not _sending.get()


# httpx logs every URL, and a download address is as good as the file it leads to.
logging.getLogger("httpx").addFilter(_is_not_ours)
