"""The listener's key file: an Ed25519 key made here, and who it was enrolled as.

The file is created whole or not at all, and only its owner can read it. It survives restarts;
without it a listener must be enrolled again.
"""

import base64
import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pydantic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from portway_sdk._errors import ConfigurationError
from portway_sdk.wire import ListenerRegistration, WireModel

_READABLE_BY_OTHERS = 0o077


class ListenerKey:
    """A listener's private key and, once enrolled, its registration."""

    def __init__(
        self, private_key: Ed25519PrivateKey, registration: ListenerRegistration | None = None
    ) -> None:
        self.private_key = private_key
        self.registration = registration


class KeyStore:
    """Keeps one `ListenerKey` in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load_or_create(self) -> ListenerKey:
        """Return the file's key; make it first if there is no file.

        Raises:
            ConfigurationError: The file is readable by others, unreadable or not a key file.
        """
        try:
            return self._load()
        except FileNotFoundError:
            pass
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            created = _KeyFile.of(ListenerKey(Ed25519PrivateKey.generate()))
            # A link fails if the file is there by now: then another process was faster.
            with self._written(created) as draft, contextlib.suppress(FileExistsError):
                os.link(draft, self._path)
            return self._load()
        except OSError as exc:
            raise ConfigurationError(f"{self._path}: cannot be created ({exc.strerror})") from exc

    def save_registration(self, key: ListenerKey, registration: ListenerRegistration) -> None:
        """Keep who the key was enrolled as.

        Raises:
            ConfigurationError: The file cannot be written.
        """
        key.registration = registration
        try:
            with self._written(_KeyFile.of(key)) as draft:
                draft.replace(self._path)
        except OSError as exc:
            raise ConfigurationError(f"{self._path}: cannot be written ({exc.strerror})") from exc

    def _load(self) -> ListenerKey:
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                if os.name == "posix" and stat.S_IMODE(status.st_mode) & _READABLE_BY_OTHERS:
                    raise ConfigurationError(
                        f"{self._path}: others may read this private key; chmod 600 it, and enrol"
                        " a fresh one if somebody did"
                    )
                return _KeyFile.model_validate_json(file.read()).to_key()
        except FileNotFoundError:
            raise
        except OSError as exc:
            raise ConfigurationError(f"{self._path}: cannot be read ({exc.strerror})") from exc
        except ValueError:
            # The cause would carry pieces of the file.
            raise ConfigurationError(f"{self._path}: is not a listener's key file") from None

    @contextlib.contextmanager
    def _written(self, content: "_KeyFile") -> Iterator[Path]:
        """Give a synced draft beside the file, and see that the folder is synced after."""
        folder = self._path.parent
        draft = folder / f".{self._path.name}.{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content.to_json())
                file.flush()
                os.fsync(file.fileno())
            yield draft
            _sync_folder(folder)
        finally:
            draft.unlink(missing_ok=True)


class _KeyFile(WireModel):
    """The file's content as JSON."""

    private_key: pydantic.SecretStr
    """The 32 bytes of the key, base64."""
    registration: ListenerRegistration | None = None

    @classmethod
    def of(cls, key: ListenerKey) -> Self:
        raw = key.private_key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return cls(
            private_key=pydantic.SecretStr(base64.b64encode(raw).decode()),
            registration=key.registration,
        )

    def to_key(self) -> ListenerKey:
        raw = base64.b64decode(self.private_key.get_secret_value(), validate=True)
        return ListenerKey(Ed25519PrivateKey.from_private_bytes(raw), self.registration)

    def to_json(self) -> bytes:
        shown = self.to_wire() | {"privateKey": self.private_key.get_secret_value()}
        return pydantic.TypeAdapter(dict).dump_json(shown, indent=1) + b"\n"


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
