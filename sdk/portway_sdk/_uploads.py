"""App data on its way up: pieces of constant size, checked, resumed, withdrawn on failure.

A small upload is one PUT. A larger one is a tus upload of pieces; when a piece's answer is lost,
the platform is asked how far it got, and the piece goes on from there. Only one piece is held in
memory. Source: docs/reference/gateway-api.md, "App data"; tus 1.0.
"""

import base64
import contextlib
import hashlib
import re
import uuid
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import httpx

from portway_sdk._digests import find_sha256, repr_digest, upload_checksum
from portway_sdk._errors import (
    APIError,
    IntegrityError,
    PortwayError,
    TransportError,
    may_pass,
    unexpected_answer,
)
from portway_sdk._http import ONE_ATTEMPT, Caller, RetryPolicy, read_answer, segment, wait_after
from portway_sdk.wire import StoredAppData

PIECE_BYTES = 4 * 1024 * 1024

_CORRUPTIONS_BORNE = 3
_CORRUPTED = frozenset({"checksum_mismatch", "digest_mismatch"})
_BROKEN_OFF = "upload_interrupted"
"""The body ended too soon for the platform, but its answer came through."""
_WRONG_OFFSET = "upload_offset_mismatch"
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class AppDataUpload:
    """A file the platform has stored."""

    key: str
    """Names the file on both sides: the `s3_key` of its event."""
    label: str | None
    size_bytes: int
    sha256: str
    """64 lower-case hex digits."""


class UploadSink(Protocol):
    """Where the pieces of one upload go."""

    def append(self, piece: bytes) -> None:
        """Take a piece that is not the last."""
        ...

    def finish(self, piece: bytes, sha256: bytes) -> str:
        """Take the last piece and the digest of the whole; return the upload's key."""
        ...

    def withdraw(self) -> None:
        """Forget everything taken so far. Never raises."""
        ...


class AppDataWriter:
    """One upload, as the file a handler writes to. Use it in a `with` block.

    Leaving the block completes the upload; an exception inside withdraws it.
    """

    def __init__(
        self, sink: UploadSink, label: str | None, *, piece_bytes: int = PIECE_BYTES
    ) -> None:
        self._sink = sink
        self._piece_bytes = piece_bytes
        self._label = label
        self._buffer = bytearray()
        self._sha256 = hashlib.sha256()
        self._size_bytes = 0
        self._open = False
        self._upload: AppDataUpload | None = None

    @property
    def upload(self) -> AppDataUpload:
        """The stored file; there is one once the `with` block was left without an exception."""
        if self._upload is None:
            raise ValueError("the upload is not complete: leave the with block first")
        return self._upload

    def __enter__(self) -> Self:
        self._open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        was_open, self._open = self._open, False
        if kind is not None or not was_open:
            self._sink.withdraw()
            return
        digest = self._sha256.digest()
        try:
            key = self._sink.finish(bytes(self._buffer), digest)
        except BaseException:
            self._sink.withdraw()
            raise
        finally:
            self._buffer.clear()
        self._upload = AppDataUpload(key, self._label, self._size_bytes, digest.hex())

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Add bytes to the file and return how many. Full pieces are sent on the way.

        Raises:
            APIError: The platform refused the upload.
            IntegrityError: The platform holds something else than was sent.
            TransportError: The platform stayed away longer than the SDK waits.
        """
        if not self._open:
            raise ValueError("write inside the with block of create_app_data")
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            if len(self._buffer) == self._piece_bytes:
                self._send_buffer()
            room = self._piece_bytes - len(self._buffer)
            taken, rest = rest[:room], rest[room:]
            self._buffer += taken
            self._sha256.update(taken)
        self._size_bytes += size
        return size

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._size_bytes

    def flush(self) -> None:
        """Do nothing: the last piece is sent on leaving. Lets `gzip` and others write here."""

    def writable(self) -> bool:
        """Say yes, for libraries that ask."""
        return True

    def _send_buffer(self) -> None:
        # A full piece waits for more to follow: only the last one carries the whole's digest.
        try:
            self._sink.append(bytes(self._buffer))
        except BaseException:
            self._open = False
            raise
        self._buffer.clear()


class PlatformUpload:
    """Sends the pieces of one upload to the platform: an `UploadSink`."""

    def __init__(
        self,
        caller: Caller,
        *,
        cleaner: Caller,
        transfer_id: str,
        label: str | None,
        data_class: str | None,
        policy: RetryPolicy,
    ) -> None:
        self._caller = caller
        self._cleaner = cleaner
        self._collection = f"/gateway/v1/transfers/{segment(transfer_id)}/app-data"
        self._label = label
        self._data_class = data_class
        self._policy = policy
        self._idempotency_key = str(uuid.uuid4())
        self._key: str | None = None
        self._offset = 0

    def append(self, piece: bytes) -> None:
        """Send a piece that is not the last; the first one creates the upload."""
        if self._key is None:
            self._key = self._create()
        self._send(piece, whole_sha256=None)

    def finish(self, piece: bytes, sha256: bytes) -> str:
        """Send the last piece and return the upload's key; an only piece goes in one request."""
        if self._key is None:
            return self._put(piece, sha256)
        self._send(piece, whole_sha256=sha256)
        return self._key

    def withdraw(self) -> None:
        """Have the platform drop what it holds. What cannot be reached now it drops by itself."""
        if self._key is not None:
            with contextlib.suppress(PortwayError):
                self._cleaner.call("DELETE", self._path, headers=_TUS)

    @property
    def _path(self) -> str:
        return f"/gateway/v1/app-data/{self._key}"

    def _put(self, content: bytes, sha256: bytes) -> str:
        params = {"label": self._label, "dataClass": self._data_class}
        headers = {
            "Content-Type": "application/octet-stream",
            "Repr-Digest": repr_digest(sha256),
            "Idempotency-Key": self._idempotency_key,
        }
        for _ in range(_CORRUPTIONS_BORNE):
            try:
                answer = self._caller.call(
                    "PUT", self._collection, params=params, content=content, headers=headers
                )
            except APIError as exc:
                if exc.code not in _CORRUPTED | {_BROKEN_OFF}:
                    raise
            else:
                stored = read_answer(answer, StoredAppData.model_validate_json, "an upload")
                if (stored.sha256, stored.size_bytes) != (sha256.hex(), len(content)):
                    raise IntegrityError(f"upload {stored.key} was stored with another content")
                return stored.key
        raise IntegrityError("the upload arrived damaged each time it was sent")

    def _create(self) -> str:
        metadata = [_metadata("label", self._label), _metadata("dataClass", self._data_class)]
        answer = self._caller.call(
            "POST",
            self._collection,
            headers=_TUS
            | {
                "Upload-Defer-Length": "1",
                "Upload-Metadata": ",".join(part for part in metadata if part),
                "Idempotency-Key": self._idempotency_key,
            },
            idempotent=True,
        )
        # Only the key is taken from the address: tokens go to the configured platform alone.
        location = str(answer.headers.get("Location", ""))
        key = location.partition("?")[0].rstrip("/").rpartition("/")[2]
        if not _KEY.fullmatch(key):
            raise unexpected_answer(answer.status_code, "a created upload", ["Location"])
        return key

    def _send(self, piece: bytes, *, whole_sha256: bytes | None) -> None:
        """Bring one piece to the platform, however often the connection fails."""
        start, end = self._offset, self._offset + len(piece)
        timing = self._caller.timing
        given_up_at = timing.monotonic() + self._policy.patience_seconds
        failures = corruptions = 0
        offset = start
        reached: _Reached | None
        while True:
            try:
                reached = self._patch(piece[offset - start :], offset, end, whole_sha256)
            except (APIError, TransportError) as exc:
                failures += 1
                corruptions += isinstance(exc, APIError) and exc.code in _CORRUPTED
                if corruptions == _CORRUPTIONS_BORNE:
                    raise IntegrityError("a piece arrived damaged each time it was sent") from exc
                wait = wait_after(exc, failures, policy=self._policy, timing=timing)
                if not _may_go_on(exc) or timing.monotonic() + wait > given_up_at:
                    raise
                timing.sleep(wait)
                reached = self._find_reached()
            if reached is None:
                continue
            if not start <= reached.offset <= end:
                raise IntegrityError(
                    f"upload {self._key} holds {reached.offset} bytes; {start} to {end} were sent"
                )
            if reached.offset == end and (whole_sha256 is None or reached.complete):
                if whole_sha256 and reached.sha256 not in (None, whole_sha256):
                    raise IntegrityError(f"upload {self._key} was stored with another content")
                self._offset = end
                return
            offset = reached.offset

    def _patch(
        self, content: bytes, offset: int, end: int, whole_sha256: bytes | None
    ) -> "_Reached":
        headers = _TUS | {
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": upload_checksum(hashlib.sha256(content).digest()),
        }
        if whole_sha256 is not None:
            headers |= {"Upload-Length": str(end), "Repr-Digest": repr_digest(whole_sha256)}
        answer = self._caller.call(
            "PATCH", self._path, content=content, headers=headers, policy=ONE_ATTEMPT
        )
        if _find_number(answer, "Upload-Offset") != end:
            raise unexpected_answer(answer.status_code, "a stored piece", ["Upload-Offset"])
        return _Reached(end, True, find_sha256(answer.headers.get("Repr-Digest")))

    def _find_reached(self) -> "_Reached | None":
        """Ask how far the upload got; None when that is refused.

        An answer to HEAD has no body to say why, so the next piece is left to find out.
        """
        try:
            answer = self._caller.call("HEAD", self._path, headers=_TUS, policy=self._policy)
        except APIError as exc:
            if may_pass(exc):
                raise
            return None
        offset = _find_number(answer, "Upload-Offset")
        if offset is None:
            raise unexpected_answer(answer.status_code, "an upload's offset", ["Upload-Offset"])
        complete = offset == _find_number(answer, "Upload-Length")
        return _Reached(offset, complete, find_sha256(answer.headers.get("Repr-Digest")))


@dataclass(frozen=True)
class _Reached:
    """How far an upload got."""

    offset: int
    complete: bool
    sha256: bytes | None


_TUS = {"Tus-Resumable": "1.0.0"}


def _may_go_on(exc: APIError | TransportError) -> bool:
    """Tell whether a piece that failed so may be brought there after all."""
    known = isinstance(exc, APIError) and exc.code in _CORRUPTED | {_BROKEN_OFF, _WRONG_OFFSET}
    return known or may_pass(exc)


def _metadata(name: str, value: str | None) -> str | None:
    """Return one pair of `Upload-Metadata`. An empty value leaves the name alone (tus 1.0)."""
    if value is None:
        return None
    return f"{name} {base64.b64encode(value.encode()).decode()}".rstrip()


def _find_number(answer: httpx.Response, header: str) -> int | None:
    value = answer.headers.get(header, "")
    return int(value) if value.isascii() and value.isdigit() else None
