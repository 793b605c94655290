"""The canonical request of Atlassian Connect and its hash, the claim `qsh`.

The URL is taken as it travels: the path keeps its percent-encoding, the query is decoded and
encoded afresh. Source: wire contract, section 3.2; docs/reference/connect-api.md.
"""

import hashlib
from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import parse_qsl, quote

Order = Callable[[str], bytes | str]
"""What names or values are sorted by."""


def canonical_request(method: str, url: str, *, context_path: str = "") -> str:
    """Return `METHOD&PATH&QUERY`, the text whose hash a token carries.

    Args:
        method: The HTTP method, in any case.
        url: The absolute URL, or its path and query, percent-encoded as sent.
        context_path: The path of the base URL, such as `/wiki`; only what follows it counts.
    """
    path, query = _split(url)
    head = f"{method.upper()}&{_canonical_path(path, context_path)}"
    return f"{head}&{_canonical_query(query, _as_sorted_by_the_frameworks)}"


def query_string_hash(method: str, url: str, *, context_path: str = "") -> str:
    """Return the SHA-256 of the canonical request: 64 lower-case hex digits."""
    return _hash(canonical_request(method, url, context_path=context_path))


def accepted_hashes(method: str, url: str, *, context_path: str = "") -> Iterator[str]:
    """Yield every hash a request may carry, that of the canonical request first.

    Libraries sort by the text, by its code points or by its encoded form. That makes a difference
    only beside rare characters, and never joins two requests that differ in anything else.
    """
    path, query = _split(url)
    head = f"{method.upper()}&{_canonical_path(path, context_path)}"
    found: set[str] = set()
    for by_name, by_value in product(_ORDERS, _ORDERS):
        hashed = _hash(f"{head}&{_canonical_query(query, by_name, by_value)}")
        if hashed not in found:
            found.add(hashed)
            yield hashed


def context_path_of(base_url: str) -> str:
    """Return the path of a base URL without a trailing slash: "" or "/wiki", for example."""
    return _split(base_url)[0].rstrip("/")


def _split(url: str) -> tuple[str, str]:
    """Return path and query. A text that begins with `/` has no host, however it goes on."""
    rest = url.partition("#")[0]
    if not rest.startswith("/") and "://" in rest.partition("?")[0]:
        after_scheme = rest.partition("://")[2]
        starts = [place for place in map(after_scheme.find, "/?") if place >= 0]
        rest = after_scheme[min(starts) :] if starts else ""
    path, _, query = rest.partition("?")
    return path, query


def _canonical_path(path: str, context_path: str) -> str:
    context = "/" + context_path.strip("/")
    # Only whole segments are taken off: /wikipedia is not below /wiki.
    if context != "/" and (path == context or path.startswith(context + "/")):
        path = path[len(context) :]
    path = path.replace("&", "%26")
    if not path.startswith("/"):
        path = "/" + path
    return path[:-1] if len(path) > 1 and path.endswith("/") else path


def _canonical_query(query: str, by_name: Order, by_value: Order | None = None) -> str:
    values_by_name: dict[str, list[str]] = {}
    # A plus sign and %20 both are a space; a bad percent sequence stays as it stands.
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        if name != "jwt":
            values_by_name.setdefault(name, []).append(value)
    parts = []
    for name in sorted(values_by_name, key=by_name):
        values = sorted(values_by_name[name], key=by_value or by_name)
        parts.append(f"{_encode(name)}={','.join(map(_encode, values))}")
    return "&".join(parts)


def _encode(text: str) -> str:
    """Percent-encode all but the RFC 3986 unreserved characters."""
    return quote(text, safe="", errors="replace")


def _as_sorted_by_the_frameworks(text: str) -> bytes:
    """Sort as Java and JavaScript compare texts: by UTF-16 code units."""
    return text.encode("utf-16-be", "replace")


def _as_sorted_by_code_points(text: str) -> str:
    return text


_ORDERS: tuple[Order, ...] = (_as_sorted_by_the_frameworks, _as_sorted_by_code_points, _encode)


def _hash(canonical: str) -> str:
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
