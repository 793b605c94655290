"""Who may act as an admin: the holder of the admin token, or a browser signed in with it.

A browser session is a signed cookie that names nobody and ends after twelve hours. State-changing
requests by cookie must come from our own pages (`Sec-Fetch-Site` or `Origin`).
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import flask

from portway_service.clock import Clock
from portway_service.error_codes import UNAUTHENTICATED
from portway_service.errors import Refusal

COOKIE = "portway_admin"
SESSION_LIFE = timedelta(hours=12)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Admin:
    """A caller who may act as an admin."""

    name: str
    by_cookie: bool = False


@dataclass(frozen=True)
class AdminAccess:
    """Recognises admins by the token, or by the session cookie made from it."""

    token: str = field(repr=False)
    clock: Clock
    admin_name: str = "admin"

    def is_token(self, candidate: str) -> bool:
        """Tell whether `candidate` is the admin token, in constant time."""
        return hmac.compare_digest(candidate.encode(), self.token.encode())

    def admit(self, request: flask.Request) -> Admin:
        """Return the admin who calls; refuse anybody else."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(credentials.strip()):
            return Admin(self.admin_name)
        if self._is_session(request.cookies.get(COOKIE, "")):
            if request.method not in _SAFE_METHODS and not _is_same_origin(request):
                raise Refusal(UNAUTHENTICATED, problem="the request comes from another site")
            return Admin(self.admin_name, by_cookie=True)
        raise Refusal(
            UNAUTHENTICATED,
            headers={"WWW-Authenticate": 'Bearer realm="Portway admin"'},
            problem="the admin token is missing or wrong",
        )

    def session_cookie(self) -> str:
        """Return the value of a fresh session cookie."""
        ends = int((self.clock.now() + SESSION_LIFE).timestamp())
        return f"{ends}.{self._sign(str(ends))}"

    def _is_session(self, cookie: str) -> bool:
        ends, _, signature = cookie.partition(".")
        if not ends.isdecimal() or not hmac.compare_digest(signature, self._sign(ends)):
            return False
        return self.clock.now().timestamp() < int(ends)

    def _sign(self, text: str) -> str:
        key = hashlib.sha256(b"portway session\n" + self.token.encode()).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _is_same_origin(request: flask.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host
