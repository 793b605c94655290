"""The cloud side of Page notes: imports what the server side sends, and shows it."""
