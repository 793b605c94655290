"""The catalogue over the admin API."""

import flask

from portway_platform.admission import AdminMay
from portway_platform.catalogue import service
from portway_platform.catalogue.messages import AppOutput, Manifest, Published
from portway_platform.catalogue.service import App
from portway_platform.services import Interfaces, Services
from portway_service.endpoints import Call, as_response

MANIFEST_LIMIT_BYTES = 4 << 20


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin = interfaces.admin

    @admin.endpoint(
        "PUT",
        "/apps/<app_key>/versions/<version>",
        access=AdminMay("publish apps"),
        body=Manifest,
        max_body_bytes=MANIFEST_LIMIT_BYTES,
        answers={200: Published, 201: Published},
    )
    def publish(call: Call) -> flask.Response:
        app_key, version = call.path["app_key"], call.path["version"]
        digest, current, is_new = service.publish(services, app_key, version, call.body)
        published = Published(
            app_key=app_key, version=version, digest=digest, current_version=current
        )
        return as_response(published, 201 if is_new else 200)

    @admin.endpoint("GET", "/apps", access=AdminMay("see the catalogue"))
    def list_apps(call: Call) -> list[AppOutput]:
        with services.database.read() as connection:
            return [_output(app) for app in service.list_apps(connection)]

    @admin.endpoint("GET", "/apps/<app_key>", access=AdminMay("see the catalogue"))
    def get_app(call: Call) -> AppOutput:
        with services.database.read() as connection:
            return _output(service.get_app(connection, call.path["app_key"]))


def _output(app: App) -> AppOutput:
    return AppOutput(
        app_key=app.key,
        server_app_key=app.manifest.server_app_key,
        name=app.manifest.name,
        vendor=app.manifest.vendor,
        current_version=app.current_version,
        versions=app.versions,
        manifest=app.manifest,
    )
