"""Everything portway_sdk raises on purpose.

Each branch answers "what should I do now?":

    PortwayError                everything portway_sdk raises on purpose
    ├── ConfigurationError      fix your settings; nothing was sent
    ├── TransportError          no answer came; retry if the call is idempotent
    ├── APIError                the platform said no: .status .code .message .cause .fix .request_id
    │   ├── ConsentError            no standing agreement: .state; ask the admin to agree
    │   ├── ScopeNotGrantedError    declare the scope, then ask the admin to agree again: .missing
    │   ├── TransferSettledError    stop; nothing more can be done for this transfer
    │   └── RateLimitedError        wait: .retry_after_seconds
    ├── WorkInterruptedError    stop now and return; the work will be handed out again: .reason
    ├── IntegrityError          what arrived is not what was sent; nothing of it was kept
    └── VerificationError       do not trust this delivery; answer 401: .reason
"""

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

UNEXPECTED_ANSWER = "unexpected_answer"
"""The code of an answer that is not one of the platform's: a proxy's page, say."""

PASSING = frozenset({408, 423, 425, 429, 500, 502, 503, 504})
"""Statuses of a server that may answer differently a moment later."""

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


class PortwayError(Exception):
    """Everything portway_sdk raises on purpose."""


class ConfigurationError(PortwayError):
    """The settings or the way the SDK is used must change; nothing was sent."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems: tuple[str, ...] = problems
        """One sentence for each thing to mend, all of them at once."""


class TransportError(PortwayError):
    """No answer came; retry if the call is idempotent."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent
        """False when the request certainly never left; otherwise it may have been carried out."""


class APIError(PortwayError):
    """The platform said no."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        cause: str | None = None,
        fix: str | None = None,
        request_id: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""
        self.code = code
        """Stable; `portway explain CODE` tells more. See docs/reference/errors.md."""
        self.message = message
        self.cause = cause
        self.fix = fix
        self.request_id = request_id
        """Names this refusal in the platform's log."""
        self.details: Mapping[str, Any] = dict(details or {})
        """The facts of the case, as the platform sent them."""
        self.retry_after_seconds: float | None = None
        """How long the platform wants to be left alone; None when it does not say."""
        self.after_lost_answer = False
        """True when an earlier attempt of the same call got no answer: it may have succeeded."""

    def __str__(self) -> str:
        """Say what was refused, why, what cures it and where to look it up."""
        told = [self.message, *(part for part in (self.cause, self.fix) if part)]
        where = f"{self.status} {self.code}"
        if self.request_id:
            where += f", request {self.request_id}"
        return f"{' '.join(told)} ({where})"


class ConsentError(APIError):
    """No agreement of the admin stands for this app, server and site."""

    @property
    def state(self) -> str:
        """Where the agreement stands, such as `CONSENT_REQUIRED` or `CONSENT_STALE`."""
        return str(self.details.get("state") or self.code).upper()


class ScopeNotGrantedError(APIError):
    """The declaration or the consent does not cover an access scope this call needs."""

    @property
    def missing(self) -> frozenset[str]:
        """The scopes any one of which would have opened the call."""
        missing = self.details.get("missing")
        return frozenset(map(str, missing)) if isinstance(missing, list) else frozenset()


class TransferSettledError(APIError):
    """The transfer has settled; nothing more can be done for it."""

    @property
    def transfer_status(self) -> str | None:
        """How it settled, where the platform says so."""
        status = self.details.get("status")
        return status if isinstance(status, str) else None


class RateLimitedError(APIError):
    """Too many calls. The SDK has waited as long as it was allowed to."""


class WorkInterruptedError(PortwayError):
    """This listener no longer holds the work: return now; it will be handed out again."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"stop here: {reason}")
        self.reason = reason


class IntegrityError(PortwayError):
    """What arrived is not what was sent; nothing of it was kept."""


class VerificationReason(StrEnum):
    """What was wrong with a token."""

    MISSING = "missing"
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    KEY_UNKNOWN = "key_unknown"
    CLAIM_MISSING = "claim_missing"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    LIFETIME = "lifetime"
    ISSUER = "issuer"
    SUBJECT = "subject"
    AUDIENCE = "audience"
    QSH = "qsh"


class VerificationError(PortwayError):
    """The token is missing or cannot be trusted; answer 401 and do nothing else."""

    def __init__(self, reason: VerificationReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


_KINDS: dict[str, type[APIError]] = {
    "consent_required": ConsentError,
    "consent_withdrawn": ConsentError,
    "consent_expired": ConsentError,
    "consent_stale": ConsentError,
    "scope_not_declared": ScopeNotGrantedError,
    "scope_not_granted": ScopeNotGrantedError,
    "scope_not_in_catalogue": ScopeNotGrantedError,
    "transfer_settled": TransferSettledError,
}


def api_error(status: int, body: bytes, *, retry_after_seconds: float | None = None) -> APIError:
    """Return the error that a refusing answer stands for.

    Args:
        status: The HTTP status.
        body: The answer's body; one that is not the platform's JSON makes `unexpected_answer`.
        retry_after_seconds: What the `Retry-After` header asks for, if there is one.
    """
    told = _parse_body(body)
    code = told.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        told, code = {}, UNEXPECTED_ANSWER
    kind = _KINDS.get(code, RateLimitedError if status == 429 else APIError)
    details = told.get("details")
    error = kind(
        _find_text(told, "message") or f"The server answered {status} without saying why.",
        status=status,
        code=code,
        cause=_find_text(told, "cause"),
        fix=_find_text(told, "fix"),
        request_id=_find_text(told, "request_id"),
        details=details if isinstance(details, dict) else None,
    )
    error.retry_after_seconds = retry_after_seconds
    return error


def may_pass(error: APIError | TransportError) -> bool:
    """Tell whether the same call may be answered differently a moment later."""
    return isinstance(error, TransportError) or error.status in PASSING


def unexpected_answer(status: int, what: str, paths: Sequence[str] = ()) -> APIError:
    """Return the error for an answer whose shape is not the promised one.

    Args:
        status: The HTTP status.
        what: What was expected, such as "a mapping page".
        paths: The fields that do not fit; never their values.
    """
    where = f": {', '.join(paths)}" if paths else ""
    return APIError(
        f"The server's answer is not {what}{where}.", status=status, code=UNEXPECTED_ANSWER
    )


def _parse_body(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _find_text(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) and value else None
