"""Queries inside macros: the spaces, ids and people a CQL text names."""

import re
from collections.abc import Callable

_STRING = r'"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*'"
_CLAUSE = re.compile(
    rf"(?P<string>{_STRING})|"
    r"\b(?P<field>space(?:\.key)?|ancestor|parent|id|content|container|creator|contributor|mention"
    r"|watcher|favou?rite)\b(?P<between>\s*(?:!?=|(?:not\s+)?in\b)\s*)"
    rf"(?P<value>\((?:{_STRING}|[^()\"'])*\)|{_STRING}|[^\s()\"',]+)",
    re.IGNORECASE,
)
_VALUE = re.compile(rf"{_STRING}|[^\s(),]+")
_BARE = re.compile(r"[\w~-]+")
_IDS = frozenset({"ancestor", "parent", "id", "content", "container"})

Mapped = Callable[[str], str]


def rewrite_cql(query: str, *, spaces: Mapped, ids: Mapped, users: Mapped) -> str:
    """Return a query with its spaces, ids and people mapped; the rest stays as it is."""

    def clause(match: re.Match[str]) -> str:
        field = match["field"]
        if field is None:
            return match[0]
        name = field.lower()
        mapped = spaces if name.startswith("space") else ids if name in _IDS else users
        value = _VALUE.sub(lambda found: _map_value(found[0], mapped), match["value"])
        return f"{field}{match['between']}{value}"

    return _CLAUSE.sub(clause, query)


def _map_value(written: str, mapped: Mapped) -> str:
    quote = written[0] if written[0] in "\"'" else ""
    value = written[1:-1] if quote else written
    if "\\" in value or value.endswith("()") or (not quote and not _BARE.fullmatch(value)):
        return written
    new = mapped(value)
    if new == value:
        return written
    return f'"{new}"' if not quote and not _BARE.fullmatch(new) else f"{quote}{new}{quote}"
