"""Transfers over the admin API and the gateway."""

import flask
from sqlalchemy import Connection

from portway_platform.admission import AdminMay, ListenerMay
from portway_platform.idempotency.service import answer_once
from portway_platform.services import Interfaces, Services
from portway_platform.transfers import service, starting, views
from portway_platform.transfers.context import get_context
from portway_platform.transfers.messages import (
    CancellationQuery,
    PreloadInput,
    StartInput,
    TransferOutput,
)
from portway_platform.transfers.reads import (
    KEYS,
    ContainersQuery,
    MappingPageQuery,
    NamespaceQuery,
    Reads,
)
from portway_scopes import Access
from portway_sdk.wire import Feedback, TransferState
from portway_service.endpoints import Call, as_response

STARTED = {200: TransferOutput, 201: TransferOutput}
RUN = AdminMay("start, cancel and repeat transfers")
SEE = AdminMay("see transfers")


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    _add_admin(services, interfaces)
    _add_gateway(services, interfaces)


def _add_admin(services: Services, interfaces: Interfaces) -> None:
    admin = interfaces.admin

    @admin.endpoint(
        "POST", "/migrations/<migration_id>/transfers", access=RUN, body=StartInput, answers=STARTED
    )
    def start(call: Call) -> flask.Response:
        def create(connection: Connection) -> tuple[int, TransferOutput]:
            started = starting.start_transfers(
                connection,
                services,
                call.path["migration_id"],
                call.body.app_key,
                transfer_name=call.body.transfer_name,
            )
            # The first is answered; the list of the migration has them all.
            first = views.get_transfer(connection, services, started.transfer_ids[0])
            return 201 if started.is_new else 200, first

        return answer_once(services, call, caller="admin", create=create)

    @admin.endpoint(
        "POST",
        "/migrations/<migration_id>/preloads",
        access=RUN,
        body=PreloadInput,
        answers=STARTED,
    )
    def preload(call: Call) -> flask.Response:
        def create(connection: Connection) -> tuple[int, TransferOutput]:
            transfer_id, is_new = starting.start_preload(
                connection, services, call.path["migration_id"], call.body.app_key
            )
            return 201 if is_new else 200, views.get_transfer(connection, services, transfer_id)

        return answer_once(services, call, caller="admin", create=create)

    @admin.endpoint("GET", "/migrations/<migration_id>/transfers", access=SEE)
    def list_transfers(call: Call) -> list[TransferOutput]:
        with services.database.read() as connection:
            return views.list_transfers(connection, services, call.path["migration_id"])

    @admin.endpoint("GET", "/transfers/<transfer_id>", access=SEE)
    def get_transfer(call: Call) -> TransferOutput:
        with services.database.read() as connection:
            return views.get_transfer(connection, services, call.path["transfer_id"])

    @admin.endpoint(
        "POST",
        "/transfers/<transfer_id>/cancellation",
        access=RUN,
        query=CancellationQuery,
        answers={202: TransferOutput},
    )
    def cancel(call: Call) -> flask.Response:
        transfer_id = call.path["transfer_id"]
        with services.database.write() as connection:
            service.request_cancellation(
                connection, services, transfer_id, at_once=call.query.at_once
            )
            return as_response(views.get_transfer(connection, services, transfer_id), 202)

    @admin.endpoint(
        "POST", "/transfers/<transfer_id>/rerun", access=RUN, answers={201: TransferOutput}
    )
    def rerun(call: Call) -> flask.Response:
        def create(connection: Connection) -> tuple[int, TransferOutput]:
            new_id = starting.rerun_transfer(connection, services, call.path["transfer_id"])
            return 201, views.get_transfer(connection, services, new_id)

        return answer_once(services, call, caller="admin", create=create)


def _add_gateway(services: Services, interfaces: Interfaces) -> None:
    gateway = interfaces.gateway
    transfer = "/transfers/<transfer_id>"

    @gateway.endpoint("GET", transfer, access=ListenerMay(Access.READ_TRANSFER))
    def get_state(call: Call) -> TransferState:
        granted = call.admitted.transfer
        with services.database.read() as connection:
            row = service.get_transfer_row(connection, granted.transfer_id)
            context = get_context(connection, granted.transfer_id)
        return TransferState(
            transfer_id=granted.transfer_id,
            status=granted.status,
            percent=row.percent,
            transfer_name=context.transfer_name,
            tags=tuple(context.transfer_tags or ()),
            granted_scopes=granted.granted_scopes,
            migration_details=context.details(services.settings.public_url),
        )

    reads = Reads(services)
    may_map = ListenerMay(Access.READ_MAPPINGS)
    gateway.endpoint("GET", f"{transfer}/mappings/page", access=may_map, query=MappingPageQuery)(
        reads.mapping_page
    )
    gateway.endpoint(
        "POST", f"{transfer}/mappings/find", access=may_map, query=NamespaceQuery, body=KEYS
    )(reads.find_mappings)
    gateway.endpoint(
        "GET",
        f"{transfer}/containers/page",
        access=ListenerMay(Access.READ_CONTAINERS),
        query=ContainersQuery,
    )(reads.containers_page)

    @gateway.endpoint("GET", f"{transfer}/feedback", access=ListenerMay(Access.READ_FEEDBACK))
    def get_feedback(call: Call) -> Feedback | None:
        with services.database.read() as connection:
            details = service.find_feedback(connection, call.admitted.transfer.transfer_id)
        return None if details is None else Feedback(details=details)

    @gateway.endpoint(
        "POST", f"{transfer}/export-completion", access=ListenerMay(Access.READ_TRANSFER)
    )
    def complete_export(call: Call) -> None:
        service.complete_export(services, call.admitted.transfer.transfer_id)
