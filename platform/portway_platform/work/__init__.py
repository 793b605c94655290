"""Work that must happen later: rows with a due time, claimed under a lease."""
