"""A private key, and what others need to verify what it signed."""

import base64
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

RSA_BITS = 2048
_THUMBPRINT_MEMBERS = {"RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}

PrivateKey = TypeVar("PrivateKey", RSAPrivateKey, Ed25519PrivateKey)


@dataclass(frozen=True)
class SigningKey(Generic[PrivateKey]):
    """A private key, and what others need to verify what it signed."""

    private_key: PrivateKey = field(repr=False)
    algorithm: str
    """`RS256` or `EdDSA`."""

    @cached_property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint."""
        digest = hashlib.sha256(orjson.dumps(self._jwk_members)).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @cached_property
    def public_pem(self) -> str:
        """The public half as PEM (SubjectPublicKeyInfo)."""
        return (
            self.private_key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    @cached_property
    def public_base64(self) -> str:
        """The public half as the base64 text of its DER (SubjectPublicKeyInfo)."""
        return "".join(self.public_pem.splitlines()[1:-1])

    @property
    def jwk(self) -> dict[str, str]:
        """The public half as a JWK."""
        return {**self._jwk_members, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    @cached_property
    def _jwk_members(self) -> dict[str, str]:
        """The members a thumbprint is made of, in its order."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        jwk = algorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        return {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}


def new_rsa_pem() -> bytes:
    """Return a new RSA key as PEM."""
    return pem_of(generate_private_key(public_exponent=65537, key_size=RSA_BITS))


def pem_of(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    """Return a private key as PEM (PKCS 8, not encrypted)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def load_rsa_key(pem: bytes) -> RSAPrivateKey:
    """Return an RSA key from its PEM."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("the file does not hold an RSA key")
    return key
