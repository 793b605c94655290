"""The Forge REST, and Forge apps over the admin API.

Source: docs/reference/forge-api.md; wire contract, 4.1 and 13
"""

from collections.abc import Iterator
from contextlib import contextmanager

import flask

from portway_platform.admission import AdminMay, AppMay
from portway_platform.app_data.downloads import (
    Proven,
    address_of,
    get_stored_file,
    open_download,
)
from portway_platform.app_data.rules import ByteRange, repr_digest
from portway_platform.forge import installing, service
from portway_platform.forge.admission import as_forge
from portway_platform.forge.callers import SystemTokens, forge_app
from portway_platform.forge.messages import (
    AppTokenOutput,
    FilesQuery,
    ForgeInstallationInput,
    ForgeInstallationOutput,
    KeyRotationOutput,
    LogOutput,
)
from portway_platform.forge.rules import MessageStatus
from portway_platform.services import Interfaces, Services
from portway_platform.sites.service import get_site
from portway_platform.transfers.reads import (
    KEYS,
    ContainersQuery,
    MappingPageQuery,
    NamespaceQuery,
    Reads,
)
from portway_platform.transfers.service import get_transfer_row
from portway_scopes import Access
from portway_sdk.wire import (
    AppDataAddress,
    ForgeAppDataItem,
    ForgeAppDataPage,
    LogMessage,
    MessageReport,
)
from portway_service.endpoints import Call, Media, as_response
from portway_service.errors import Refusal

INSTALL = AdminMay("install Forge apps")
PLACE = "/sites/<site_key>/forge-installations"
ONE = f"{PLACE}/<app_key>/<environment>"
LOG_BODY_BYTES = 1 << 20
BINARY = "application/octet-stream"


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    _add_admin(services, interfaces)
    _add_words(services, interfaces)
    _add_reads(services, interfaces)
    _add_files(services, interfaces)


def _add_admin(services: Services, interfaces: Interfaces) -> None:
    admin = interfaces.admin
    tokens = SystemTokens(services)

    @admin.endpoint(
        "PUT",
        ONE,
        access=INSTALL,
        body=ForgeInstallationInput,
        answers={200: ForgeInstallationOutput, 201: ForgeInstallationOutput},
    )
    def install(call: Call) -> flask.Response:
        installed, is_new = installing.install(
            services,
            call.path["site_key"],
            call.path["app_key"],
            call.path["environment"],
            call.body.remote_url,
        )
        return as_response(installed, 201 if is_new else 200)

    @admin.endpoint("GET", PLACE, access=AdminMay("see installed Forge apps"))
    def list_installations(call: Call) -> list[ForgeInstallationOutput]:
        with services.database.read() as connection:
            return installing.list_installations(connection, call.path["site_key"])

    @admin.endpoint("DELETE", ONE, access=INSTALL, status=204)
    def uninstall(call: Call) -> None:
        installing.uninstall(
            services, call.path["site_key"], call.path["app_key"], call.path["environment"]
        )

    @admin.endpoint("POST", f"{ONE}/tokens", access=INSTALL, status=201)
    def make_token(call: Call) -> AppTokenOutput:
        with services.database.read() as connection:
            found = installing.get_installation(
                connection,
                get_site(connection, call.path["site_key"]),
                call.path["app_key"],
                call.path["environment"],
            )
        app = forge_app(found.forge_app_id, found.forge_installation_id, found.environment)
        token, expires_at = tokens.get(app)
        return AppTokenOutput(token=token, expires_at=expires_at)

    @admin.endpoint("POST", "/forge-keys/rotation", access=AdminMay("change signing keys"))
    def rotate(call: Call) -> KeyRotationOutput:
        kid, signs_from = services.keys.forge.rotate(services.clock.now())
        return KeyRotationOutput(kid=kid, signs_from=signs_from)

    @admin.endpoint("GET", "/transfers/<transfer_id>/logs", access=AdminMay("see transfers"))
    def list_logs(call: Call) -> list[LogOutput]:
        with services.database.read() as connection:
            transfer_id = call.path["transfer_id"]
            get_transfer_row(connection, transfer_id)
            return service.list_logs(connection, transfer_id)


def _add_words(services: Services, interfaces: Interfaces) -> None:
    forge = interfaces.forge

    @forge.endpoint(
        "POST",
        "/message/<transfer_id>/status",
        access=AppMay(Access.REPORT_PROGRESS),
        body=MessageReport,
        answers={200: None},
    )
    def acknowledge(call: Call) -> flask.Response:
        with _told_as_forge():
            service.acknowledge(
                services,
                call.admitted.transfer.transfer_id,
                MessageStatus(call.body.status),
                call.body.message_ids,
            )
        return flask.Response(status=200)

    @forge.endpoint(
        "POST",
        "/log/<transfer_id>",
        access=AppMay(Access.REPORT_PROGRESS),
        body=LogMessage,
        max_body_bytes=LOG_BODY_BYTES,
        answers={200: None},
    )
    def write_log(call: Call) -> flask.Response:
        with _told_as_forge():
            service.write_log(services, call.admitted.transfer.transfer_id, call.body.message)
        return flask.Response(status=200)


def _add_reads(services: Services, interfaces: Interfaces) -> None:
    forge = interfaces.forge
    reads = Reads(services)
    may_map = AppMay(Access.READ_MAPPINGS)
    forge.endpoint(
        "POST", "/mapping/<transfer_id>/find", access=may_map, query=NamespaceQuery, body=KEYS
    )(reads.find_mappings)
    forge.endpoint("GET", "/mapping/<transfer_id>/page", access=may_map, query=MappingPageQuery)(
        reads.mapping_page
    )
    forge.endpoint(
        "GET",
        "/container/<transfer_id>/page",
        access=AppMay(Access.READ_CONTAINERS),
        query=ContainersQuery,
    )(reads.containers_page)


def _add_files(services: Services, interfaces: Interfaces) -> None:
    forge = interfaces.forge
    proven = Proven()
    may_list = AppMay(Access.LIST_APP_DATA)
    may_download = AppMay(Access.DOWNLOAD_APP_DATA)

    @forge.endpoint("GET", "/data/<transfer_id>/all", access=may_list)
    def list_files(call: Call) -> list[ForgeAppDataItem]:
        with services.database.read() as connection:
            return service.list_files(connection, call.admitted.transfer.transfer_id)

    @forge.endpoint("GET", "/data/<transfer_id>/page", access=may_list, query=FilesQuery)
    def files_page(call: Call) -> ForgeAppDataPage:
        with services.database.read() as connection:
            return service.files_page(
                connection,
                call.admitted.transfer.transfer_id,
                after=call.query.last_evaluated_key,
                page_size=call.query.page_size,
            )

    @forge.endpoint("GET", "/data/<s3_key>", access=may_download)
    def get_address(call: Call) -> AppDataAddress:
        with services.database.read() as connection:
            return AppDataAddress(url=address_of(connection, services, call.path["s3_key"]))

    @forge.endpoint(
        "GET", "/data/<s3_key>/payload", access=may_download, answers={200: Media(BINARY)}
    )
    def get_payload(call: Call) -> flask.Response:
        with services.database.read() as connection:
            file = get_stored_file(connection, call.path["s3_key"])
        with _told_as_forge():
            pieces = open_download(services, proven, file, ByteRange(0, file.size_bytes))
        return flask.Response(
            pieces,
            mimetype=BINARY,
            direct_passthrough=True,
            headers={
                "Content-Length": str(file.size_bytes),
                "Repr-Digest": repr_digest(file.sha256),
                "Cache-Control": "private, no-store",
            },
        )


@contextmanager
def _told_as_forge() -> Iterator[None]:
    """Answer as Forge does when a transfer settled between admission and deed."""
    try:
        yield
    except Refusal as refusal:
        raise as_forge(refusal) from None
