"""The bytes of an export's files, measured before they are sent."""

import hashlib
from collections.abc import Callable, Iterator

from portway_assistant.core.items import FileFacts
from portway_assistant.exports.package import PackageFile
from portway_assistant.exports.work_store import WorkStore

CHUNK_BYTES = 1 << 20


def measure(
    store: WorkStore, file: PackageFile, *, pulse: Callable[[], None] = lambda: None
) -> FileFacts:
    """Return size and SHA-256 of a file, and a way to read it again.

    `pulse` is called between two chunks; it may raise to break off.
    """

    def chunks() -> Iterator[bytes]:
        with store.open_file(file) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk

    digest, size_bytes = hashlib.sha256(), 0
    for chunk in chunks():
        pulse()
        digest.update(chunk)
        size_bytes += len(chunk)
    return FileFacts(size_bytes, digest.hexdigest(), chunks)
