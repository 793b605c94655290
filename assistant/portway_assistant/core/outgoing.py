"""What one item of the source looks like on its way to the destination."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

FileChunks = Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class MappingKey:
    """A key under which apps will look the item up."""

    namespace: str
    key: str


@dataclass(frozen=True)
class OutgoingFile:
    """The bytes that belong to an attachment."""

    size_bytes: int
    open_chunks: FileChunks


@dataclass(frozen=True)
class OutgoingItem:
    """One item, ready to be sent.

    `payload` has the fields of docs/reference/site-api.md, without `kind` and `sourceKey`. An item
    with a `gap` cannot be sent: the gap is the reason, as an error code and a sentence.
    """

    kind: str
    source_key: str
    title: str
    payload: dict[str, Any]
    mapping_keys: tuple[MappingKey, ...] = ()
    file: OutgoingFile | None = None
    gap: tuple[str, str] | None = None

    def line(self) -> bytes:
        """Return the item as one line of JSON."""
        return orjson.dumps({"kind": self.kind, "sourceKey": self.source_key, **self.payload})


@dataclass(frozen=True)
class Phase:
    """Items of one kind, or of several that must come at this point."""

    name: str
    total: int
    items: Callable[[], Iterable[OutgoingItem]]
    ahead: bool = False
    """Its attachments come before what they hang on."""
