"""Reads consent receipts offline. Source: docs/reference/consent-receipt.md"""

from collections.abc import Iterable
from typing import Any

import jwt
import orjson


class InvalidReceiptError(Exception):
    """The receipt was not signed by a key of the set, or was changed since."""


def read_receipt(receipt: str, key_set: bytes) -> list[str]:
    """Return the facts of a genuine receipt as lines.

    Args:
        receipt: A compact JWS, EdDSA.
        key_set: The platform's published JWKS, as JSON.

    Raises:
        InvalidReceiptError: Anything about the receipt, its key or its signature is wrong.
    """
    token = receipt.strip()
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        keys = jwt.PyJWKSet.from_dict(orjson.loads(key_set)).keys
        key = next((key for key in keys if key.key_id == key_id), None)
        if key is None:
            raise InvalidReceiptError("it names a key that is not in the set")
        content = jwt.decode(
            token,
            key.key,
            algorithms=["EdDSA"],
            options={"verify_aud": False, "verify_iat": False, "require": []},
        )
    except (jwt.PyJWTError, orjson.JSONDecodeError, KeyError, ValueError) as error:
        raise InvalidReceiptError(str(error) or type(error).__name__) from error
    return list(_lines(content))


def _lines(content: dict[str, Any], prefix: str = "") -> Iterable[str]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, entry in enumerate(value):
                yield from _lines(entry, f"{prefix}{name}.{number}.")
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield f"  {prefix}{name}: {shown}"
