"""One app's move by one listener in one migration."""
