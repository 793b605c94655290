"""The two tokens of a Forge app: what proves a call of the platform, and what opens its REST.

| token | where | `iss` | `aud` |
|---|---|---|---|
| invocation token | `Authorization` of an event | `forge/invocation-token` | the app |
| app system token | `x-forge-oauth-system`; `Authorization` of a call | the platform | its REST |

Both are RS256 with a `kid` of the platform's key set. Source: docs/reference/forge-api.md#tokens
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from portway_sdk._errors import VerificationError, VerificationReason
from portway_sdk._jwt import (
    VerifiedClaims,
    check_audience,
    check_issuer,
    check_times,
    decode,
    get_text,
    lifetime_claims,
    sign,
    verified,
)

INVOCATION_ISSUER = "forge/invocation-token"
INVOCATION_LIFE = timedelta(minutes=5)
SYSTEM_LIFE = timedelta(hours=1)

_SYSTEM_USE = "app-system"
_RSA_BITS = 2048


@dataclass(frozen=True)
class ForgeApp:
    """An environment of a Forge app on a site, by the names its tokens carry."""

    app_id: str
    """Such as `ari:cloud:ecosystem::app/…`."""
    installation_id: str
    """Such as `ari:cloud:ecosystem::installation/…`."""
    environment: str
    """The environment's name, in lower case."""


def sign_invocation_token(
    *,
    private_key: RSAPrivateKey,
    key_id: str,
    app: ForgeApp,
    app_version: str,
    api_base_url: str,
    cloud_id: str,
    site_url: str,
    now: datetime,
    token_id: str | None = None,
) -> str:
    """Return the token that comes with an event, good for five minutes."""
    kinds = {"development": "DEVELOPMENT", "staging": "STAGING", "production": "PRODUCTION"}
    environment_id = f"{app.app_id.replace('::app/', '::environment/')}/{app.environment}"
    claims = {
        **lifetime_claims(now, INVOCATION_LIFE),
        "nbf": int(now.timestamp()),
        "iss": INVOCATION_ISSUER,
        "aud": app.app_id,
        "jti": token_id or str(uuid.uuid4()),
        "app": {
            "id": app.app_id,
            "version": app_version,
            "installationId": app.installation_id,
            "apiBaseUrl": api_base_url,
            "environment": {
                # The environments of a developer's own are of the kind DEVELOPMENT.
                "type": kinds.get(app.environment, "DEVELOPMENT"),
                "id": environment_id,
                "name": app.environment,
            },
            "module": {"type": "core:trigger", "key": "app-migration"},
        },
        "context": {"cloudId": cloud_id, "siteUrl": site_url},
    }
    return sign(claims, private_key, "RS256", key_id=key_id)


def verify_invocation_token(
    unverified_token: str, *, public_key: RSAPublicKey, app_id: str, now: datetime
) -> VerifiedClaims:
    """Return the claims of a token that came with an event for this app.

    Find the key by `read_unverified_key_id` in the platform's key set first.

    Args:
        unverified_token: What follows `Bearer` in `Authorization`.
        public_key: The key of that id.
        app_id: The app's id, bare or as `ari:cloud:ecosystem::app/…`.
        now: The present instant.

    Raises:
        VerificationError: The token cannot be trusted; `.reason` says why.
    """
    header, claims = decode(unverified_token, public_key, "RS256")
    check_times(claims, now)
    check_issuer(claims, INVOCATION_ISSUER)
    wanted = app_id if app_id.startswith("ari:") else f"ari:cloud:ecosystem::app/{app_id}"
    check_audience(claims, wanted)
    return verified(header, claims)


def sign_app_system_token(
    *,
    private_key: RSAPrivateKey,
    key_id: str,
    app: ForgeApp,
    issuer: str,
    audience: str,
    now: datetime,
    token_id: str | None = None,
) -> str:
    """Return a token with which an environment of an app calls the platform for an hour."""
    claims = {
        **lifetime_claims(now, SYSTEM_LIFE),
        "iss": issuer,
        "aud": audience,
        "sub": app.app_id,
        "jti": token_id or str(uuid.uuid4()),
        "use": _SYSTEM_USE,
        "installation": app.installation_id,
        "environment": app.environment,
    }
    return sign(claims, private_key, "RS256", key_id=key_id)


def verify_app_system_token(
    unverified_token: str,
    *,
    public_key: RSAPublicKey,
    issuer: str,
    audience: str,
    now: datetime,
) -> ForgeApp:
    """Return the environment of an app that a token names; whether it is installed is not asked.

    Raises:
        VerificationError: The token cannot be trusted; `.reason` says why.
    """
    _, claims = decode(unverified_token, public_key, "RS256")
    check_times(claims, now)
    check_issuer(claims, issuer)
    check_audience(claims, audience)
    if get_text(claims, "use") != _SYSTEM_USE:
        raise VerificationError(VerificationReason.SUBJECT, "it is no app system token")
    return ForgeApp(
        app_id=get_text(claims, "sub"),
        installation_id=get_text(claims, "installation"),
        environment=get_text(claims, "environment"),
    )


def load_rsa_jwk(jwk: Mapping[str, Any]) -> RSAPublicKey:
    """Return the RSA key a JWK describes.

    Raises:
        VerificationError: It describes no RSA key of 2048 bits or more.
    """
    try:
        key = jwt.algorithms.RSAAlgorithm.from_jwk(json.dumps(dict(jwk)))
    except (jwt.PyJWTError, ValueError, TypeError) as exc:
        raise VerificationError(VerificationReason.KEY_UNKNOWN, "the key is no JWK") from exc
    if not isinstance(key, RSAPublicKey) or key.key_size < _RSA_BITS:
        raise VerificationError(
            VerificationReason.KEY_UNKNOWN, f"the key is no RSA key of {_RSA_BITS} bits or more"
        )
    return key
