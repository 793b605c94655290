"""App data on its way down: streamed, resumed, and checked against its digest at the end.

Source: wire contract, 1.5 (an address lives one hour) and 3.4; RFC 9530 (`Repr-Digest`).
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self

import httpx

from portway_sdk._digests import find_sha256
from portway_sdk._errors import APIError, IntegrityError, TransportError, api_error, may_pass
from portway_sdk._http import RetryPolicy, find_retry_after, send, translated_errors, wait_after
from portway_sdk._timing import Timing

LINE_BYTES = 64 * 1024 * 1024

_OUT_OF_DATE = frozenset({401, 403, 410})
"""What a download answers once its address has run out."""

_ADDRESSES_TRIED = 3
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class AppDataReader:
    """One file, to iterate over in a `with` block.

    A lost connection and an address that ran out are made good on the way. The digest is known
    to be right only when the iteration has ended without an `IntegrityError`.
    """

    def __init__(
        self,
        key: str,
        *,
        find_address: Callable[[str], str],
        client: httpx.Client,
        timing: Timing,
        policy: RetryPolicy,
    ) -> None:
        self._key = key
        self._find_address = find_address
        self._client = client
        self._timing = timing
        self._policy = policy
        self._address: str | None = None
        self._response: httpx.Response | None = None
        self.digest_checked = False
        """Whether the whole was compared with a digest; False where the store sends none."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def __iter__(self) -> Iterator[bytes]:
        """Yield the file's bytes from its beginning.

        Raises:
            APIError: The platform refuses the file.
            IntegrityError: The file did not arrive as it was uploaded.
            TransportError: The file cannot be reached for longer than the SDK waits.
        """
        received, sha256 = 0, hashlib.sha256()
        expected: bytes | None = None
        addresses_left, failures = _ADDRESSES_TRIED, 0
        given_up_at = self._timing.monotonic() + self._policy.patience_seconds
        while True:
            if self._address is None:
                self._address = self._find_address(self._key)
            try:
                self._response = self._ask(self._address, received)
                expected = self._agreed_digest(self._response, expected)
                for piece in _pieces_after(self._response, received):
                    sha256.update(piece)
                    received += len(piece)
                    addresses_left, failures = _ADDRESSES_TRIED, 0
                    given_up_at = self._timing.monotonic() + self._policy.patience_seconds
                    yield piece
                break
            except (APIError, TransportError) as exc:
                failures += 1
                if isinstance(exc, APIError) and exc.status in _OUT_OF_DATE:
                    # The gate stands before a fresh address: a withdrawn consent shows there.
                    self._address = None
                    addresses_left -= 1
                    if not addresses_left:
                        raise
                    continue
                wait = wait_after(exc, failures, policy=self._policy, timing=self._timing)
                if not may_pass(exc) or self._timing.monotonic() + wait > given_up_at:
                    raise
            finally:
                self._close()
            self._timing.sleep(wait)
        if expected is not None and sha256.digest() != expected:
            raise IntegrityError(f"app data {self._key} did not arrive as it was uploaded")
        self.digest_checked = expected is not None

    def _ask(self, address: str, received: int) -> httpx.Response:
        """Return the answer with the bytes from `received` on, or with all of them."""
        # The bytes are wanted as they were uploaded: no compression on the way.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if received:
            headers["Range"] = f"bytes={received}-"
        response = send(self._client, self._build(address, headers), stream=True)
        if response.status_code in (200, 206):
            return response
        try:
            if response.status_code == 416 and _size(response) == received:
                return response  # Everything had arrived, only the end had not.
            with translated_errors():
                body = response.read()
            asked = find_retry_after(response, self._timing)
            raise api_error(response.status_code, body, retry_after_seconds=asked)
        finally:
            response.close()

    def _build(self, address: str, headers: dict[str, str]) -> httpx.Request:
        with translated_errors():
            return self._client.build_request("GET", address, headers=headers)

    def _agreed_digest(self, response: httpx.Response, expected: bytes | None) -> bytes | None:
        told = find_sha256(response.headers.get("Repr-Digest"))
        if told is not None and expected is not None and told != expected:
            raise IntegrityError(f"app data {self._key} changed while it was read")
        return told or expected

    def _close(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.close()


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file that arrives in pieces, without their line feeds.

    Raises:
        IntegrityError: A line is longer than `LINE_BYTES`.
    """
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        first, *others = piece.split(b"\n")
        held.append(first)
        size += len(first)
        if size > LINE_BYTES:
            raise IntegrityError(f"a line is longer than {LINE_BYTES} bytes")
        for other in others:
            yield b"".join(held)
            held, size = [other], len(other)
    if size:
        yield b"".join(held)


def _pieces_after(response: httpx.Response, received: int) -> Iterator[bytes]:
    """Yield what the answer adds to the bytes received before."""
    if response.status_code == 416:
        return
    surplus = received
    if response.status_code == 206:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != received:
            raise IntegrityError("the store answered with another part of the file")
        surplus = 0
    with translated_errors():
        for piece in _raw(response):
            added = piece[surplus:]
            surplus -= len(piece) - len(added)
            if added:
                yield added


def _raw(response: httpx.Response) -> Iterable[bytes]:
    """Return the body's bytes as they come, also where a test has made the whole answer."""
    stream = response.stream
    return stream if isinstance(stream, httpx.SyncByteStream) else ()


def _size(response: httpx.Response) -> int | None:
    """Return the file's size as an answer 416 tells it."""
    unit, _, size = response.headers.get("Content-Range", "").partition("*/")
    return int(size) if unit == "bytes " and size.isascii() and size.isdigit() else None
