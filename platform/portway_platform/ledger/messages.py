"""Queries and answers of the ledger's endpoints. Source: docs/reference/ledger.md"""

from typing import Annotated

from pydantic import Field

from portway_platform.messages import Input, Output

MAX_ENTRIES = 1000
LARGEST = 2**63 - 1
"""Beyond it no database counts."""


class EntriesQuery(Input):
    """Which entries to list; what is left out does not matter."""

    kind: str | None = None
    app: str | None = None
    record: str | None = None
    transfer: str | None = None
    before: Annotated[int, Field(ge=0, le=LARGEST)] | None = None
    """Entries below this index only: where the list went on."""
    limit: Annotated[int, Field(ge=1, le=MAX_ENTRIES)] = 100


class WholeQuery(Input):
    """Where to begin."""

    first: Annotated[int, Field(ge=0, le=LARGEST)] = 0


class ConsistencyQuery(Input):
    """How long the ledger was then."""

    size: Annotated[int, Field(ge=1, le=LARGEST)]


class ConsistencyOutput(Output):
    """That the ledger goes on from an earlier size."""

    checkpoint: str
    proof: tuple[str, ...]
    """Hashes in base64, in the order of RFC 9162, section 2.1.4."""
