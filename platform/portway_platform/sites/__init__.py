"""Destination sites and source servers."""
