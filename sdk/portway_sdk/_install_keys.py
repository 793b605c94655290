"""The platform's public keys for `installed` and `uninstalled`, fetched when needed.

Source: wire contract, 3.3; docs/reference/connect-api.md#authentication.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

import httpx

from portway_sdk._errors import (
    APIError,
    TransportError,
    VerificationError,
    VerificationReason,
    may_pass,
)
from portway_sdk._http import Caller, RetryPolicy, segment
from portway_sdk._timing import Timing

FRESH_SECONDS = 300.0
"""How long a fetched key is used without asking again."""

_KEYS_HELD = 16
_PEM_BYTES = 16 * 1024
_POLICY = RetryPolicy(patience_seconds=5.0)


class InstallKeys:
    """Fetches PEM keys by their id and holds a few for a short time. Safe between threads."""

    def __init__(
        self, install_keys_url: str, *, client: Callable[[], httpx.Client], timing: Timing
    ) -> None:
        self._url = install_keys_url
        self._client = client
        self._timing = timing
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    def get(self, key_id: str) -> bytes:
        """Return the PEM of a key.

        Args:
            key_id: As `read_unverified_key_id` returned it, so harmless in a path.

        Raises:
            VerificationError: There is no such key.
            TransportError: The keys cannot be reached now.
        """
        now = self._timing.monotonic()
        with self._lock:
            held = self._held.get(key_id)
        if held is not None and held[1] > now:
            return held[0]
        pem = self._fetch(key_id)
        with self._lock:
            self._held[key_id] = (pem, now + FRESH_SECONDS)
            self._held.move_to_end(key_id)
            while len(self._held) > _KEYS_HELD:
                self._held.popitem(last=False)
        return pem

    def _fetch(self, key_id: str) -> bytes:
        caller = Caller(
            self._client(),
            base_url=self._url,
            authorise=None,
            timing=self._timing,
            policy=_POLICY,
        )
        try:
            answer = caller.call("GET", f"/{segment(key_id)}")
        except APIError as exc:
            if may_pass(exc):
                raise TransportError("the install keys cannot be reached now") from exc
            raise VerificationError(
                VerificationReason.KEY_UNKNOWN, "there is no install key of that id"
            ) from exc
        if len(answer.content) > _PEM_BYTES:
            raise VerificationError(VerificationReason.KEY_UNKNOWN, "the install key is no PEM")
        return answer.content
