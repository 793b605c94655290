"""Accounts: people known by e-mail, placeholders known by their key at a source, and apps."""
