"""Creations that may be sent twice."""
