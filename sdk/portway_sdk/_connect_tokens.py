"""Tokens between the platform and cloud apps: signed by shared secret, or by install key.

HS256 with the installation's shared secret is for everyday calls, both ways; RS256 with the
platform's install key is for `installed` and `uninstalled`. Source: wire contract, 3.2 and 3.3.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from portway_sdk._canonical import accepted_hashes, query_string_hash
from portway_sdk._errors import ConfigurationError, VerificationError, VerificationReason
from portway_sdk._jwt import (
    VerifiedClaims,
    audience_of,
    check_audience,
    check_issuer,
    check_qsh,
    check_times,
    decode,
    lifetime_claims,
    sign,
    verified,
)

SECRET_BYTES = 32
"""Shortest shared secret: HS256 asks for as many bytes as its hash has (RFC 7518, 3.2)."""

_RSA_BITS = 2048


def sign_connect_token(
    *,
    issuer: str,
    secret: str,
    method: str,
    url: str,
    context_path: str = "",
    audience: str | Sequence[str] | None = None,
    subject: str | None = None,
    qsh: str | None = None,
    now: datetime,
    lifetime: timedelta = timedelta(minutes=3),
) -> str:
    """Return the HS256 token for one request.

    Args:
        issuer: The app key when an app calls, the client key when the platform calls.
        secret: The installation's shared secret, at least 32 bytes.
        method: The request's method.
        url: The request's URL, or its path and query, as sent.
        context_path: The path of the base URL the request goes to.
        audience: The client key when an app calls. None when the platform calls: frameworks take
            what stands there for the installation's key.
        subject: The `sub` claim; rarely needed.
        qsh: Takes the place of the request's hash; verifiers of requests refuse it.
        now: The present instant.
        lifetime: How long the token is good for.

    Raises:
        ConfigurationError: The secret is too short to sign with.
    """
    claims = {
        **lifetime_claims(now, lifetime),
        "iss": issuer,
        "qsh": qsh or query_string_hash(method, url, context_path=context_path),
        **({"sub": subject} if subject is not None else {}),
        **({"aud": audience if isinstance(audience, str) else list(audience)} if audience else {}),
    }
    return sign(claims, _checked_secret(secret), "HS256")


def verify_connect_token(
    unverified_token: str,
    *,
    secret: str,
    issuer: str,
    audience: str | Sequence[str],
    method: str,
    url: str,
    context_path: str = "",
    now: datetime,
) -> VerifiedClaims:
    """Return the claims of an HS256 token that `secret` signed for exactly this request.

    `iss`, `iat`, `exp` and `qsh` are required. `aud` may be absent; where it is present it must
    hold `audience`, or one of them.

    Raises:
        VerificationError: The token cannot be trusted; `.reason` says why.
    """
    header, claims = decode(unverified_token, _checked_secret(secret), "HS256")
    check_times(claims, now)
    check_issuer(claims, issuer)
    if "aud" in claims:
        check_audience(claims, *([audience] if isinstance(audience, str) else audience))
    check_qsh(claims, accepted_hashes(method, url, context_path=context_path))
    return verified(header, claims)


def sign_install_token(
    *,
    private_key: RSAPrivateKey,
    key_id: str,
    client_key: str,
    app_base_url: str,
    method: str,
    url: str,
    context_path: str = "",
    now: datetime,
    lifetime: timedelta = timedelta(minutes=3),
) -> str:
    """Return the RS256 token of a lifecycle call.

    Args:
        private_key: The key whose public half is served as PEM under `key_id`.
        key_id: The header's `kid`.
        client_key: The installation's client key: the `iss` claim.
        app_base_url: The base URL of the app's descriptor: the `aud` claim.
        method: The call's method.
        url: The call's URL, or its path and query, as sent.
        context_path: The path of `app_base_url`.
        now: The present instant.
        lifetime: How long the token is good for.
    """
    claims = {
        **lifetime_claims(now, lifetime),
        "iss": client_key,
        "aud": [app_base_url],
        "qsh": query_string_hash(method, url, context_path=context_path),
    }
    return sign(claims, private_key, "RS256", key_id=key_id)


def verify_install_token(
    unverified_token: str,
    *,
    public_key_pem: bytes,
    client_key: str,
    app_base_url: str,
    method: str,
    url: str,
    context_path: str = "",
    now: datetime,
) -> VerifiedClaims:
    """Return the claims of an RS256 token signed for exactly this lifecycle call.

    `iss` must equal `client_key` (that of the body), `aud` must hold the app's base URL, with or
    without a trailing slash.

    Raises:
        VerificationError: The token cannot be trusted; `.reason` says why.
    """
    header, claims = decode(unverified_token, _load_rsa_key(public_key_pem), "RS256")
    check_times(claims, now)
    check_issuer(claims, client_key)
    slashless = {**claims, "aud": [entry.rstrip("/") for entry in audience_of(claims)]}
    check_audience(slashless, app_base_url.rstrip("/"))
    check_qsh(claims, accepted_hashes(method, url, context_path=context_path))
    return verified(header, claims)


def find_connect_token(authorization: str | None, query: str) -> str:
    """Return the token of a Connect request: `Authorization: JWT …`, or the parameter `jwt`.

    Raises:
        VerificationError: There is no token, or there are several.
    """
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    found = [credentials.strip()] if scheme.upper() == "JWT" else []
    found += [value for name, value in parse_qsl(query, errors="replace") if name == "jwt"]
    if len(found) != 1 or not found[0]:
        raise VerificationError(
            VerificationReason.MISSING if not any(found) else VerificationReason.MALFORMED,
            f"expected one token, found {len(found)}",
        )
    return found[0]


def _checked_secret(secret: str) -> str:
    if len(secret.encode()) < SECRET_BYTES:
        raise ConfigurationError(f"the shared secret is shorter than {SECRET_BYTES} bytes")
    return secret


def _load_rsa_key(pem: bytes) -> RSAPublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise VerificationError(VerificationReason.KEY_UNKNOWN, "the key is no PEM") from exc
    if not isinstance(key, RSAPublicKey) or key.key_size < _RSA_BITS:
        raise VerificationError(
            VerificationReason.KEY_UNKNOWN, f"the key is no RSA key of {_RSA_BITS} bits or more"
        )
    return key
