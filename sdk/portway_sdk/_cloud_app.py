"""The cloud app's side, free of any web framework: a request in, a response out.

Nothing a vendor wrote runs before the request's token has been verified.
Source: wire contract, 3.2, 3.3 and 3.6; docs/reference/connect-api.md.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx

from portway_sdk._app_store import AppStore, Attempt, Claim, Installation
from portway_sdk._canonical import context_path_of
from portway_sdk._client import MigrationClient
from portway_sdk._connect_tokens import SECRET_BYTES
from portway_sdk._errors import ConfigurationError, TransportError, VerificationError
from portway_sdk._http import open_client
from portway_sdk._install_keys import InstallKeys
from portway_sdk._requests import (
    MalformedError,
    Request,
    Response,
    json_response,
    parse_body,
    refusal,
)
from portway_sdk._settings import CloudAppSettings, address_problem
from portway_sdk._stack_traces import describe_failure
from portway_sdk._timing import Timing
from portway_sdk._trust import Trust
from portway_sdk.wire import (
    AppDescriptor,
    Authentication,
    CloudAppMigration,
    Event,
    EventType,
    InstalledPayload,
    Lifecycle,
    LifecyclePayload,
    Vendor,
)

BODY_LIMIT_BYTES = 1024 * 1024

DESCRIPTOR_PATH = "/atlassian-connect.json"
INSTALLED_PATH = "/lifecycle/installed"
ENABLED_PATH = "/lifecycle/enabled"
UNINSTALLED_PATH = "/lifecycle/uninstalled"
EVENTS_PATH = "/migration-events"

EventHandler = Callable[[Event, MigrationClient], None]
AnyHandler = TypeVar("AnyHandler", bound=EventHandler)

log = logging.getLogger("portway_sdk")


class CloudApp:
    """A cloud app: its descriptor, its installations, and its handlers of migration events."""

    def __init__(
        self,
        settings: CloudAppSettings,
        *,
        store: AppStore,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Make an app that remembers in `store`; a `transport` takes the network's place."""
        self.settings = settings
        self._store = store
        self._timing = Timing()
        self._context_path = context_path_of(settings.base_url)
        self._handlers: dict[str, EventHandler] = {}
        self._unknown_handler: EventHandler | None = None
        self._lock = threading.Lock()
        self._connect_through(transport)

    # What a vendor declares

    def on(self, event_type: EventType | str) -> Callable[[AnyHandler], AnyHandler]:
        """Register what handles one type of event.

        A handler that returns makes the event done; one that raises makes it come again. It may
        meet the same event twice if its process dies in between.

        Raises:
            ConfigurationError: That type has a handler already.
        """

        def register(handler: AnyHandler) -> AnyHandler:
            if str(event_type) in self._handlers:
                raise ConfigurationError(f"{event_type} has a handler already")
            self._handlers[str(event_type)] = handler
            return handler

        return register

    def on_unknown_event(self, handler: AnyHandler) -> AnyHandler:
        """Register what gets the events of types that are new to this SDK.

        Raises:
            ConfigurationError: There is such a handler already.
        """
        if self._unknown_handler is not None:
            raise ConfigurationError("there is a handler for unknown events already")
        self._unknown_handler = handler
        return handler

    # What a vendor may ask

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths the app answers, relative to its base URL."""
        return tuple(self._routes())

    @property
    def descriptor(self) -> AppDescriptor:
        """The app's description of itself, as served under `/atlassian-connect.json`."""
        return AppDescriptor(
            key=self.settings.app_key,
            name=self.settings.name,
            base_url=self.settings.base_url,
            vendor=Vendor(name=self.settings.vendor),
            authentication=Authentication(),
            lifecycle=Lifecycle(
                installed=INSTALLED_PATH, enabled=ENABLED_PATH, uninstalled=UNINSTALLED_PATH
            ),
            cloud_app_migration=CloudAppMigration(migration_webhook_path=EVENTS_PATH),
            scopes=self.settings.connect_scopes,
        )

    def installations(self) -> tuple[Installation, ...]:
        """Return the sites the app is installed on."""
        return self._store.installations()

    def client(self, installation: Installation) -> MigrationClient:
        """Return the migration API of one site: for work outside a handler."""
        return MigrationClient(
            installation,
            app_key=self.settings.app_key,
            client=self._http_client(),
            timing=self._timing,
        )

    # What a web framework calls

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises; answers carry no details of failures."""
        method, handler = self._routes().get(self._relative_path(request.path), ("", None))
        if handler is None:
            return refusal(404, "not_found", "There is nothing under this path.")
        if request.method.upper() not in (method, "HEAD" if method == "GET" else method):
            answer = refusal(405, "method_not_allowed", f"This path takes {method}.")
            return Response(answer.status, answer.body, {**answer.headers, "Allow": method})
        if len(request.body) > BODY_LIMIT_BYTES:
            return refusal(413, "body_too_large", f"At most {BODY_LIMIT_BYTES} bytes are taken.")
        try:
            return handler(request)
        except VerificationError as exc:
            log.warning("request refused: %s", exc, extra={"reason": str(exc.reason)})
            return refusal(401, "unauthenticated", "The request's token cannot be trusted.")
        except MalformedError as exc:
            log.warning("request malformed", extra={"fields": exc.fields})
            return refusal(400, "malformed", "The body is not what this path takes.")
        except TransportError as exc:
            log.warning("install keys away", extra={"reason": str(exc)})
            return refusal(503, "keys_away", "The install keys cannot be reached.", busy=True)
        except Exception as exc:
            log.error("request failed: %s", describe_failure(exc).safe_stack_trace)
            return refusal(500, "internal_error", "The app failed; its log says where.")

    def _routes(self) -> dict[str, tuple[str, Callable[[Request], Response]]]:
        return {
            DESCRIPTOR_PATH: ("GET", self._describe),
            INSTALLED_PATH: ("POST", self._install),
            ENABLED_PATH: ("POST", self._enable),
            UNINSTALLED_PATH: ("POST", self._uninstall),
            EVENTS_PATH: ("POST", self._take_event),
        }

    def _describe(self, _request: Request) -> Response:
        return json_response(200, self.descriptor.to_wire())

    def _install(self, request: Request) -> Response:
        payload = parse_body(InstalledPayload, request)
        self._trust.verify_install(request, payload, "installed")
        if len(payload.shared_secret.encode()) < SECRET_BYTES:
            return refusal(
                400, "secret_too_short", f"sharedSecret must have {SECRET_BYTES} bytes or more."
            )
        if address_problem(payload.base_url):
            return refusal(400, "malformed", "baseUrl is not a usable web address.")
        self._store.save_installation(
            Installation(
                client_key=payload.client_key,
                base_url=payload.base_url.rstrip("/"),
                product_type=payload.product_type,
                shared_secret=payload.shared_secret,
            )
        )
        log.info("installed", extra={"client_key": payload.client_key})
        return Response(204)

    def _enable(self, request: Request) -> Response:
        installation = self._trust.verify(request)
        payload = parse_body(LifecyclePayload, request)
        if (payload.key, payload.client_key) != (self.settings.app_key, installation.client_key):
            return refusal(403, "for_another_app", "The body names another app or site.")
        return Response(204)

    def _uninstall(self, request: Request) -> Response:
        payload = parse_body(LifecyclePayload, request)
        self._trust.verify_install(request, payload, "uninstalled")
        self._store.remove_installation(payload.client_key)
        log.info("uninstalled", extra={"client_key": payload.client_key})
        return Response(204)

    def _take_event(self, request: Request) -> Response:
        installation = self._trust.verify(request)
        event = parse_body(Event, request)
        ids = {
            "message_id": event.message_id,
            "event_type": str(event.event_type),
            "transfer_id": event.transfer_id,
            "client_key": installation.client_key,
        }
        if event.cloud_app_key != self.settings.app_key:
            log.warning("event for another app", extra=ids)
            return refusal(403, "for_another_app", "The event names another app.")
        attempt = Attempt(installation.client_key, event.message_id, uuid.uuid4().hex)
        lease_seconds = self.settings.handler_lease_seconds
        claim = self._store.claim(attempt, lease_seconds=lease_seconds)
        if claim is Claim.DONE:
            log.info("event handled before", extra=ids)
            return json_response(200, {})
        if claim is Claim.IN_PROGRESS:
            return refusal(503, "event_in_progress", "The event is being handled.", busy=True)
        try:
            with self._renewed(attempt):
                self._dispatch(event, self.client(installation))
        except BaseException as exc:
            log.error("handler failed: %s", describe_failure(exc).safe_stack_trace, extra=ids)
            self._store.release(attempt)
            if not isinstance(exc, Exception):
                raise
            return refusal(500, "handler_failed", "The app could not handle the event.")
        self._store.done(attempt)
        log.info("event handled", extra=ids)
        return json_response(200, {})

    def _dispatch(self, event: Event, client: MigrationClient) -> None:
        handler = self._handlers.get(str(event.event_type))
        if handler is None and not isinstance(event.event_type, EventType):
            handler = self._unknown_handler
        if handler is not None:
            handler(event, client)

    @contextmanager
    def _renewed(self, attempt: Attempt) -> Iterator[None]:
        """Keep the claim while the handler runs, however long that takes."""
        ended = threading.Event()
        lease_seconds = self.settings.handler_lease_seconds

        def renew() -> None:
            while not ended.wait(lease_seconds / 3):
                try:
                    self._store.renew(attempt, lease_seconds=lease_seconds)
                except Exception as exc:
                    trace = describe_failure(exc).safe_stack_trace
                    log.warning("claim not renewed: %s", trace)

        renewer = threading.Thread(target=renew, name="portway-renew", daemon=True)
        renewer.start()
        try:
            yield
        finally:
            ended.set()
            renewer.join()

    def _relative_path(self, path: str) -> str:
        """Return the path below the base URL; a proxy may have taken the base's path off."""
        if self._context_path and path.startswith(self._context_path + "/"):
            return path[len(self._context_path) :]
        return path

    def _connect_through(self, transport: httpx.BaseTransport | None) -> None:
        """Make every call from now on go through `transport`, or the network."""
        self._transport = transport
        self._http: httpx.Client | None = None
        install_keys = InstallKeys(
            self.settings.install_keys_url, client=self._http_client, timing=self._timing
        )
        self._trust = Trust(
            self.settings, store=self._store, install_keys=install_keys, timing=self._timing
        )

    def _http_client(self) -> httpx.Client:
        """Return the shared client, made at first use: after a server has forked its workers."""
        with self._lock:
            if self._http is None:
                self._http = open_client(transport=self._transport)
            return self._http
