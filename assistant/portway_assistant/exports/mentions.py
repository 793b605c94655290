"""Whom a body in storage format mentions."""

import html
import re
from collections.abc import Iterator

MENTION = re.compile(r'<ri:user\s[^>]*?ri:(userkey|username|account-id)\s*=\s*"([^"]+)"')
"""Finds the attribute and its value; the value is still escaped as XML."""
MENTION_BYTES = re.compile(MENTION.pattern.encode())


def find_mentions(body: str) -> Iterator[tuple[str, str]]:
    """Yield attribute and value of each person a body mentions."""
    for attribute, value in MENTION.findall(body):
        yield attribute, html.unescape(value)
