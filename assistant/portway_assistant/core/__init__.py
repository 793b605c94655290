"""Core migration: people, spaces and content of a source into the destination, item by item."""
