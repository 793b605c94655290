"""What all tokens have in common: signing, decoding, and the checks of single claims.

Only a `verify_` function may turn a token into `VerifiedClaims`; it pins the algorithm, takes the
time as an argument and checks each claim by a function of this module. Source: RFC 7519, RFC 8725.
"""

import base64
import hmac
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from portway_sdk._errors import VerificationError, VerificationReason

SKEW = timedelta(seconds=30)

_TOKEN_CHARACTERS = 8192
_KEY_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_SEAL = object()

Algorithm = Literal["HS256", "RS256", "EdDSA"]
SigningKey = str | RSAPrivateKey | Ed25519PrivateKey
VerifyingKey = str | RSAPublicKey | Ed25519PublicKey


class VerifiedClaims:
    """What a token says, after its signature and every expectation were checked.

    Only the `verify_` functions of this module make one.
    """

    __slots__ = ("_claims", "key_id")

    def __init__(self, claims: Mapping[str, Any], *, key_id: str | None, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("verify a token to get its claims")
        self._claims = dict(claims)
        self.key_id = key_id

    @property
    def issuer(self) -> str:
        """Who signed: a client key, an app key, a server app key."""
        return str(self._claims["iss"])

    @property
    def subject(self) -> str | None:
        """The `sub` claim: for a gateway token, the listener id."""
        return self._find_text("sub")

    @property
    def audience(self) -> tuple[str, ...]:
        """The `aud` claim, always as a tuple."""
        return audience_of(self._claims)

    @property
    def token_id(self) -> str | None:
        """The `jti` claim."""
        return self._find_text("jti")

    @property
    def issued_at(self) -> datetime:
        """The `iat` claim, in UTC."""
        return datetime.fromtimestamp(self._claims["iat"], tz=UTC)

    @property
    def expires_at(self) -> datetime:
        """The `exp` claim, in UTC, without any skew."""
        return datetime.fromtimestamp(self._claims["exp"], tz=UTC)

    def _find_text(self, name: str) -> str | None:
        value = self._claims.get(name)
        return value if isinstance(value, str) else None


# What may be read before anything is trusted: only to find the key to verify with


def read_unverified_issuer(unverified_token: str) -> str:
    """Return whom a token claims to come from. Nothing about it is checked.

    Raises:
        VerificationError: The text is no token, or has no issuer.
    """
    _, claims = _parse(unverified_token)
    return get_text(claims, "iss")


def read_unverified_key_id(unverified_token: str) -> str:
    """Return the key id a token names, safe to use in a path. Nothing else is checked.

    Raises:
        VerificationError: The text is no token, or its `kid` is missing or not a plain name.
    """
    header, _ = _parse(unverified_token)
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id) or ".." in key_id:
        raise VerificationError(VerificationReason.KEY_UNKNOWN, "kid is missing or no plain name")
    return key_id


# Making and opening tokens


def sign(
    claims: Mapping[str, Any], key: SigningKey, algorithm: Algorithm, *, key_id: str | None = None
) -> str:
    """Return the compact token."""
    headers = {"kid": key_id} if key_id else None
    return jwt.encode(dict(claims), key, algorithm=algorithm, headers=headers)


def decode(
    unverified_token: str, key: VerifyingKey, algorithm: Algorithm
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token whose signature is good; check nothing else."""
    header, _ = _parse(unverified_token)
    if header.get("alg") != algorithm:
        raise VerificationError(VerificationReason.ALGORITHM, f"only {algorithm} is accepted here")
    if "crit" in header:
        raise VerificationError(VerificationReason.MALFORMED, "crit is not understood")
    try:
        decoded = jwt.decode_complete(
            unverified_token,
            key,
            algorithms=[algorithm],
            options={
                "verify_signature": True,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
            },
        )
    except jwt.InvalidSignatureError as exc:
        raise VerificationError(VerificationReason.SIGNATURE, "the signature is wrong") from exc
    except (jwt.PyJWTError, ValueError) as exc:
        raise VerificationError(VerificationReason.MALFORMED, "not a token") from exc
    return decoded["header"], decoded["payload"]


def verified(header: Mapping[str, Any], claims: Mapping[str, Any]) -> VerifiedClaims:
    """Return the claims of a token of which everything has been checked."""
    key_id = header.get("kid")
    return VerifiedClaims(claims, key_id=key_id if isinstance(key_id, str) else None, seal=_SEAL)


def lifetime_claims(now: datetime, lifetime: timedelta) -> dict[str, int]:
    """Return `iat` and `exp`, in Unix seconds."""
    return {"iat": int(now.timestamp()), "exp": int((now + lifetime).timestamp())}


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Raise unless the token is valid now, give or take the skew."""
    issued_at, expires_at = get_number(claims, "iat"), get_number(claims, "exp")
    present, skew = now.timestamp(), SKEW.total_seconds()
    if expires_at + skew <= present:
        raise VerificationError(VerificationReason.EXPIRED, "the token has expired")
    starts = [issued_at, *([get_number(claims, "nbf")] if "nbf" in claims else [])]
    if max(starts) - skew > present:
        raise VerificationError(
            VerificationReason.NOT_YET_VALID, "the token is from the future; compare the clocks"
        )
    if expires_at <= issued_at:
        raise VerificationError(VerificationReason.LIFETIME, "exp is not after iat")


def check_issuer(claims: Mapping[str, Any], issuer: str) -> None:
    """Raise unless the token comes from `issuer`."""
    if get_text(claims, "iss") != issuer:
        raise VerificationError(VerificationReason.ISSUER, "the token is somebody else's")


def check_audience(claims: Mapping[str, Any], *accepted: str) -> None:
    """Raise unless the token is meant for one of these, among others perhaps."""
    if not set(accepted) & set(audience_of(claims)):
        raise VerificationError(VerificationReason.AUDIENCE, "the token is for somebody else")


def check_qsh(claims: Mapping[str, Any], expected: Iterable[str]) -> None:
    """Raise unless the token was signed for the request whose hashes these are."""
    told = get_text(claims, "qsh").encode("utf-8", "replace")
    if not any(hmac.compare_digest(told, one.encode()) for one in expected):
        raise VerificationError(
            VerificationReason.QSH,
            "the token was signed for another request; compare canonical_request on both sides",
        )


def audience_of(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the `aud` claim, which may be one text or several."""
    audience = claims.get("aud")
    entries = audience if isinstance(audience, list) else [audience]
    return tuple(entry for entry in entries if isinstance(entry, str))


def get_text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that must be a text with something in it."""
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise VerificationError(VerificationReason.CLAIM_MISSING, f"{name} is missing")
    return value


def get_number(claims: Mapping[str, Any], name: str) -> float:
    """Return a claim that must be an instant in Unix seconds."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise VerificationError(VerificationReason.CLAIM_MISSING, f"{name} is missing")
    # Beyond the year 9999 no instant can be made of it.
    if not math.isfinite(value) or not 0 <= value < 253_402_300_800:
        raise VerificationError(VerificationReason.MALFORMED, f"{name} is no instant")
    return float(value)


def _parse(unverified_token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = unverified_token.split(".")
    if len(unverified_token) > _TOKEN_CHARACTERS or len(parts) != 3:
        raise VerificationError(VerificationReason.MALFORMED, "not a token")
    return _parse_part(parts[0]), _parse_part(parts[1])


def _parse_part(part: str) -> dict[str, Any]:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        parsed = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise VerificationError(VerificationReason.MALFORMED, "not a token") from exc
    if not isinstance(parsed, dict):
        raise VerificationError(VerificationReason.MALFORMED, "not a token")
    return parsed
