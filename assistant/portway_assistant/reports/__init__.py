"""The report of a run: one set of facts, shown as JSON, HTML and text."""
