"""What admins agreed to, and the receipts."""
