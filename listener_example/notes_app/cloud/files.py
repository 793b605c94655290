"""Keeps the bytes of attachments as plain files, each named by its SHA-256.

A file that comes again is the same file: nothing is ever overwritten with something else.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile


class FileStore:
    """One folder of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, pieces: Iterable[bytes]) -> str:
        """Keep a file and return its digest. It appears when it is whole and on disk."""
        digest = hashlib.sha256()
        with NamedTemporaryFile(dir=self._folder, prefix=".arriving-", delete=False) as arriving:
            try:
                for piece in pieces:
                    digest.update(piece)
                    arriving.write(piece)
                arriving.flush()
                os.fsync(arriving.fileno())
                Path(arriving.name).replace(self.path(digest.hexdigest()))
            finally:
                Path(arriving.name).unlink(missing_ok=True)
        return digest.hexdigest()

    def path(self, digest: str) -> Path:
        """Return where the file with this digest lies, if it is here."""
        return self._folder / digest
