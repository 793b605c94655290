"""The sites this process holds, one per key; each counts its own ids."""
