"""Tokens of listeners: EdDSA with a key the listener made itself, and those keys as JWKs.

Source: docs/reference/gateway-api.md; RFC 8037 (keys), RFC 7638 (thumbprints).
"""

import base64
import hashlib
import json
import uuid
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portway_sdk._canonical import accepted_hashes, query_string_hash
from portway_sdk._errors import VerificationError, VerificationReason
from portway_sdk._jwt import (
    VerifiedClaims,
    check_audience,
    check_issuer,
    check_qsh,
    check_times,
    decode,
    get_number,
    get_text,
    lifetime_claims,
    sign,
    verified,
)
from portway_sdk.wire import PublicKey

GATEWAY_AUDIENCE = "portway-gateway"
GATEWAY_LIFETIME_LIMIT = timedelta(seconds=180)


def sign_gateway_token(
    *,
    private_key: Ed25519PrivateKey,
    server_app_key: str,
    listener_id: str,
    method: str,
    url: str,
    context_path: str = "",
    now: datetime,
    token_id: str | None = None,
    lifetime: timedelta = timedelta(seconds=60),
) -> str:
    """Return the EdDSA token for one gateway request; `kid` is the key's thumbprint.

    Args:
        private_key: The listener's key.
        server_app_key: The `iss` claim.
        listener_id: The `sub` claim.
        method: The request's method.
        url: The request's URL, or its path and query, as sent.
        context_path: The path of the platform's public URL, if it has one.
        now: The present instant.
        token_id: The `jti` claim; a fresh UUID by default.
        lifetime: How long the token is good for; at most 180 s are accepted.
    """
    claims = {
        **lifetime_claims(now, lifetime),
        "iss": server_app_key,
        "sub": listener_id,
        "aud": GATEWAY_AUDIENCE,
        "jti": token_id or str(uuid.uuid4()),
        "qsh": query_string_hash(method, url, context_path=context_path),
    }
    key_id = thumbprint(public_key_of(private_key))
    return sign(claims, private_key, "EdDSA", key_id=key_id)


def verify_gateway_token(
    unverified_token: str,
    *,
    public_key: PublicKey,
    server_app_key: str,
    listener_id: str,
    method: str,
    url: str,
    context_path: str = "",
    now: datetime,
) -> VerifiedClaims:
    """Return the claims of a listener's token for exactly this request.

    Find the listener by `read_unverified_key_id` first; its registered key, server app key and
    id are the expectations. `jti` is required; whether it was seen before is the caller's to ask.

    Raises:
        VerificationError: The token cannot be trusted; `.reason` says why.
    """
    header, claims = decode(unverified_token, load_public_key(public_key), "EdDSA")
    if header.get("kid") != thumbprint(public_key):
        raise VerificationError(VerificationReason.KEY_UNKNOWN, "kid is not the key's thumbprint")
    check_times(claims, now)
    if (
        get_number(claims, "exp") - get_number(claims, "iat")
        > GATEWAY_LIFETIME_LIMIT.total_seconds()
    ):
        raise VerificationError(VerificationReason.LIFETIME, "the token lives longer than 180 s")
    check_issuer(claims, server_app_key)
    if get_text(claims, "sub") != listener_id:
        raise VerificationError(VerificationReason.SUBJECT, "sub is not the listener's id")
    check_audience(claims, GATEWAY_AUDIENCE)
    get_text(claims, "jti")
    check_qsh(claims, accepted_hashes(method, url, context_path=context_path))
    return verified(header, claims)


def public_key_of(private_key: Ed25519PrivateKey) -> PublicKey:
    """Return the public half as a JWK."""
    raw = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return PublicKey(x=_base64url(raw))


def load_public_key(public_key: PublicKey) -> Ed25519PublicKey:
    """Return the key a JWK describes."""
    raw = base64.urlsafe_b64decode(public_key.x + "=" * (-len(public_key.x) % 4))
    return Ed25519PublicKey.from_public_bytes(raw)


def thumbprint(public_key: PublicKey) -> str:
    """Return the RFC 7638 thumbprint of a JWK: 43 base64url characters."""
    members = {"crv": public_key.crv, "kty": public_key.kty, "x": public_key.x}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(text.encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
