"""Searching pages and blog posts with CQL, Confluence's query language."""
