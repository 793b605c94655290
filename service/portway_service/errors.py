"""Refusals with a stable code. Every service answers them in one JSON shape.

Each room lists its codes once, as data, in its own `error_codes.py`; a refusal names a code and
the facts of the case. `portway explain CODE` and `docs/reference/errors.md` read the same lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

DOCS_PAGE = "docs/reference/errors.md"


@dataclass(frozen=True)
class ErrorCode:
    """One way to be refused: what the caller reads, why it happens, what cures it."""

    code: str
    status: int
    message: str
    """A sentence with `{fact}` places, filled from the refusal's facts."""
    cause: str
    fix: str

    @property
    def docs(self) -> str:
        """Where the code is explained, relative to the repository."""
        return f"{DOCS_PAGE}#{self.code}"


class Refusal(Exception):
    """A request that cannot be served, for a reason its sender can act on. Nothing changed."""

    def __init__(
        self, error: ErrorCode, *, headers: Mapping[str, str] | None = None, **facts: object
    ) -> None:
        self.error = error
        self.facts = facts
        self.headers = dict(headers or {})
        self.message = error.message.format(**facts)
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The stable code callers match on."""
        return self.error.code

    def with_status(self, status: int) -> "Refusal":
        """Return the same refusal with another HTTP status, as some contracts want it."""
        error = replace(self.error, status=status)
        return Refusal(error, headers=self.headers, **self.facts)

    def body(self, request_id: str) -> dict[str, object]:
        """Return the JSON body of the answer: `code message cause fix request_id docs`."""
        return {
            "code": self.error.code,
            "message": self.message,
            "cause": self.error.cause,
            "fix": self.error.fix,
            "request_id": request_id,
            "docs": self.error.docs,
        } | ({"details": self.facts["details"]} if "details" in self.facts else {})
