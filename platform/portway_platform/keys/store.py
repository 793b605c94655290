"""The three keys of a platform, kept in its keys folder.

| file | key | signs |
|---|---|---|
| `install.pem` | RSA, 2048 bits | `installed` and `uninstalled` calls (RS256) |
| `issuer.pem` | Ed25519 | consent receipts (EdDSA) |
| `addresses.key` | 256 random bits | download addresses (HMAC), pseudonyms in receipts |
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from portway_platform.keys.files import read_or_make

INSTALL_KEY_BITS = 2048
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


@dataclass(frozen=True)
class Keys:
    """Every key the platform signs with."""

    install: SigningKey[RSAPrivateKey]
    issuer: SigningKey[Ed25519PrivateKey]
    address_secret: bytes = field(repr=False)
    """What download addresses are signed with (HMAC)."""

    def find_public_pem(self, kid: str) -> str | None:
        """Return the public half of the key with this id as PEM, or None."""
        pems = {self.install.kid: self.install.public_pem, self.issuer.kid: self.issuer.public_pem}
        return pems.get(kid)

    @property
    def key_set(self) -> dict[str, list[dict[str, str]]]:
        """The public halves as a JWK set."""
        return {"keys": [self.install.jwk, self.issuer.jwk]}

    def pseudonym(self, text: str) -> str:
        """Return a name that stands for `text` here and tells nobody else what it is."""
        key = hmac.digest(self.address_secret, b"portway pseudonyms", "sha256")
        return hmac.new(key, text.encode(), "sha256").hexdigest()[:32]


def open_keys(folder: Path) -> Keys:
    """Return the keys of a folder; those that are absent are made, readable by the owner only."""
    install = _load(folder / "install.pem", _new_rsa_key)
    issuer = _load(folder / "issuer.pem", Ed25519PrivateKey.generate)
    if not isinstance(install, RSAPrivateKey) or not isinstance(issuer, Ed25519PrivateKey):
        raise TypeError(f"{folder} does not hold the keys of a platform")
    return Keys(
        install=SigningKey(install, "RS256"),
        issuer=SigningKey(issuer, "EdDSA"),
        address_secret=read_or_make(folder / "addresses.key", lambda: secrets.token_bytes(32)),
    )


def _new_rsa_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=INSTALL_KEY_BITS)


def _load(path: Path, make: Callable[[], RSAPrivateKey | Ed25519PrivateKey]) -> object:
    def make_pem() -> bytes:
        return make().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    return serialization.load_pem_private_key(read_or_make(path, make_pem), password=None)
