"""Identifiers and secrets as an argument: random ones, and the same ones again from a seed."""

import random
import secrets
import uuid
from typing import Protocol


class Ids(Protocol):
    """A source of fresh identifiers and secrets."""

    def uuid(self) -> str:
        """Return a fresh UUID in its 36-character form."""
        ...

    def secret(self) -> str:
        """Return a fresh secret: 43 URL-safe characters, 256 bits."""
        ...


class RandomIds:
    """Identifiers nobody can guess."""

    def uuid(self) -> str:
        """Return a fresh version 4 UUID."""
        return str(uuid.uuid4())

    def secret(self) -> str:
        """Return 256 random bits as URL-safe text."""
        return secrets.token_urlsafe(32)


class SeededIds:
    """The same identifiers in the same order for the same seed. Never for production secrets."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible on purpose

    def uuid(self) -> str:
        """Return the next version 4 UUID of the series."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def secret(self) -> str:
        """Return the next secret of the series."""
        return f"{self._random.getrandbits(256):064x}"[:43]
