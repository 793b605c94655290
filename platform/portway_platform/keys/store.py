"""The keys of a platform, kept in its keys folder.

| file | key | signs |
|---|---|---|
| `install.pem` | RSA, 2048 bits | `installed` and `uninstalled` calls (RS256) |
| `issuer.pem` | Ed25519 | consent receipts (EdDSA) |
| `forge/*.pem` | RSA, 2048 bits | tokens of Forge apps (RS256); see `ring.py` |
| `addresses.key` | 256 random bits | download addresses (HMAC), pseudonyms in receipts |
| `master.key` | 256 random bits | nothing: it wraps keys of transfers and secrets in the database |

The master key may come from elsewhere; then the folder's own only opens what it wrapped before.
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from portway_platform.keys.files import read_or_make
from portway_platform.keys.ring import KeyRing
from portway_platform.keys.signing import RSA_BITS, SigningKey, new_rsa_pem, pem_of
from portway_service.vault import MASTER_KEY_BYTES, Vault

INSTALL_KEY_BITS = RSA_BITS


@dataclass(frozen=True)
class Keys:
    """Every key the platform signs with."""

    install: SigningKey[RSAPrivateKey]
    issuer: SigningKey[Ed25519PrivateKey]
    forge: KeyRing
    """What signs the tokens of Forge apps."""
    address_secret: bytes = field(repr=False)
    """What download addresses are signed with (HMAC)."""
    vault: Vault = field(repr=False)
    """Wraps what the database keeps of secrets."""

    def find_public_pem(self, kid: str) -> str | None:
        """Return the public half of the key with this id as PEM, or None."""
        pems = {self.install.kid: self.install.public_pem, self.issuer.kid: self.issuer.public_pem}
        return pems.get(kid)

    def key_set(self, now: datetime) -> dict[str, list[dict[str, str]]]:
        """The public halves as a JWK set."""
        forge = [key.jwk for key in self.forge.published(now)]
        return {"keys": [self.install.jwk, self.issuer.jwk, *forge]}

    def pseudonym(self, text: str) -> str:
        """Return a name that stands for `text` here and tells nobody else what it is."""
        key = hmac.digest(self.address_secret, b"portway pseudonyms", "sha256")
        return hmac.new(key, text.encode(), "sha256").hexdigest()[:32]


def open_keys(folder: Path, *, master_keys: Sequence[bytes] = ()) -> Keys:
    """Return the keys of a folder; those that are absent are made, readable by the owner only.

    Args:
        master_keys: The newest first, in place of the folder's own.
    """
    install = _load(folder / "install.pem", new_rsa_pem)
    issuer = _load(folder / "issuer.pem", lambda: pem_of(Ed25519PrivateKey.generate()))
    if not isinstance(install, RSAPrivateKey) or not isinstance(issuer, Ed25519PrivateKey):
        raise TypeError(f"{folder} does not hold the keys of a platform")
    return Keys(
        install=SigningKey(install, "RS256"),
        issuer=SigningKey(issuer, "EdDSA"),
        forge=KeyRing(folder / "forge"),
        address_secret=read_or_make(folder / "addresses.key", lambda: secrets.token_bytes(32)),
        vault=_open_vault(folder / "master.key", master_keys),
    )


def _open_vault(path: Path, master_keys: Sequence[bytes]) -> Vault:
    if not master_keys:
        return Vault([read_or_make(path, lambda: secrets.token_bytes(MASTER_KEY_BYTES))])
    return Vault([*master_keys, *([path.read_bytes()] if path.exists() else [])])


def _load(path: Path, make: Callable[[], bytes]) -> object:
    return serialization.load_pem_private_key(read_or_make(path, make), password=None)
