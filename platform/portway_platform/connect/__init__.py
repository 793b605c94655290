"""The Connect REST of the public contract."""
