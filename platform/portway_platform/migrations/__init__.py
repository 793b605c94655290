"""Runs of a plan: containers and id mappings."""
