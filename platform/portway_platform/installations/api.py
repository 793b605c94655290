"""Installations over the admin API."""

import flask

from portway_platform.admission import AdminMay
from portway_platform.installations import service
from portway_platform.installations.messages import (
    InstallationInput,
    InstallationOutput,
    StatusInput,
)
from portway_platform.installations.rules import InstallationStatus
from portway_platform.services import Interfaces, Services
from portway_service.endpoints import Call, as_response

INSTALL = AdminMay("install cloud apps")
PATH = "/sites/<site_key>/installations"


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin = interfaces.admin

    @admin.endpoint(
        "PUT",
        f"{PATH}/<app_key>",
        access=INSTALL,
        body=InstallationInput,
        answers={200: InstallationOutput, 201: InstallationOutput},
    )
    def install(call: Call) -> flask.Response:
        installation, is_new = service.install(
            services, call.path["site_key"], call.path["app_key"], call.body
        )
        return as_response(installation, 201 if is_new else 200)

    @admin.endpoint("PUT", f"{PATH}/<app_key>/status", access=INSTALL, body=StatusInput)
    def set_status(call: Call) -> InstallationOutput:
        return service.set_enabled(
            services,
            call.path["site_key"],
            call.path["app_key"],
            enabled=call.body.status is InstallationStatus.ENABLED,
        )

    @admin.endpoint("GET", PATH, access=AdminMay("see installed cloud apps"))
    def list_installations(call: Call) -> list[InstallationOutput]:
        with services.database.read() as connection:
            return service.list_installations(connection, call.path["site_key"])

    @admin.endpoint("DELETE", f"{PATH}/<app_key>", access=INSTALL, status=204)
    def uninstall(call: Call) -> None:
        service.uninstall(services, call.path["site_key"], call.path["app_key"])
