"""Which addresses an app may register for its events. Source: docs/reference/connect-api.md"""

from urllib.parse import urlsplit

ENDPOINTS_LIMIT = 10
_URL_LENGTH = 2000


def find_endpoint_fault(url: str, *, https_only: bool) -> str | None:
    """Return why events cannot go to an address, or None when they can."""
    if len(url) > _URL_LENGTH or not url.isprintable() or " " in url:
        return "it is no web address, or too long"
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.scheme not in {"http", "https"}:
        return "give an absolute address, such as https://app.example/migration-events"
    if https_only and parts.scheme != "https":
        return "only https addresses are called"
    if parts.username is not None or parts.fragment:
        return "an address has neither user nor fragment"
    return None
