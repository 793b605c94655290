"""What this platform is, and whether it is well."""
