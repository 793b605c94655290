"""Forge apps: installed by environment, called at their remote, served over the Forge REST."""
