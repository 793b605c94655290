"""A listener's conversation with the platform. Source: docs/reference/gateway-api.md"""

import contextlib
import logging
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from portway_sdk._canonical import context_path_of
from portway_sdk._errors import ConfigurationError
from portway_sdk._gateway_tokens import public_key_of, sign_gateway_token
from portway_sdk._http import (
    ONE_ATTEMPT,
    Caller,
    Query,
    RetryPolicy,
    open_client,
    read_answer,
    segment,
)
from portway_sdk._interruption import Interruption
from portway_sdk._key_store import KeyStore, ListenerKey
from portway_sdk._platform_port import HANDLER_POLICY, PlatformPort
from portway_sdk._settings import ListenerSettings
from portway_sdk._timing import Timing
from portway_sdk.wire import (
    Declaration,
    EnrolmentRequest,
    Heartbeat,
    ListenerError,
    ListenerRegistration,
    Work,
    WorkCompletion,
)

_CLEANING_POLICY = RetryPolicy(patience_seconds=10)
_POLL_MARGIN_SECONDS = 30
_HEARTBEAT_TIMEOUT = httpx.Timeout(10)

log = logging.getLogger("portway_sdk")


class GatewaySession:
    """The calls of one listener, from enrolment to the report of finished work."""

    def __init__(
        self,
        settings: ListenerSettings,
        declaration: Declaration,
        *,
        timing: Timing,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._declaration = declaration
        self._timing = timing
        self._context_path = context_path_of(settings.platform_url)
        self._keys = KeyStore(settings.key_file)
        self._key: ListenerKey | None = None
        self._client = open_client(transport=transport, ca_file=settings.ca_file)
        self._poll_client = open_client(transport=transport, ca_file=settings.ca_file)
        self._poll_stream: Any = None
        self._caller = self._make_caller(self._client, timing, ONE_ATTEMPT)
        self._poller = self._make_caller(self._poll_client, timing, ONE_ATTEMPT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()
        self._poll_client.close()

    def introduce(self) -> None:
        """Enrol if that was never done, else declare what the listener is today.

        Raises:
            ConfigurationError: There is neither an enrolled key nor a token to enrol with.
        """
        self._key = self._key or self._keys.load_or_create()
        if self._key.registration is None:
            self._enrol(self._key)
        else:
            self._caller.call("PUT", "/gateway/v1/listeners/self", json=self._declaration.to_wire())

    def poll(self) -> Work | None:
        """Wait for one piece of work; None when there was none in the time."""
        seconds = self._settings.poll_seconds
        answer = self._poller.call(
            "GET",
            "/gateway/v1/work",
            params={"waitSeconds": seconds},
            timeout=httpx.Timeout(seconds + _POLL_MARGIN_SECONDS, connect=10),
            extensions={"trace": self._remember_stream},
        )
        if answer.status_code == 204:
            return None
        return read_answer(answer, Work.model_validate_json, "a piece of work")

    def hang_up(self) -> None:
        """End a poll that another thread is waiting in."""
        stream = self._poll_stream
        connected = stream.get_extra_info("socket") if stream is not None else None
        if isinstance(connected, socket.socket):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def heartbeat(self, work: Work) -> Heartbeat:
        """Renew the lease of `work`."""
        answer = self._caller.call(
            "POST",
            f"{_work_path(work)}/heartbeat",
            params=_attempt(work),
            timeout=_HEARTBEAT_TIMEOUT,
        )
        return read_answer(answer, Heartbeat.model_validate_json, "a heartbeat's answer")

    def complete(self, work: Work, completion: WorkCompletion) -> None:
        """Report that `work` is done. Saying it again changes nothing."""
        self._caller.call(
            "POST",
            f"{_work_path(work)}/completion",
            params=_attempt(work),
            json=completion.to_wire(),
        )

    def fail(self, work: Work, error: ListenerError) -> None:
        """Report that `work` failed. Saying it again changes nothing."""
        self._caller.call(
            "POST", f"{_work_path(work)}/failure", params=_attempt(work), json=error.to_wire()
        )

    def open_transfer(self, transfer_id: str, interruption: Interruption) -> "PlatformPort":
        """Return what a handler's gateway asks, interruptible at every call and wait."""
        timing = Timing(
            now=self._timing.now,
            monotonic=self._timing.monotonic,
            sleep=interruption.sleep,
            random=self._timing.random,
        )
        return PlatformPort(
            self._make_caller(self._client, timing, HANDLER_POLICY, interruption),
            cleaner=self._make_caller(self._client, self._timing, _CLEANING_POLICY),
            transfer_id=transfer_id,
        )

    def _enrol(self, key: ListenerKey) -> None:
        token = self._settings.enrolment_token
        if token is None:
            raise ConfigurationError(
                f"this listener is not enrolled yet and has no enrolment token: ask the admin to"
                f" run `portway app enrol` for {self._declaration.server_app_key} and set"
                " PORTWAY_ENROLMENT_TOKEN to what it prints"
            )
        enroller = Caller(
            self._client,
            base_url=self._settings.platform_url,
            authorise=lambda _request: f"Enrolment {token}",
            timing=self._timing,
            policy=ONE_ATTEMPT,
        )
        body = EnrolmentRequest(
            public_key=public_key_of(key.private_key), declaration=self._declaration
        )
        answer = enroller.call("POST", "/gateway/v1/listeners", json=body.to_wire())
        registration = read_answer(
            answer, ListenerRegistration.model_validate_json, "a registration"
        )
        self._keys.save_registration(key, registration)
        log.info("enrolled", extra={"listener_id": registration.listener_id})

    def _make_caller(
        self,
        client: httpx.Client,
        timing: Timing,
        policy: RetryPolicy,
        interruption: Interruption | None = None,
    ) -> Caller:
        def authorise(request: httpx.Request) -> str:
            if interruption is not None:
                interruption.check()
            return f"Bearer {self._sign(request)}"

        return Caller(
            client,
            base_url=self._settings.platform_url,
            authorise=authorise,
            timing=timing,
            policy=policy,
        )

    def _sign(self, request: httpx.Request) -> str:
        if self._key is None or self._key.registration is None:
            raise ConfigurationError("introduce the listener first")
        return sign_gateway_token(
            private_key=self._key.private_key,
            server_app_key=self._key.registration.issuer,
            listener_id=self._key.registration.listener_id,
            method=request.method,
            url=request.url.raw_path.decode("ascii"),
            context_path=self._context_path,
            now=self._timing.now(),
        )

    def _remember_stream(self, event: str, info: Mapping[str, Any]) -> None:
        """Keep the connection that a poll waits on; httpx tells of it by its trace extension."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._poll_stream = info.get("return_value")


def _work_path(work: Work) -> str:
    return f"/gateway/v1/work/{segment(work.work_id)}"


def _attempt(work: Work) -> Query:
    """Say which attempt is meant: the same work may be back with this listener by now."""
    return {"attempt": work.attempt}
