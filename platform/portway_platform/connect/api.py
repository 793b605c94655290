"""The Connect API: every endpoint of wire contract 3.4, for Confluence and Jira sites.

Source: docs/reference/connect-api.md#endpoints
"""

from typing import Any

import flask

from portway_platform.admission import AppItself, AppMay
from portway_platform.app_data.downloads import address_of, list_app_data
from portway_platform.connect import service
from portway_platform.connect.answers import percent_lowered, spoken
from portway_platform.messages import Nothing, check_storable
from portway_platform.services import Interfaces, Services
from portway_platform.transfers.reads import (
    KEYS,
    ContainersQuery,
    MappingPageQuery,
    NamespaceQuery,
    Reads,
)
from portway_platform.transfers.service import (
    find_listener_error,
    leave_feedback,
    report_progress,
)
from portway_scopes import Access
from portway_sdk.wire import (
    AppDataAddress,
    Endpoints,
    Feedback,
    ListenerError,
    ProgressReport,
)
from portway_service.endpoints import AsSent, Call, invalid_fields


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    _add_own(services, interfaces)
    _add_transfers(services, interfaces)
    _add_reads(services, interfaces)


def _add_own(services: Services, interfaces: Interfaces) -> None:
    connect = interfaces.connect
    registers = AppItself("register addresses for its events")

    @connect.endpoint("GET", "/webhook", access=registers)
    def get_endpoints(call: Call) -> Endpoints:
        with services.database.read() as connection:
            urls = service.find_endpoints(connection, call.admitted.caller.installation_id)
        return Endpoints(endpoints=tuple(urls))

    @connect.endpoint("PUT", "/webhook", access=registers, body=Endpoints)
    def set_endpoints(call: Call) -> Endpoints:
        urls = service.set_endpoints(
            services, call.admitted.caller.installation_id, call.body.endpoints
        )
        return Endpoints(endpoints=tuple(urls))

    @connect.endpoint("DELETE", "/webhook", access=registers)
    def remove_endpoints(call: Call) -> Endpoints:
        service.set_endpoints(services, call.admitted.caller.installation_id, ())
        return Endpoints(endpoints=())

    @connect.endpoint("GET", "/transfer/recent", access=AppItself("see its running transfers"))
    def list_recent(call: Call) -> list[dict[str, Any]]:
        return service.list_recent(services, call.admitted.caller.installation_id)


def _add_transfers(services: Services, interfaces: Interfaces) -> None:
    connect = interfaces.connect

    @connect.endpoint(
        "POST",
        "/progress/<transfer_id>",
        access=AppMay(Access.REPORT_PROGRESS),
        body=ProgressReport,
        answers={200: AsSent(ProgressReport)},
    )
    def report(call: Call) -> dict[str, Any]:
        _check("message", call.body.message)
        dialect, transfer_id = call.admitted.caller.dialect, call.admitted.transfer.transfer_id
        with spoken(services, dialect):
            is_taken = report_progress(services, transfer_id, call.body)
        lowered = None if is_taken else percent_lowered(dialect, transfer_id)
        if lowered is not None:
            raise lowered
        echo: dict[str, Any] = call.body.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return echo

    @connect.endpoint(
        "POST",
        "/feedback/<transfer_id>",
        access=AppMay(Access.LEAVE_FEEDBACK),
        body=Feedback,
        answers={200: None},
    )
    def feedback(call: Call) -> flask.Response:
        _check("details", call.body.details)
        with spoken(services, call.admitted.caller.dialect):
            leave_feedback(services, call.admitted.transfer.transfer_id, call.body.details)
        return flask.Response(status=200)

    @connect.endpoint(
        "GET",
        "/error/<transfer_id>",
        access=AppMay(Access.READ_ERROR),
        answers={200: ListenerError | Nothing},
    )
    def error(call: Call) -> ListenerError | flask.Response:
        transfer_id = call.admitted.transfer.transfer_id
        with services.database.read() as connection:
            found = find_listener_error(connection, transfer_id)
        return found or flask.Response("{}", mimetype="application/json")


def _check(field: str, value: Any) -> None:
    """Refuse what cannot be kept."""
    try:
        check_storable(value)
    except ValueError as error:
        raise invalid_fields([{"field": field, "problem": str(error)}]) from None


def _add_reads(services: Services, interfaces: Interfaces) -> None:
    connect = interfaces.connect
    reads = Reads(services)
    may_map = AppMay(Access.READ_MAPPINGS)
    connect.endpoint(
        "POST", "/mapping/<transfer_id>/find", access=may_map, query=NamespaceQuery, body=KEYS
    )(reads.find_mappings)
    connect.endpoint("GET", "/mapping/<transfer_id>/page", access=may_map, query=MappingPageQuery)(
        reads.mapping_page
    )
    connect.endpoint(
        "GET",
        "/container/<transfer_id>/page",
        access=AppMay(Access.READ_CONTAINERS),
        query=ContainersQuery,
    )(reads.containers_page)

    @connect.endpoint("GET", "/data/<transfer_id>/all", access=AppMay(Access.LIST_APP_DATA))
    def list_files(call: Call) -> list[dict[str, Any]]:
        with services.database.read() as connection:
            files = list_app_data(connection, call.admitted.transfer.transfer_id)
        without_label_absent = call.admitted.caller.dialect.list_label == "absent"
        return [
            file.model_dump(mode="json", by_alias=True, exclude_none=without_label_absent)
            for file in files
        ]

    @connect.endpoint("GET", "/data/<s3_key>", access=AppMay(Access.DOWNLOAD_APP_DATA))
    def get_address(call: Call) -> AppDataAddress:
        with services.database.read() as connection:
            return AppDataAddress(url=address_of(connection, services, call.path["s3_key"]))
