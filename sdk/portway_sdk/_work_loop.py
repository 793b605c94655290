"""Taking work from the platform, one piece at a time, until told to stop.

The handler runs in its own thread while this one keeps the lease alive with heartbeats. Whatever
happens to the platform or the connection is waited out; what happens to the handler is reported.
"""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeVar

import httpx

from portway_sdk._checks import VendorCheck
from portway_sdk._errors import (
    UNEXPECTED_ANSWER,
    APIError,
    TransportError,
    may_pass,
)
from portway_sdk._gateway import Gateway
from portway_sdk._gateway_session import GatewaySession
from portway_sdk._interruption import Interruption
from portway_sdk._platform_port import PlatformPort
from portway_sdk._settings import ListenerSettings
from portway_sdk._stack_traces import describe_failure
from portway_sdk._timing import Timing, jittered_delay
from portway_sdk.wire import (
    CheckResult,
    Declaration,
    ListenerError,
    Work,
    WorkCompletion,
    WorkKind,
)

FIRST_REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 30.0

_BEATS_PER_LEASE = 3
_WATCH_SECONDS = 0.2
_MIGRATIONS = frozenset({WorkKind.START_APP_MIGRATION, WorkKind.RERUN_APP_MIGRATION})
_ENDING = "the listener is ending"
_LEASE_LOST = "the lease of the work was lost"
_RETURNED = "the handler has returned, and its gateway ended with it"

T = TypeVar("T")

log = logging.getLogger("portway_sdk")


@dataclass
class Handlers:
    """The vendor's functions."""

    start: Callable[[Gateway], None] | None = None
    rerun: Callable[[Gateway, str], None] | None = None
    preload: Callable[[Gateway], None] | None = None
    checks: dict[str, VendorCheck] = field(default_factory=dict)


class WorkLoop:
    """One run of a listener."""

    def __init__(
        self,
        settings: ListenerSettings,
        declaration: Declaration,
        handlers: Handlers,
        *,
        stop: threading.Event,
        transport: httpx.BaseTransport | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._timing = timing or Timing(sleep=lambda seconds: _wait(stop, seconds))
        self._session = GatewaySession(
            settings, declaration, timing=self._timing, transport=transport
        )
        self._handlers = handlers
        self._stop = stop
        self._running: _Running | None = None
        self._ended = threading.Event()

    def run(self, *, once: bool) -> int:
        """Take work until told to stop, or once; return how many pieces were handled."""
        handled = 0
        with self._session, self._stopped_by_signals(), self._watched():
            self._persist(self._session.introduce, at_first_contact=True)
            while not self._stop.is_set():
                work = self._persist(self._session.poll)
                if work is not None and not self._stop.is_set():
                    self._do(work)
                    handled += 1
                if once:
                    break
        return handled

    def _do(self, work: Work) -> None:
        running = _Running(work)
        self._running = running
        log.info("work started", extra=running.ids())
        threading.Thread(
            target=self._handle, args=(running,), name=f"portway-{work.kind}", daemon=True
        ).start()
        self._keep_lease(running)
        self._running = None
        self._report(running)
        running.interruption.set(_RETURNED)

    def _handle(self, running: "_Running") -> None:
        """Call the vendor's function, in its own thread."""
        try:
            running.outcome = self._call_handler(running)
        except BaseException as exc:
            running.outcome = describe_failure(exc)
        finally:
            running.done.set()

    def _call_handler(self, running: "_Running") -> WorkCompletion | ListenerError:
        work = running.work
        if work.kind == WorkKind.VENDOR_CHECK and work.check is not None:
            check = self._handlers.checks.get(work.check.check_id)
            found = check.run(work.check.context) if check else _unsupported("UnknownCheck")
            return WorkCompletion(check_result=found) if isinstance(found, CheckResult) else found
        if work.transfer_id is None or work.migration_details is None:
            return _unsupported("UnsupportedWork")
        running.port = self._session.open_transfer(work.transfer_id, running.interruption)
        gateway = Gateway(
            running.port,
            transfer_id=work.transfer_id,
            migration=work.migration_details,
            attempt=work.attempt,
            transfer_name=work.transfer_name,
            tags=work.tags,
        )
        start, rerun = self._handlers.start, self._handlers.rerun
        if work.kind == WorkKind.RERUN_APP_MIGRATION and rerun is not None:
            rerun(gateway, work.original_transfer_id or "")
        elif work.kind in _MIGRATIONS and start is not None:
            start(gateway)
        elif work.kind == WorkKind.PRELOAD_APP_DATA and self._handlers.preload is not None:
            self._handlers.preload(gateway)
        else:
            return _unsupported("UnsupportedWork")
        return WorkCompletion()

    def _keep_lease(self, running: "_Running") -> None:
        """Send heartbeats until the handler has ended."""
        wait = running.work.lease_seconds / _BEATS_PER_LEASE
        while not running.done.wait(wait):
            if running.lease_lost:
                continue
            try:
                beat = self._session.heartbeat(running.work)
            except (APIError, TransportError) as exc:
                running.lease_lost = _says_lost(exc)
                log.warning("heartbeat failed", extra=running.ids() | _facts(exc))
                if running.lease_lost:
                    running.interruption.set(_LEASE_LOST)
                wait = running.work.lease_seconds / _BEATS_PER_LEASE / 2
            else:
                wait = beat.lease_seconds / _BEATS_PER_LEASE
                if running.port is not None:
                    running.port.cancellation_requested = beat.cancellation_requested

    def _report(self, running: "_Running") -> None:
        """Tell the platform how the work ended, unless it is no longer ours to tell."""
        outcome, work = running.outcome, running.work
        if running.lease_lost or running.interruption.was_felt or outcome is None:
            log.warning("work given back", extra=running.ids())
            return
        try:
            if isinstance(outcome, ListenerError):
                log.error("work failed: %s", outcome.safe_stack_trace, extra=running.ids())
                self._persist(lambda: self._session.fail(work, outcome))
            else:
                log.info("work done", extra=running.ids())
                self._persist(lambda: self._session.complete(work, outcome))
        except APIError as exc:
            log.error("report refused: %s", exc, extra=running.ids() | _facts(exc))

    def _persist(self, operation: Callable[[], T], *, at_first_contact: bool = False) -> T | None:
        """Return what `operation` gives, trying again while the platform is away.

        Returns None when told to stop before it succeeded. At first contact an answer that is not
        the platform's means a wrong address; later it means a proxy in front of a restart.
        """
        failures = 0
        while True:
            try:
                return operation()
            except (APIError, TransportError) as exc:
                foreign = isinstance(exc, APIError) and exc.code == UNEXPECTED_ANSWER
                if not may_pass(exc) and (at_first_contact or not foreign):
                    raise
                failures += 1
                asked = exc.retry_after_seconds if isinstance(exc, APIError) else None
                rest = jittered_delay(
                    failures, self._timing, first=FIRST_REST_SECONDS, longest=LONGEST_REST_SECONDS
                )
                if self._stop.is_set():
                    return None
                log.warning("platform away", extra={"failures": failures} | _facts(exc))
                self._timing.sleep(max(rest, min(asked or 0.0, LONGEST_REST_SECONDS)))
            if self._stop.is_set():
                return None

    @contextlib.contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM stop the loop; a second one acts as it did before."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before: dict[signal.Signals, Any] = {}

        def restore() -> None:
            while before:
                signal.signal(*before.popitem())

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            restore()
            self._stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, on_signal) or signal.SIG_DFL
        try:
            yield
        finally:
            restore()

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """See to it that `stop` also ends a wait for work and interrupts a running handler."""
        threading.Thread(target=self._watch, name="portway-watch", daemon=True).start()
        try:
            yield
        finally:
            self._ended.set()

    def _watch(self) -> None:
        while not self._stop.wait(_WATCH_SECONDS):
            if self._ended.is_set():
                return
        # Again and again: the loop may just be on its way into a wait.
        while not self._ended.is_set():
            running = self._running
            if running is not None:
                running.interruption.set(_ENDING)
            self._session.hang_up()
            self._ended.wait(_WATCH_SECONDS)


class _Running:
    """A piece of work and what has become of it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.interruption = Interruption()
        self.port: PlatformPort | None = None
        self.outcome: WorkCompletion | ListenerError | None = None
        self.done = threading.Event()
        self.lease_lost = False

    def ids(self) -> dict[str, object]:
        """Return what a log line may say."""
        return {
            "work_id": self.work.work_id,
            "kind": str(self.work.kind),
            "attempt": self.work.attempt,
            "transfer_id": self.work.transfer_id,
        }


def _unsupported(exception_type: str) -> ListenerError:
    return ListenerError(exception_type=exception_type, safe_stack_trace=exception_type)


def _says_lost(exc: APIError | TransportError) -> bool:
    if isinstance(exc, TransportError) or exc.code == UNEXPECTED_ANSWER:
        return False
    return exc.status in (404, 409, 410)


def _facts(exc: APIError | TransportError) -> dict[str, object]:
    if isinstance(exc, TransportError):
        return {"reason": str(exc)}
    return {"status": exc.status, "code": exc.code, "request_id": exc.request_id}


def _wait(stop: threading.Event, seconds: float) -> None:
    stop.wait(seconds)
