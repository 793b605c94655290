"""Comments: footer threads, and inline ones tied to a selection of the text."""
