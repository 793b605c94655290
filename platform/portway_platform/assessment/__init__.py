"""Assessing apps: which are installed on a server, and what the admin decided about each."""
