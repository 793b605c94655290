"""Keeps secrets in a database so that the database alone gives none of them away.

A secret is wrapped with a master key (AES-256-GCM) that lies elsewhere: in a file only its owner
reads, or in the environment. Each wrapped value names the master key it was made with, so a newer
one can take over while the older is still at hand.
"""

import base64
import hashlib
import os
from collections.abc import Sequence
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import JSON, Dialect, Engine, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

MASTER_KEY_BYTES = 32
_VERSION = b"\x01"
_ID_BYTES, _NONCE_BYTES = 4, 12
_TEXT_PREFIX = "wrapped:"


class VaultError(Exception):
    """A wrapped value cannot be opened: the master key is another one, or it was changed."""


class Vault:
    """Wraps and unwraps secrets.

    Args:
        master_keys: 32 bytes each. The first wraps; every one of them unwraps what it wrapped.
    """

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        if not master_keys or any(len(key) != MASTER_KEY_BYTES for key in master_keys):
            raise ValueError(f"a master key has {MASTER_KEY_BYTES} bytes")
        self._ciphers = {_id_of(key): AESGCM(key) for key in master_keys}
        self._newest = _id_of(master_keys[0])

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Return a value that only `unwrap` with the same purpose opens."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, secret, purpose.encode())
        return _VERSION + self._newest + nonce + sealed

    def unwrap(self, wrapped: bytes, purpose: str) -> bytes:
        """Return the secret; raise `VaultError` when it cannot be opened."""
        rest = wrapped[len(_VERSION) :]
        key_id, nonce = rest[:_ID_BYTES], rest[_ID_BYTES : _ID_BYTES + _NONCE_BYTES]
        cipher = self._ciphers.get(key_id)
        if not wrapped.startswith(_VERSION) or cipher is None:
            raise VaultError("no master key at hand opens this value")
        try:
            return cipher.decrypt(nonce, rest[_ID_BYTES + _NONCE_BYTES :], purpose.encode())
        except (InvalidTag, ValueError):
            raise VaultError("the wrapped value was changed") from None

    def wrap_text(self, secret: str, purpose: str) -> str:
        """Wrap a text into a text."""
        return _TEXT_PREFIX + base64.b64encode(self.wrap(secret.encode(), purpose)).decode()

    def unwrap_text(self, kept: str, purpose: str) -> str:
        """Return the text; one that was kept before there was a vault is returned as it is."""
        if not kept.startswith(_TEXT_PREFIX):
            return kept
        wrapped = base64.b64decode(kept.removeprefix(_TEXT_PREFIX))
        return self.unwrap(wrapped, purpose).decode()


def _id_of(master_key: bytes) -> bytes:
    return hashlib.sha256(b"portway master key" + master_key).digest()[:_ID_BYTES]


# Columns


def keep_secrets(engine: Engine, vault: Vault) -> None:
    """Have sealed columns of this engine's database wrapped by `vault`."""
    engine.dialect.portway_vault = vault  # type: ignore[attr-defined]


class Sealed(TypeDecorator[str]):
    """A text that is wrapped in the database and plain in Python. It cannot be searched for.

    Args:
        purpose: What it is, such as `installation shared secret`; a value that was moved to
            another column does not open.
    """

    impl = Text
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Wrap."""
        return None if value is None else _vault_of(dialect).wrap_text(value, self.purpose)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """Unwrap."""
        return None if value is None else _vault_of(dialect).unwrap_text(value, self.purpose)


class SealedJson(TypeDecorator[Any]):
    """JSON that is wrapped whole: in the database it is a text, in Python what was put in."""

    impl = JSON
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Take the type other JSON columns have."""
        kind = JSONB() if dialect.name == "postgresql" else JSON()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> Any | None:
        """Wrap."""
        if value is None:
            return None
        return _vault_of(dialect).wrap_text(orjson.dumps(value).decode(), self.purpose)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any | None:
        """Unwrap; what was kept before there was a vault is returned as it is."""
        if not isinstance(value, str):
            return value
        return orjson.loads(_vault_of(dialect).unwrap_text(value, self.purpose))


def _vault_of(dialect: Dialect) -> Vault:
    vault = getattr(dialect, "portway_vault", None)
    if not isinstance(vault, Vault):
        raise LookupError("no vault keeps the secrets of this database")
    return vault
