"""The OpenAPI documents of the admin, gateway, Connect and Forge APIs."""

from collections.abc import Iterable, Mapping
from typing import Any

from portway_platform.error_codes import CODES
from portway_platform.services import Interfaces
from portway_service import error_codes as service_codes
from portway_service.endpoints import Api
from portway_service.errors import ErrorCode
from portway_service.openapi import Described, document

VERSION = "1"
_BEARER = {"type": "http", "scheme": "bearer"}


def documents(interfaces: Interfaces) -> dict[str, dict[str, Any]]:
    """Return every document by its name."""
    return {name: document(each, version=VERSION) for name, each in _described(interfaces).items()}


def _described(interfaces: Interfaces) -> Mapping[str, Described]:
    errors: Iterable[ErrorCode] = (*CODES, *service_codes.CODES)

    def describe(
        api: Api, title: str, description: str, name: str, scheme: Mapping[str, Any]
    ) -> Described:
        return Described(api, title, description, errors, {name: scheme})

    return {
        "admin": describe(
            interfaces.admin,
            "Portway admin API",
            "What an admin can do, a script can do. See docs/reference/admin-api.md.",
            "adminToken",
            {**_BEARER, "description": "The platform's admin token."},
        ),
        "gateway": describe(
            interfaces.gateway,
            "Portway gateway API",
            "How a server app meets Portway, in any language. See docs/reference/gateway-api.md.",
            "listenerToken",
            {**_BEARER, "bearerFormat": "JWT", "description": "EdDSA with `qsh`, by the listener."},
        ),
        "connect": describe(
            interfaces.connect,
            "App migration API for Connect apps",
            "Jira sites have no /wiki in their addresses. See docs/reference/connect-api.md.",
            "connectToken",
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`JWT` and a token signed HS256 with the installation's secret.",
            },
        ),
        "forge": describe(
            interfaces.forge,
            "App migration API for Forge apps",
            "For functions and remotes. See docs/reference/forge-api.md.",
            "appSystemToken",
            {**_BEARER, "bearerFormat": "JWT", "description": "The app system token of an event."},
        ),
    }
