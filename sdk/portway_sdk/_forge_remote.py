"""A Forge app's remote, free of any web framework: a request in, a response out.

Nothing a vendor wrote runs before the request's invocation token has been verified.
Source: wire contract, 4.2 and 4.3; docs/reference/forge-api.md.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from portway_sdk._errors import (
    APIError,
    ConfigurationError,
    TransportError,
    VerificationError,
    VerificationReason,
    may_pass,
)
from portway_sdk._forge_client import ForgeClient
from portway_sdk._forge_tokens import load_rsa_jwk, verify_invocation_token
from portway_sdk._http import Caller, RetryPolicy, open_client
from portway_sdk._jwt import read_unverified_key_id
from portway_sdk._requests import (
    MalformedError,
    Request,
    Response,
    json_response,
    parse_body,
    refusal,
)
from portway_sdk._settings import address_problem
from portway_sdk._stack_traces import describe_failure
from portway_sdk._timing import Timing
from portway_sdk.wire import ForgeEvent, ForgeEventType

BODY_LIMIT_BYTES = 1024 * 1024
FRESH_SECONDS = 300.0
"""How long a fetched key set is used without asking again."""

_KEYS_POLICY = RetryPolicy(patience_seconds=5.0)
_UPLOADS = frozenset({ForgeEventType.APP_DATA_UPLOADED, ForgeEventType.APP_DATA_PRELOADED})

ForgeHandler = Callable[[ForgeEvent, ForgeClient], None]
AnyHandler = TypeVar("AnyHandler", bound=ForgeHandler)

log = logging.getLogger("portway_sdk")


@dataclass(frozen=True)
class ForgeRemoteSettings:
    """Which Forge app a remote serves, and where the platform is."""

    forge_app_id: str
    platform_url: str
    """Where the migration API and the key set are."""

    def __post_init__(self) -> None:
        problems = list(self._find_problems())
        if problems:
            raise ConfigurationError(*problems)
        object.__setattr__(self, "platform_url", self.platform_url.rstrip("/"))

    def _find_problems(self) -> Iterator[str]:
        if not self.forge_app_id:
            yield "forge_app_id is missing; it is the id in the app's manifest"
        if problem := address_problem(self.platform_url):
            yield f"platform_url {problem}; for example https://portway.example"


class ForgeRemote:
    """Takes the migration events of a Forge app. Register it at the address of its endpoint."""

    def __init__(
        self, settings: ForgeRemoteSettings, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Make a remote; a `transport` takes the network's place."""
        self.settings = settings
        self._transport = transport
        self._timing = Timing()
        self._handlers: dict[str, ForgeHandler] = {}
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._keys_until = 0.0

    def on(self, event_type: ForgeEventType | str) -> Callable[[AnyHandler], AnyHandler]:
        """Register what handles one type of event.

        An upload whose handler returns is acknowledged as processed, unless the handler said how it
        went itself. A handler that raises gets the same event again, five times in all. It may meet
        an event twice: importing a file again must change nothing.

        Raises:
            ConfigurationError: That type has a handler already.
        """

        def register(handler: AnyHandler) -> AnyHandler:
            if str(event_type) in self._handlers:
                raise ConfigurationError(f"{event_type} has a handler already")
            self._handlers[str(event_type)] = handler
            return handler

        return register

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises; answers carry no details of failures."""
        if request.method.upper() != "POST":
            answer = refusal(405, "method_not_allowed", "This path takes POST.")
            return Response(answer.status, answer.body, {**answer.headers, "Allow": "POST"})
        if len(request.body) > BODY_LIMIT_BYTES:
            return refusal(413, "body_too_large", f"At most {BODY_LIMIT_BYTES} bytes are taken.")
        try:
            self._verify(request)
            event = parse_body(ForgeEvent, request)
            self._dispatch(event, self._client_for(request))
        except VerificationError as exc:
            log.warning("request refused: %s", exc, extra={"reason": str(exc.reason)})
            return refusal(401, "unauthenticated", "The request's token cannot be trusted.")
        except MalformedError as exc:
            log.warning("request malformed", extra={"fields": exc.fields})
            return refusal(400, "malformed", "The body is not what this path takes.")
        except Exception as exc:
            log.error("handler failed: %s", describe_failure(exc).safe_stack_trace)
            return refusal(500, "handler_failed", "The app could not handle the event.")
        return json_response(200, {})

    def _dispatch(self, event: ForgeEvent, client: "_WatchedClient") -> None:
        handler = self._handlers.get(str(event.event_type))
        if handler is not None:
            handler(event, client)
        if event.event_type in _UPLOADS and event.message_id not in client.said:
            # Files nobody handles are of no use to this version of the app.
            client.processed(event.transfer_id, event.message_id)

    def _client_for(self, request: Request) -> "_WatchedClient":
        token = request.find_header("x-forge-oauth-system")
        if not token:
            raise VerificationError(
                VerificationReason.MISSING,
                "there is no app system token: enable appSystemToken for the remote",
            )
        return _WatchedClient(
            self.settings.platform_url, token, client=self._http_client(), timing=self._timing
        )

    def _verify(self, request: Request) -> None:
        scheme, _, token = (request.find_header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise VerificationError(VerificationReason.MISSING, "there is no invocation token")
        key_id = read_unverified_key_id(token.strip())
        verify_invocation_token(
            token.strip(),
            public_key=load_rsa_jwk(self._find_key(key_id)),
            app_id=self.settings.forge_app_id,
            now=self._timing.now(),
        )

    def _find_key(self, key_id: str) -> Mapping[str, Any]:
        now = self._timing.monotonic()
        with self._lock:
            found = self._keys.get(key_id) if now < self._keys_until else None
        if found is not None:
            return found
        keys = self._fetch_keys()
        with self._lock:
            self._keys, self._keys_until = keys, now + FRESH_SECONDS
        if key_id not in keys:
            raise VerificationError(VerificationReason.KEY_UNKNOWN, "its key is not published")
        return keys[key_id]

    def _fetch_keys(self) -> Mapping[str, Mapping[str, Any]]:
        caller = Caller(
            self._http_client(),
            base_url=self.settings.platform_url,
            authorise=None,
            timing=self._timing,
            policy=_KEYS_POLICY,
        )
        try:
            told = caller.call("GET", "/.well-known/jwks.json").json()
        except APIError as exc:
            if may_pass(exc):
                raise TransportError("the key set cannot be reached now") from exc
            raise VerificationError(VerificationReason.KEY_UNKNOWN, "there is no key set") from exc
        held = told.get("keys") if isinstance(told, dict) else None
        return {
            str(key["kid"]): key
            for key in held or ()
            if isinstance(key, dict) and "kid" in key and key.get("kty") == "RSA"
        }

    def _http_client(self) -> httpx.Client:
        """Return the shared client, made at first use: after a server has forked its workers."""
        with self._lock:
            if self._http is None:
                self._http = open_client(transport=self._transport)
            return self._http


class _WatchedClient(ForgeClient):
    """Knows which messages were acknowledged through it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.said: set[str] = set()

    def _acknowledge(self, transfer_id: str, status: str, message_ids: tuple[str, ...]) -> None:
        super()._acknowledge(transfer_id, status, message_ids)
        self.said.update(message_ids)
