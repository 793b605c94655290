"""A token that lets any tus client upload to one transfer for an hour.

A listener signs each request by itself, which a tus client cannot. So the listener asks for a token
and hands it to the client, which sends it with every request. It opens uploads to that transfer and
nothing else; consent and transfer are looked at all the same, at each request.
Source: docs/reference/gateway-api.md#tus-clients
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

PREFIX = "pwu."
LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class UploadGrant:
    """What an upload token says."""

    transfer_id: str
    key_id: str
    """The key of the listener that asked for it: a listener that enrols anew ends its tokens."""
    expires_at: datetime


def make_token(secret: bytes, grant: UploadGrant) -> str:
    """Return the token that stands for a grant."""
    said = [grant.transfer_id, grant.key_id, int(grant.expires_at.timestamp())]
    payload = _encode(orjson.dumps(said))
    return f"{PREFIX}{payload}.{_encode(_seal(secret, payload))}"


def find_grant(secret: bytes, unverified_token: str, *, now: datetime) -> UploadGrant | None:
    """Return what a token grants, or None when it is not ours, was changed, or has ended."""
    payload, _, seal = unverified_token.removeprefix(PREFIX).partition(".")
    if not unverified_token.startswith(PREFIX) or not unverified_token.isascii():
        return None
    try:
        if not hmac.compare_digest(_decode(seal), _seal(secret, payload)):
            return None
    except (binascii.Error, ValueError):
        return None
    transfer_id, key_id, expires = orjson.loads(_decode(payload))
    grant = UploadGrant(transfer_id, key_id, datetime.fromtimestamp(expires, UTC))
    return grant if now < grant.expires_at else None


def _seal(secret: bytes, payload: str) -> bytes:
    return hmac.digest(secret, f"portway upload\n{payload}".encode(), "sha256")


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
