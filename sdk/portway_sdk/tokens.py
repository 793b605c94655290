"""Signing and verifying tokens: for platform builders, and for apps that sign by hand.

A verifier returns `VerifiedClaims` or raises `VerificationError` with a `reason`; it never answers
False. What may be read before anything is trusted says `unverified` in its name.
Source: wire contract, 3.2 and 3.3; docs/reference/sdk.md#tokens.
"""

from portway_sdk._canonical import canonical_request, context_path_of, query_string_hash
from portway_sdk._connect_tokens import (
    SECRET_BYTES,
    find_connect_token,
    sign_connect_token,
    sign_install_token,
    verify_connect_token,
    verify_install_token,
)
from portway_sdk._errors import VerificationError, VerificationReason
from portway_sdk._forge_tokens import (
    INVOCATION_ISSUER,
    INVOCATION_LIFE,
    SYSTEM_LIFE,
    ForgeApp,
    load_rsa_jwk,
    sign_app_system_token,
    sign_invocation_token,
    verify_app_system_token,
    verify_invocation_token,
)
from portway_sdk._gateway_tokens import (
    GATEWAY_AUDIENCE,
    GATEWAY_LIFETIME_LIMIT,
    load_public_key,
    public_key_of,
    sign_gateway_token,
    thumbprint,
    verify_gateway_token,
)
from portway_sdk._jwt import (
    SKEW,
    VerifiedClaims,
    read_unverified_issuer,
    read_unverified_key_id,
)

__all__ = [
    "GATEWAY_AUDIENCE",
    "GATEWAY_LIFETIME_LIMIT",
    "INVOCATION_ISSUER",
    "INVOCATION_LIFE",
    "SECRET_BYTES",
    "SKEW",
    "SYSTEM_LIFE",
    "ForgeApp",
    "VerificationError",
    "VerificationReason",
    "VerifiedClaims",
    "canonical_request",
    "context_path_of",
    "find_connect_token",
    "load_public_key",
    "load_rsa_jwk",
    "public_key_of",
    "query_string_hash",
    "read_unverified_issuer",
    "read_unverified_key_id",
    "sign_app_system_token",
    "sign_connect_token",
    "sign_gateway_token",
    "sign_install_token",
    "sign_invocation_token",
    "thumbprint",
    "verify_app_system_token",
    "verify_connect_token",
    "verify_gateway_token",
    "verify_install_token",
    "verify_invocation_token",
]
