"""A platform in memory behind `httpx.MockTransport`, a clock turned by hand, and dull defaults.

The platform keeps the rules of docs/reference/gateway-api.md and can be told to fail: before it
has done what was asked, after, or in the middle of a body.
"""

import base64
import hashlib
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from urllib.parse import unquote

import httpx

from portway_sdk.http import Caller, RetryPolicy, Timing
from portway_sdk.testing import a_migration
from portway_sdk.tokens import (
    VerificationError,
    read_unverified_key_id,
    thumbprint,
    verify_gateway_token,
)
from portway_sdk.wire import PublicKey

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PLATFORM = "https://portway.test"
ENROLMENT_TOKEN = "enrolment-token-of-the-notes-app"
TRANSFER = "2c9f6a10-0000-4000-8000-000000000003"


class ManualTime:
    """A clock that moves only while somebody waits."""

    def __init__(self, *, chance: float = 0.5) -> None:
        self.waits: list[float] = []
        self._elapsed = 0.0
        self.timing = Timing(
            now=lambda: MONDAY + timedelta(seconds=self._elapsed),
            monotonic=lambda: self._elapsed,
            sleep=self.sleep,
            random=lambda: chance,
        )

    def sleep(self, seconds: float) -> None:
        """Let the time pass, and remember for how long."""
        self.waits.append(seconds)
        self._elapsed += seconds


class Fault(Enum):
    """What goes wrong with one request."""

    NONE = "it works"
    UNREACHABLE = "no connection"
    CUT = "the connection breaks before the platform has read the request"
    CUT_IN_BODY = "the connection breaks in the middle of the body"
    BROKEN_OFF = "the body ends too soon, but the answer that says so arrives"
    ANSWER_LOST = "the platform does it, but its answer is lost"
    BUSY = "503 before anything is done"
    FAILS_AFTER = "500 after it was done"
    LIMITED = "429 with Retry-After"
    DAMAGED = "a bit of the body flips on the way"


@dataclass
class Upload:
    """An upload as the platform holds it."""

    transfer_id: str
    label: str | None
    data_class: str | None
    content: bytearray = field(default_factory=bytearray)
    complete: bool = False


@dataclass
class FakePlatform:
    """The gateway API, in memory."""

    keeps_partial_bodies: bool = False
    """Whether what arrived before a cut is kept: tus allows both."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    context_path: str = ""
    faults: deque[Fault] = field(default_factory=deque)
    refusals: dict[str, httpx.Response] = field(default_factory=dict)
    """Answers by `METHOD path`; the platform does nothing else for those."""
    requests: list[str] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)
    mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    feedback: dict[str, object] | None = None
    export_completed: bool = False
    work: deque[dict[str, object]] = field(default_factory=deque)
    outcomes: list[tuple[str, str, object]] = field(default_factory=list)
    declarations: list[dict[str, object]] = field(default_factory=list)
    leases_lost: set[str] = field(default_factory=set)
    cancelled: bool = False
    heartbeats: int = 0
    public_key: PublicKey | None = None
    _created: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def transport(self) -> httpx.MockTransport:
        """Leads to this platform."""
        return httpx.MockTransport(self.answer)

    @property
    def stored(self) -> list[bytes]:
        """The content of every complete upload."""
        return [bytes(u.content) for u in self.uploads.values() if u.complete]

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or fail as the next fault says."""
        with self._lock:
            self.requests.append(f"{request.method} {request.url.path}")
            fault = self.faults.popleft() if self.faults else Fault.NONE
            body = request.read()
            match fault:
                case Fault.UNREACHABLE:
                    raise httpx.ConnectError("connection refused", request=request)
                case Fault.CUT:
                    raise httpx.ReadError("connection reset", request=request)
                case Fault.CUT_IN_BODY:
                    self._take_part(request, body[: len(body) // 2])
                    raise httpx.WriteError("connection reset", request=request)
                case Fault.BROKEN_OFF if body:
                    self._take_part(request, body[: len(body) // 2])
                    return refusal(400, "upload_interrupted")
                case Fault.BUSY:
                    return refusal(503, "starting")
                case Fault.LIMITED:
                    return refusal(429, "rate_limited", headers={"Retry-After": "3"})
                case Fault.DAMAGED if body:
                    body = bytes([body[0] ^ 1]) + body[1:]
            answer = self._answer(request, body)
            match fault:
                case Fault.ANSWER_LOST:
                    raise httpx.ReadError("connection reset", request=request)
                case Fault.FAILS_AFTER:
                    return refusal(500, "internal_error")
            return answer

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path = request.url.path.removeprefix(self.context_path)
        planned = self.refusals.get(f"{request.method} {path}")
        if planned is not None:
            return planned
        parts = tuple(unquote(part) for part in path.removeprefix("/gateway/v1/").split("/"))
        if (request.method, *parts) == ("POST", "listeners"):
            return self._enrol(request, json.loads(body))
        try:
            self._verify(request)
        except VerificationError as exc:
            return refusal(401, "unauthenticated", message=str(exc))
        match (request.method, *parts):
            case ("PUT", "listeners", "self"):
                self.declarations.append(json.loads(body))
                return httpx.Response(200, json=self._registration())
            case ("GET", "work"):
                return self._hand_out()
            case ("POST", "work", work_id, step):
                return self._take_step(work_id, step, body)
            case ("GET", "transfers", transfer_id):
                return httpx.Response(200, json=self._transfer(transfer_id))
            case ("GET", "transfers", _, "mappings", "page"):
                return self._page(request)
            case ("POST", "transfers", _, "mappings", "find"):
                known = self.mappings.get(request.url.params["namespace"], {})
                keys = json.loads(body)
                if len(keys) > 100:
                    return refusal(400, "too_many_keys")
                return httpx.Response(200, json={k: known[k] for k in keys if k in known})
            case ("GET", "transfers", _, "containers", "page"):
                page = {"pageSize": 250, "hasNext": False, "lastEntity": None}
                kind = request.url.params["containerType"]
                found = [{"type": kind, "sourceId": "100", "key": "DEMO", "name": "Demo"}]
                return httpx.Response(200, json={"meta": page, "containers": found})
            case ("GET", "transfers", _, "feedback"):
                if self.feedback is None:
                    return httpx.Response(204)
                return httpx.Response(200, json={"details": self.feedback})
            case ("POST", "transfers", _, "export-completion"):
                self.export_completed = True
                return httpx.Response(204)
            case ("PUT", "transfers", transfer_id, "app-data"):
                return self._put(request, transfer_id, body)
            case ("POST", "transfers", transfer_id, "app-data"):
                return self._create(request, transfer_id)
            case (method, "app-data", key) if key in self.uploads:
                return self._resume(method, request, key, body)
        return refusal(404, "not_found")

    # Listeners and work

    def _enrol(self, request: httpx.Request, body: dict[str, object]) -> httpx.Response:
        if request.headers["Authorization"] != f"Enrolment {ENROLMENT_TOKEN}":
            return refusal(401, "enrolment_unknown")
        key = PublicKey.model_validate(body["publicKey"])
        if self.public_key not in (None, key):
            return refusal(409, "enrolment_used")
        self.public_key = key
        return httpx.Response(201, json=self._registration())

    def _registration(self) -> dict[str, object]:
        assert self.public_key is not None
        return {
            "listenerId": "listener-1",
            "serverId": "server-1",
            "keyId": thumbprint(self.public_key),
            "issuer": "com.example.notes",
        }

    def _verify(self, request: httpx.Request) -> None:
        if self.public_key is None:
            return  # Nobody enrolled: a test that is not about tokens.
        scheme, _, token = request.headers["Authorization"].partition(" ")
        assert scheme == "Bearer"
        assert read_unverified_key_id(token) == thumbprint(self.public_key)
        verify_gateway_token(
            token,
            public_key=self.public_key,
            server_app_key="com.example.notes",
            listener_id="listener-1",
            method=request.method,
            url=request.url.raw_path.decode("ascii"),
            context_path=self.context_path,
            now=self.now(),
        )

    def _hand_out(self) -> httpx.Response:
        if not self.work:
            return httpx.Response(204)
        return httpx.Response(200, json=self.work.popleft())

    def _take_step(self, work_id: str, step: str, body: bytes) -> httpx.Response:
        if work_id in self.leases_lost:
            return refusal(409, "work_lease_lost")
        if step == "heartbeat":
            self.heartbeats += 1
            beat = {"leaseSeconds": 0.06, "cancellationRequested": self.cancelled}
            return httpx.Response(200, json=beat)
        outcome = (work_id, step, json.loads(body))
        if outcome not in self.outcomes:
            self.outcomes.append(outcome)
        return httpx.Response(204)

    def _transfer(self, transfer_id: str) -> dict[str, object]:
        return {
            "transferId": transfer_id,
            "status": "IN_PROGRESS",
            "percent": None,
            "grantedScopes": ["APP_DATA_UGC"],
            "migrationDetails": a_migration().to_wire(),
        }

    def _page(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        known = self.mappings.get(query["namespace"], {})
        size = min(int(query["pageSize"]), 1200)
        rest = [key for key in sorted(known) if key > query.get("lastEntity", "")]
        page = rest[:size]
        meta = {
            "pageSize": size,
            "hasNext": len(rest) > size,
            "lastEntity": page[-1] if page else None,
        }
        return httpx.Response(200, json={"meta": meta, "items": {k: known[k] for k in page}})

    # App data

    def _put(self, request: httpx.Request, transfer_id: str, body: bytes) -> httpx.Response:
        digest = hashlib.sha256(body).digest()
        told = request.headers["Repr-Digest"]
        if told != f"sha-256=:{base64.b64encode(digest).decode()}:":
            return refusal(400, "digest_mismatch")
        query = request.url.params
        key = self._key_for(request.headers["Idempotency-Key"])
        upload = Upload(transfer_id, query.get("label"), query.get("dataClass"), bytearray(body))
        upload.complete = True
        self.uploads[key] = upload
        told_back = {
            "key": key,
            "label": upload.label,
            "sizeBytes": len(body),
            "sha256": digest.hex(),
        }
        return httpx.Response(201, json=told_back)

    def _create(self, request: httpx.Request, transfer_id: str) -> httpx.Response:
        assert request.headers["Tus-Resumable"] == "1.0.0"
        assert request.headers["Upload-Defer-Length"] == "1"
        metadata = parse_metadata(request.headers["Upload-Metadata"])
        key = self._key_for(request.headers["Idempotency-Key"])
        upload = Upload(transfer_id, metadata.get("label"), metadata.get("dataClass"))
        self.uploads.setdefault(key, upload)
        return httpx.Response(201, headers={"Location": f"{PLATFORM}/gateway/v1/app-data/{key}"})

    def _key_for(self, idempotency_key: str) -> str:
        return self._created.setdefault(idempotency_key, str(uuid.uuid4()))

    def _resume(self, method: str, request: httpx.Request, key: str, body: bytes) -> httpx.Response:
        assert request.headers["Tus-Resumable"] == "1.0.0"
        upload = self.uploads[key]
        if method == "DELETE":
            del self.uploads[key]
            return httpx.Response(204)
        headers = {"Upload-Offset": str(len(upload.content))}
        if method == "HEAD":
            if upload.complete:
                headers["Upload-Length"] = headers["Upload-Offset"]
            return httpx.Response(200, headers=headers)
        assert method == "PATCH"
        assert request.headers["Content-Type"] == "application/offset+octet-stream"
        if upload.complete or request.headers["Upload-Offset"] != headers["Upload-Offset"]:
            return refusal(409, "upload_offset_mismatch")
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if request.headers["Upload-Checksum"] != f"sha256 {checksum}":
            return refusal(460, "checksum_mismatch")
        return self._append(request, upload, body)

    def _append(self, request: httpx.Request, upload: Upload, body: bytes) -> httpx.Response:
        upload.content += body
        headers = {"Upload-Offset": str(len(upload.content))}
        length = request.headers.get("Upload-Length")
        if length is not None:
            assert int(length) == len(upload.content)
            digest = base64.b64encode(hashlib.sha256(upload.content).digest()).decode()
            assert request.headers["Repr-Digest"] == f"sha-256=:{digest}:"
            upload.complete = True
            headers["Repr-Digest"] = f"sha-256=:{digest}:"
        return httpx.Response(204, headers=headers)

    def _take_part(self, request: httpx.Request, part: bytes) -> None:
        """Keep what arrived of a PATCH before the cut, if this platform does that."""
        key = request.url.path.rpartition("/")[2]
        upload = self.uploads.get(key)
        if request.method == "PATCH" and self.keeps_partial_bodies and upload is not None:
            upload.content += part


def refusal(
    status: int, code: str, *, message: str = "No.", headers: dict[str, str] | None = None
) -> httpx.Response:
    """Return an answer with the platform's error body."""
    body = {"code": code, "message": message, "cause": "c", "fix": "f", "request_id": "r-1"}
    return httpx.Response(status, json=body, headers=headers)


def parse_metadata(header: str) -> dict[str, str]:
    """Return what `Upload-Metadata` holds; an empty value may leave its name alone (tus 1.0)."""
    pairs = (part.partition(" ") for part in header.split(",") if part)
    return {name: base64.b64decode(value).decode() for name, _, value in pairs}


def a_caller(
    transport: httpx.BaseTransport, time: ManualTime, *, patience_seconds: float = 600
) -> Caller:
    """Return a caller of the fake platform that signs nothing."""
    return Caller(
        httpx.Client(transport=transport),
        base_url=PLATFORM,
        authorise=lambda _request: "Bearer test",
        timing=time.timing,
        policy=RetryPolicy(patience_seconds=patience_seconds),
    )


def start_work(**changes: object) -> dict[str, object]:
    """Return a piece of work as the platform hands it out."""
    return {
        "workId": "work-1",
        "kind": "start-app-migration",
        "attempt": 1,
        "leaseSeconds": 0.06,
        "transferId": TRANSFER,
        "originalTransferId": None,
        "migrationDetails": a_migration().to_wire(),
        "check": None,
    } | changes


def check_work(check_id: str = "empty-notes") -> dict[str, object]:
    """Return a call of a vendor check."""
    context = {
        "migrationId": None,
        "siteKey": "acme",
        "cloudUrl": "https://acme.test",
        "containers": [{"type": "ConfluenceSpace", "sourceId": "1", "key": "A", "name": "A"}],
    }
    return start_work(
        kind="vendor-check",
        transferId=None,
        migrationDetails=None,
        check={"checkId": check_id, "context": context},
    )
