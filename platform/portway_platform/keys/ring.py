"""RSA keys that take over from each other: what tokens of Forge apps are signed with.

A new key is published an hour before it signs, because verifiers keep a key set that long; an old
one stays published until its last token has ended. The files tell all of it, so every process of a
platform sees the same. Source: docs/reference/forge-api.md#keys
"""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from portway_platform.keys.files import read_or_make
from portway_platform.keys.signing import SigningKey, load_rsa_key, new_rsa_pem

PUBLISHED_AHEAD = timedelta(hours=1)
"""From a key's making to its first signature; as long as a key set may be kept."""

PUBLISHED_AFTER = timedelta(hours=2)
"""From a key's last signature to its end; longer than any token lives."""


@dataclass(frozen=True)
class RingKey:
    """One key of a ring, and when it was made."""

    made_at: datetime
    key: SigningKey[RSAPrivateKey]


@dataclass
class KeyRing:
    """The keys of a folder. The first is made when one is needed; later ones by `rotate`."""

    folder: Path
    _loaded: dict[str, RingKey] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def signing_key(self, now: datetime) -> SigningKey[RSAPrivateKey]:
        """Return the key that signs now."""
        return _signing(self._keys(now), now).key

    def published(self, now: datetime) -> list[SigningKey[RSAPrivateKey]]:
        """Return the keys whose signatures count now, and those that are about to sign."""
        return [held.key for held in _published(self._keys(now), now)]

    def find(self, kid: str, now: datetime) -> SigningKey[RSAPrivateKey] | None:
        """Return a published key by its id, or None."""
        return next((key for key in self.published(now) if key.kid == kid), None)

    def rotate(self, now: datetime) -> tuple[str, datetime]:
        """Make a key; return its id, and when it begins to sign.

        While one waits to begin, that one is returned: keys do not pile up.
        """
        with self._lock:
            newest = self._read(now)[-1]
            if newest.made_at + PUBLISHED_AHEAD <= now:
                newest = self._load(self._name(now))
        return newest.key.kid, newest.made_at + PUBLISHED_AHEAD

    def _keys(self, now: datetime) -> list[RingKey]:
        with self._lock:
            return self._read(now)

    def _read(self, now: datetime) -> list[RingKey]:
        """Return every key, oldest first; make the first."""
        names = sorted(path.name for path in self.folder.glob("[0-9]*.pem"))
        return [self._load(name) for name in names or [self._name(now)]]

    def _load(self, name: str) -> RingKey:
        if name not in self._loaded:
            pem = read_or_make(self.folder / name, new_rsa_pem)
            made_at = datetime.fromtimestamp(int(name.removesuffix(".pem")), tz=UTC)
            self._loaded[name] = RingKey(made_at, SigningKey(load_rsa_key(pem), "RS256"))
        return self._loaded[name]

    @staticmethod
    def _name(now: datetime) -> str:
        return f"{int(now.timestamp()):011}.pem"


def _signing(keys: list[RingKey], now: datetime) -> RingKey:
    begun = [held for held in keys if held.made_at + PUBLISHED_AHEAD <= now]
    return begun[-1] if begun else keys[0]


def _published(keys: list[RingKey], now: datetime) -> list[RingKey]:
    after = [*keys[1:], None]
    return [
        held
        for held, successor in zip(keys, after, strict=True)
        if successor is None or now < successor.made_at + PUBLISHED_AHEAD + PUBLISHED_AFTER
    ]
