"""Whom a body in storage format mentions."""

import html
import re
from collections.abc import Iterator

MENTION = re.compile(rb'<ri:user\s[^>]*?ri:(userkey|username|account-id)\s*=\s*"([^"]+)"')
"""Finds the attribute and its value, which is still escaped as XML, in UTF-8."""


def find_mentions(body: str) -> Iterator[tuple[str, str]]:
    """Yield attribute and value of each person a body mentions."""
    for attribute, value in MENTION.findall(body.encode()):
        yield attribute.decode(), html.unescape(value.decode())
