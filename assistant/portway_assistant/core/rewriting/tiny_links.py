"""Short links: `/x/CODE`, where the code is the id's bytes, lowest first, in URL-safe base64.

`/` is written `-`, `+` is written `_`, padding and the `A`s of zero bytes at the end are dropped.
Source: docs/reference/rewriting.md#short-links
"""

import base64
import binascii

MAX_ID = (1 << 63) - 1


def encode_tiny(content_id: int) -> str:
    """Return the code of an id.

    >>> encode_tiny(65538)
    'AgAB'
    """
    raw = content_id.to_bytes(8, "little").rstrip(b"\0")
    return base64.b64encode(raw, altchars=b"_-").decode().rstrip("=").rstrip("A")


def decode_tiny(code: str) -> int | None:
    """Return the id a code stands for, or None when it stands for none.

    >>> decode_tiny("AgAB")
    65538
    """
    try:
        raw = base64.b64decode(code.ljust(11, "A") + "=", altchars=b"_-", validate=True)
    except (binascii.Error, ValueError):
        return None
    content_id = int.from_bytes(raw, "little")
    return content_id if 0 < content_id <= MAX_ID else None
