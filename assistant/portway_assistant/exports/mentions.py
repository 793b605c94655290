"""Whom a body in storage format mentions."""

import re

MENTION = re.compile(r'<ri:user\s[^>]*?ri:(userkey|username|account-id)\s*=\s*"([^"]+)"')
"""Finds the attribute and its value; the value is still escaped as XML."""
MENTION_BYTES = re.compile(MENTION.pattern.encode())
