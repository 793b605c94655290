"""The `portway` command: thin, lazy, one file a command group."""
