"""Base64 that has one spelling: what decodes to the same bytes is the same text."""

import base64


def encode_bytes(raw: bytes) -> str:
    """Return bytes as standard base64 with padding."""
    return base64.b64encode(raw).decode()


def decode_bytes(text: str) -> bytes:
    """Return the bytes of a text; `ValueError` unless it is just what `encode_bytes` writes."""
    raw = base64.b64decode(text, validate=True)
    if encode_bytes(raw) != text:
        raise ValueError("it is not written as base64 is written")
    return raw
