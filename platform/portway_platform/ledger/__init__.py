"""The ledger: what was agreed, refused, started and settled, in a chain nobody can edit unseen."""
