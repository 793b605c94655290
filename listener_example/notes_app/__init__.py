"""Page notes: people leave notes on pages. A complete app migration path, made to be copied.

    exchange.py   what the two sides say to each other
    server/       the server app: keeps notes, checks them, exports them
    cloud/        the cloud app: imports notes, reports, settles, shows them
    seed.py       writes believable notes, so that there is something to move
    portway.toml  the manifest: what an admin reads before agreeing

Both sides use the public SDK, Flask and the standard library, and nothing else of Portway.
"""

SERVER_APP_KEY = "com.example.notes"
CLOUD_APP_KEY = "com.example.notes.cloud"
NAME = "Page notes"
VENDOR = "Example Ltd"
VERSION = "1.0.0"
"""A new version asks every admin for a new agreement. portway.toml says the same."""
