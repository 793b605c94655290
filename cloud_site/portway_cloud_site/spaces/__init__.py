"""Spaces: what pages and blog posts live in."""
