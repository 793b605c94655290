"""Decisions about pages: the next version, and short codes for addresses."""

import base64
import binascii
from html import escape


def tiny_code(content_id: int) -> str:
    """Return the code of a short link: the id's bytes, lowest first, in URL-safe base64."""
    raw = content_id.to_bytes(8, "little").rstrip(b"\0")
    return base64.b64encode(raw, altchars=b"_-").decode().rstrip("=").rstrip("A")


def find_tiny_id(code: str) -> int | None:
    """Return the id a short link's code stands for, or None when it stands for none."""
    try:
        raw = base64.b64decode(code.ljust(11, "A") + "=", altchars=b"_-", validate=True)
    except (binascii.Error, ValueError):
        return None
    content_id = int.from_bytes(raw, "little")
    return content_id if content_id < 1 << 63 else None


def storage_value(representation: str, body: str) -> str:
    """Return a body in storage format, as Confluence gives one it could not convert.

    Wiki markup stands as it is inside the macro Confluence keeps for it.
    """
    if representation == "storage":
        return body
    return (
        '<ac:structured-macro ac:name="unmigrated-wiki-markup"><ac:plain-text-body>'
        f"{escape(body, quote=False)}</ac:plain-text-body></ac:structured-macro>"
    )
