"""The base URL of the server, out of the settings a site export holds; nothing else of them."""

import html
import re
from urllib.parse import urlsplit

from portway_assistant.exports.raw_object import RawObject

_SETTINGS = "atlassian.confluence.settings"
_BASE_URL = re.compile(r"<baseUrl>\s*([^<\s]{1,2000})\s*</baseUrl>")


def find_base_url(settings: RawObject) -> str | None:
    """Return the base URL that a settings record tells, without a slash at its end; or None."""
    if settings.values.get("key") != _SETTINGS:
        return None
    found = _BASE_URL.search(settings.values.get("value", ""))
    url = html.unescape(found[1]).rstrip("/") if found else ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    return url
