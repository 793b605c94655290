"""The key an assistant signs its proofs with: made once, in a file only its owner reads."""

import base64
import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE = "proof.pem"


@dataclass(frozen=True)
class ProofKey:
    """An Ed25519 key and what others need to verify what it signed."""

    private_key: Ed25519PrivateKey = field(repr=False)

    @cached_property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint."""
        return _base64url(hashlib.sha256(orjson.dumps(self._members)).digest())

    @property
    def key_set(self) -> dict[str, Any]:
        """The public half as a JWK set."""
        return {"keys": [{**self._members, "kid": self.kid, "alg": "EdDSA", "use": "sig"}]}

    @cached_property
    def _members(self) -> dict[str, str]:
        """The members a thumbprint is made of, in its order."""
        raw = self.private_key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}


def open_proof_key(folder: Path) -> ProofKey:
    """Return the key of a folder; the first caller makes it, all others read the same."""
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        draft = folder / f".{KEY_FILE}.{secrets.token_hex(8)}"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            # The link fails when another process was first; then its key counts.
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} does not hold an Ed25519 key")
    return ProofKey(key)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
