"""The platform's own keys: install tokens, receipts, download addresses."""
