"""The server side of Page notes: keeps notes, checks them before a migration, exports them."""
