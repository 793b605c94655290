"""How a refused read of mappings is answered: by the site's dialect. Pure.

Source: docs/reference/dialect.md, point 10
"""

from portway_platform.dialect.rules import Dialect
from portway_scopes import RefusalReason
from portway_service.errors import Refusal

_SCOPE_MISSING = (
    RefusalReason.SCOPE_NOT_DECLARED,
    RefusalReason.SCOPE_NOT_GRANTED,
    RefusalReason.SCOPE_NOT_OF_TRANSFER,
)


def hides_mappings(refusal: Refusal, dialect: Dialect) -> bool:
    """Tell whether a refused read of mappings is answered as if there were none."""
    return _answer_to(refusal, dialect) == "empty"


def with_spoken_status(refusal: Refusal, dialect: Dialect) -> Refusal:
    """Return a refusal with the status the dialect gives it, if it is about a namespace."""
    answer = _answer_to(refusal, dialect)
    return refusal if answer in {None, "empty"} else refusal.with_status(int(str(answer)))


def _answer_to(refusal: Refusal, dialect: Dialect) -> str | None:
    if refusal.facts.get("namespace") is None:
        return None
    if refusal.code == RefusalReason.NAMESPACE_UNKNOWN:
        return dialect.unknown_namespace
    return dialect.refused_namespace if refusal.code in _SCOPE_MISSING else None
