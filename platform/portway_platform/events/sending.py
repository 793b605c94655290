"""One attempt to deliver one event: sign, POST, judge the answer. Never raises.

Source: docs/reference/connect-api.md#events; wire contract, 3.6 and 3.7.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from portway_platform.dialect.rules import DEFAULT, Dialect
from portway_platform.events.rules import context_path_for
from portway_platform.events.webhook_keys import WebhookKey, signature_headers
from portway_platform.forge.invocations import ForgeTarget, Invoker
from portway_sdk.tokens import sign_connect_token
from portway_service.clock import Clock
from portway_service.errors import Refusal

log = logging.getLogger(__name__)

_ANSWER_BYTES = 64 * 1024
"""Read of an answer so that its connection can be used again; a longer one costs the connection."""


@dataclass(frozen=True)
class Parcel:
    """An event addressed to one endpoint."""

    delivery_id: str
    message_id: str
    installation_id: str
    url: str
    tried_from: datetime
    """When its time began."""
    attempts_before: int
    """Attempts of the time before, when it is sent again."""
    payload: Mapping[str, Any]
    app_key: str
    app_base_url: str
    client_key: str
    shared_secret: str = field(repr=False)
    webhook_keys: Sequence[WebhookKey] = ()
    dialect: Dialect = DEFAULT
    """How its site speaks the contract."""
    forge: ForgeTarget | None = None
    """The Forge app it goes to; None for a Connect app."""


@dataclass(frozen=True)
class Attempt:
    """How one POST went."""

    started_at: datetime
    finished_at: datetime
    http_status: int | None
    problem: str | None
    retry_after_seconds: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether the endpoint acknowledged the event."""
        return self.problem is None


def attempt(client: httpx.Client, parcel: Parcel, clock: Clock, invoker: Invoker) -> Attempt:
    """POST an event once and say how it went."""
    started_at = clock.now()
    status, retry_after = None, None
    try:
        body = orjson.dumps(parcel.payload)
        headers = {
            "Content-Type": "application/json",
            **_authorise(parcel, clock, invoker),
            **signature_headers(parcel.webhook_keys, parcel.message_id, body, clock.now()),
        }
        with client.stream("POST", parcel.url, content=body, headers=headers) as answer:
            status = answer.status_code
            retry_after = _find_retry_after(answer.headers.get("Retry-After"), clock)
            with suppress(httpx.HTTPError):
                _read_away(answer)
        # A Forge remote may answer any success; the contract of Connect knows 200 alone.
        taken = status == 200 or (parcel.forge is not None and 200 <= status < 300)
        problem = None if taken else f"answered {status} instead of 200"
    except httpx.TimeoutException:
        problem = "did not answer in time"
    except httpx.HTTPError as error:
        problem = f"could not be reached: {type(error).__name__}"
    except Refusal as refusal:
        problem = refusal.message
    except Exception as error:
        # A delivery that cannot even be tried must not stop the others.
        log.exception("attempt failed", extra={"delivery_id": parcel.delivery_id})
        problem = f"could not be sent: {type(error).__name__}"
    return Attempt(started_at, clock.now(), status, problem, retry_after)


def _authorise(parcel: Parcel, clock: Clock, invoker: Invoker) -> dict[str, str]:
    if parcel.forge is not None:
        return invoker.headers(parcel.forge, parcel.delivery_id, clock.now())
    token = sign_connect_token(
        issuer=parcel.client_key,
        secret=parcel.shared_secret,
        method="POST",
        url=parcel.url,
        context_path=context_path_for(parcel.url, parcel.app_base_url),
        now=clock.now(),
        **_claims(parcel),
    )
    return {"Authorization": f"JWT {token}"}


def _claims(parcel: Parcel) -> dict[str, Any]:
    """Return what the site's dialect wants in the token beside `iss`, `iat`, `exp` and `qsh`."""
    claims = parcel.dialect.event_claims
    if claims == "app-audience":
        return {"audience": [parcel.app_key]}
    if claims == "client-audience":
        return {"audience": [parcel.client_key]}
    return {"qsh": "context-qsh"} if claims == "context-qsh" else {}


def _read_away(answer: httpx.Response) -> None:
    """Read a short body to its end. What it says, or that it breaks off, means nothing."""
    seen = 0
    for piece in () if answer.is_stream_consumed else answer.iter_raw():
        seen += len(piece)
        if seen > _ANSWER_BYTES:
            return


def _find_retry_after(value: str | None, clock: Clock) -> float | None:
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - clock.now()).total_seconds())
    except (ValueError, TypeError):
        return None
