"""A report and its proof as a folder that says whether anything in it was changed.

`proof.jws` is a compact JWS (EdDSA) over the digest of every other file. It verifies offline.
Source: docs/reference/proof.md#the-signed-bundle
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import orjson

from portway_assistant.proof.keys import ProofKey
from portway_assistant.reports.writing import write_whole
from portway_service.instants import format_instant

SIGNATURE = "proof.jws"
KEY_SET = "keys.json"
TYPE = "portway-proof+jws"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was signed."""

    problem: str
    """`changed`, `missing`, `added`, `renamed`, `signature`, `key`, `unreadable`."""
    what: str

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{self.problem}: {self.what}"


@dataclass(frozen=True)
class Verified:
    """What a bundle is worth."""

    faults: tuple[Fault, ...]
    statement: Mapping[str, Any]
    """What was signed; empty where the signature is worth nothing."""
    key_id: str | None
    with_own_keys: bool
    """Whether the key came from the bundle itself: then nothing says whose it is."""

    @property
    def is_genuine(self) -> bool:
        """True when everything is as it was signed."""
        return not self.faults


def sign_bundle(
    folder: Path, key: ProofKey, facts: Mapping[str, Any], *, signed_at: datetime
) -> Path:
    """Sign everything in a folder and return the signature's path.

    Args:
        facts: What the signature says besides: the run, its status, whether it is complete.
    """
    keys = orjson.dumps(key.key_set, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    write_whole(folder / KEY_SET, keys)
    statement = {
        **facts,
        "signedAt": format_instant(signed_at),
        "files": {name: digest_of(folder / name) for name in file_names(folder)},
    }
    token = jwt.encode(
        statement,
        key.private_key,
        algorithm="EdDSA",
        headers={"kid": key.kid, "typ": TYPE},
        sort_headers=True,
    )
    write_whole(folder / SIGNATURE, token.encode() + b"\n")
    return folder / SIGNATURE


def verify_bundle(folder: Path, key_set: bytes | None = None) -> Verified:
    """Compare a bundle with its signature, offline.

    Args:
        key_set: The assistant's public keys, as JSON, from somebody you trust. Without it the
            bundle's own are taken, which shows that it is whole, not whose it is.
    """
    own = key_set is None
    try:
        token = (folder / SIGNATURE).read_text(encoding="ascii").strip()
        keys = key_set if key_set is not None else (folder / KEY_SET).read_bytes()
        key_id = jwt.get_unverified_header(token).get("kid")
    except (OSError, UnicodeDecodeError, jwt.PyJWTError) as error:
        return Verified((Fault("unreadable", f"{SIGNATURE}: {error}"),), {}, None, own)
    try:
        known = jwt.PyJWKSet.from_dict(orjson.loads(keys)).keys
        key = next((key for key in known if key.key_id == key_id), None)
    except (orjson.JSONDecodeError, jwt.PyJWTError, AttributeError, TypeError) as error:
        return Verified((Fault("unreadable", f"the key set: {error}"),), {}, key_id, own)
    if key is None:
        return Verified((Fault("key", f"{key_id} is not in the key set"),), {}, key_id, own)
    try:
        statement = jwt.decode(
            token, key.key, algorithms=["EdDSA"], options={"verify_iat": False, "require": []}
        )
    except jwt.PyJWTError as error:
        return Verified((Fault("signature", str(error)),), {}, key_id, own)
    return Verified(tuple(_file_faults(folder, statement["files"])), statement, key_id, own)


def _file_faults(folder: Path, signed: Mapping[str, Mapping[str, Any]]) -> list[Fault]:
    found = {name: digest_of(folder / name) for name in file_names(folder)}
    missing = {name: signed[name] for name in sorted(signed.keys() - found.keys())}
    added = {name: found[name] for name in sorted(found.keys() - signed.keys())}
    faults = [
        Fault("changed", name)
        for name in sorted(signed.keys() & found.keys())
        if signed[name] != found[name]
    ]
    for name, digest in list(missing.items()):
        other = next((other for other, its in added.items() if its == digest), None)
        if other is not None:
            faults.append(Fault("renamed", f"{name} is called {other}"))
            del missing[name], added[other]
    faults += [Fault("missing", name) for name in missing]
    faults += [Fault("added", name) for name in added]
    return faults


def file_names(folder: Path) -> list[str]:
    """Return the names of all files of a bundle but its signature, in order."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink()) and path != folder / SIGNATURE
    )


def digest_of(path: Path) -> dict[str, Any]:
    """Return SHA-256 and size of a file; a link counts as what it is, not what it leads to."""
    if path.is_symlink():
        return {"link": str(path.readlink())}
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return {"sha256": digest.hexdigest(), "bytes": size}
