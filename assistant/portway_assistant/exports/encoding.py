"""Bring entities.xml to UTF-8, whatever encoding its first bytes declare."""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"']")
_UTF8_NAMES = frozenset({"utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "utf-32"})


def find_encoding(head: bytes) -> str | None:
    """Return the codec of a file that starts with `head`, or None for UTF-8.

    A byte order mark decides; without one the XML declaration does. A declared UTF-16 whose bytes
    plainly are not is read as UTF-8.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(b"<\0"):
        return "utf-16-le"
    if head.startswith(b"\0<"):
        return "utf-16-be"
    declared = _DECLARED.search(head[:512])
    if declared is None:
        return None
    try:
        name = codecs.lookup(declared[1].decode("ascii")).name
        is_text = b"<?xml".decode(name) == "<?xml"
    except (LookupError, UnicodeDecodeError):
        return None
    return name if is_text and name not in _UTF8_NAMES else None


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same text in UTF-8. Lone surrogates pass through for the cleaner to report."""
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 512:
            break
    encoding = find_encoding(head)
    if encoding is None:
        yield head
        yield from chunks
        return
    errors = "surrogatepass" if encoding.startswith("utf-16") else "replace"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for chunk in chain((head,), chunks):
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    try:
        rest = decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        rest = "\ufffd"
    yield rest.encode("utf-8", "surrogatepass")
