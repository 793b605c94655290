"""Manifests of the app the tests are about."""

from collections.abc import Iterable
from typing import Any

APP_KEY = "com.example.notes.cloud"
SERVER_APP_KEY = "com.example.notes"
DESCRIPTOR_URL = "https://notes.example/app/atlassian-connect.json"


def a_manifest(
    *,
    version: str = "1.0.0",
    scopes: Iterable[str] = ("APP_DATA_UGC", "MIGRATION_TRACING_PRODUCT"),
    privacy: str = "We keep your notes safe.",
    **fields: Any,
) -> dict[str, Any]:
    """A manifest with an automated path, as JSON."""
    return {
        "app_key": APP_KEY,
        "server_app_key": SERVER_APP_KEY,
        "name": "Page notes",
        "vendor": "Example Ltd",
        "version": version,
        "migration_path": "AUTOMATED",
        "scopes": [{"scope": scope, "reason": f"Needed for {scope}."} for scope in scopes],
        "policies": [
            {
                "kind": "privacy",
                "url": "https://example.com/privacy",
                "version": "2026-01",
                "text": privacy,
            },
            {
                "kind": "terms",
                "url": "https://example.com/terms",
                "version": "2026-01",
                "text": "Use it well.",
            },
        ],
        "cloud": {"descriptor_url": DESCRIPTOR_URL},
        **fields,
    }
