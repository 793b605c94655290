"""Runs of plans: what is to be moved, the item ledger, and how each run ended."""
