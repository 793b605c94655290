"""How much an export may hold before it is refused. Every limit admits real site exports."""

from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """Caps against ZIP bombs and hostile XML; the names appear in refusals."""

    max_entries: int = 4_000_000
    """Entries of the ZIP package. A site with 500,000 attachment versions has about as many."""
    max_total_bytes: int = 4096 * GIB
    """Bytes of all entries once unpacked."""
    max_entities_bytes: int = 128 * GIB
    """Bytes of entities.xml once unpacked."""
    max_ratio: int = 500
    """Unpacked to packed size. Exports reach 5 to 60; a bomb of one layer about 1,030."""
    ratio_from_bytes: int = 64 * MIB
    """Sizes below this are harmless at any ratio."""
    max_depth: int = 32
    """Nested elements of entities.xml. Confluence needs five."""
    max_value_chars: int = 16 * MIB
    """Characters of one property, such as one page body."""
    max_markup_bytes: int = 4 * MIB
    """Bytes of one tag, comment or processing instruction."""
    max_repairs: int = 1_000_000
    """Spots that XML forbids and the reader repairs."""
    kept_repairs: int = 1_000
    """Repairs stored one by one with their offset; beyond it they are counted only."""


DEFAULT_LIMITS = Limits()
