"""What the platform tells an admin unasked."""
