"""How a browser may treat the bytes of an attachment."""

import re

SHOWN_MEDIA_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"}
)
"""Images a browser decodes and never runs. SVG is none of them."""

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")


def is_shown_inline(media_type: str) -> bool:
    """Tell whether a browser may show it in place; anything else is for saving."""
    return media_type.lower() in SHOWN_MEDIA_TYPES


def served_media_type(media_type: str) -> str:
    """Return the media type to serve, which its source named and nobody checked."""
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        return "application/octet-stream"
    return media_type.lower()
