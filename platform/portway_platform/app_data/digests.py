"""SHA-256 of uploads that come in several requests, carried from one to the next.

The state of a digest cannot be written down, so it stays in the memory of the process that took the
last piece. Where it is missing, the part of the file it lacks is read again: at worst every process
reads every byte once.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

ReadBack = Callable[[int, int], Iterable[bytes]]
"""Returns the bytes of the file from one offset up to another."""


class RunningDigests:
    """The digests of the uploads this process took pieces of lately."""

    def __init__(self, *, kept: int = 4096) -> None:
        self._kept = kept
        self._states: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def resume(self, key: str, offset_bytes: int, read_back: ReadBack) -> Any:
        """Return the digest of an upload's first `offset_bytes`, ready to go on."""
        with self._lock:
            reached, digest = self._states.get(key, (0, hashlib.sha256()))
        if reached > offset_bytes:
            reached, digest = 0, hashlib.sha256()
        digest = digest.copy()
        if reached < offset_bytes:
            for piece in read_back(reached, offset_bytes):
                digest.update(piece)
            self.remember(key, offset_bytes, digest)
        return digest

    def remember(self, key: str, offset_bytes: int, digest: Any) -> None:
        """Keep the digest of an upload's first `offset_bytes`."""
        with self._lock:
            self._states[key] = (offset_bytes, digest.copy())
            self._states.move_to_end(key)
            while len(self._states) > self._kept:
                self._states.popitem(last=False)

    def forget(self, key: str) -> None:
        """Drop what is known of an upload that is over."""
        with self._lock:
            self._states.pop(key, None)
