"""The bytes of a sample's attachments: small files of four kinds."""

import struct
import zlib
from collections.abc import Iterator

from portway_assistant.samples.site import Site

_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv",
    "txt": "text/plain",
}
_PNG_START = b"\x89PNG\r\n\x1a\n"


def media_type(name: str) -> str:
    """Return the media type of a file by its name."""
    return _MEDIA_TYPES[name.rpartition(".")[2]]


def size_of(site: Site, attachment: int, version: int) -> int:
    """Return the size of a version of an attachment in bytes."""
    return len(file_of(site, attachment, version))


def file_of(site: Site, attachment: int, version: int) -> bytes:
    """Return the bytes of a version of an attachment."""
    kind = site.attachment_name(attachment).rpartition(".")[2]
    chance = site.chance("file", attachment * 10 + version)
    size = max(64, int(site.options.attachment_bytes * chance.uniform(0.5, 1.5)))
    if kind == "txt":
        head = f"Notes, version {version}, of file {attachment}\n".encode()
        return (head + b"read me again. " * (size // 15 + 1))[:size]
    if kind == "csv":
        rows = "".join(f"{n},{chance.randrange(1000)}\n" for n in range(size // 8))
        return f"week,views v{version}\n{rows}".encode()
    if kind == "png":
        return _png(chance.randbytes(size))
    body = chance.randbytes(size)
    return b"%PDF-1.4\n1 0 obj\n<< /Length " + str(size).encode() + b" >>\n" + body + b"\n%%EOF\n"


def attachment_files(site: Site) -> Iterator[tuple[str, str, int, bytes]]:
    """Yield block, path in the package, number and bytes of every file."""
    for attachment in range(site.options.attachments):
        host = site.attachment_host(attachment)[1]
        folder = f"attachments/{host}/{site.id('attachment', attachment)}"
        older = site.has_older_file(attachment)
        for version in (1, 2) if older else (1,):
            data = file_of(site, attachment, version)
            yield "attachment", f"{folder}/{version}", attachment, data
    for attachment in range(site.options.attachments // 40):
        host = site.attachment_host(attachment)[1]
        path = f"attachments/{host}/{site.id('gone_attachment', attachment)}/1"
        yield "gone_attachment", path, attachment, file_of(site, attachment, 1)


def _png(noise: bytes) -> bytes:
    """Return a grey picture one pixel high."""
    width = len(noise)
    head = struct.pack(">2I5B", width, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" + noise, 0)
    return _PNG_START + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    )
