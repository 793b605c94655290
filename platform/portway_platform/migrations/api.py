"""Migrations, containers and mappings over the admin API."""

import flask

from portway_platform.admission import AdminMay
from portway_platform.idempotency.service import answer_once
from portway_platform.migrations import service
from portway_platform.migrations.messages import (
    ContainersQuery,
    ContainersReceived,
    CoreInput,
    MappingsQuery,
    MappingsReceived,
    MigrationInput,
    MigrationOutput,
)
from portway_platform.migrations.removal import remove_mappings
from portway_platform.migrations.service import Migration
from portway_platform.services import Interfaces, Services
from portway_platform.sites.service import find_pair, get_server, get_site
from portway_sdk.wire import ContainersPage, MappingPage
from portway_service.endpoints import JSON, Call

RUN = AdminMay("run migrations")
SEE = AdminMay("see migrations")
SEE_MAPPINGS = AdminMay("see mappings")


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin = interfaces.admin

    @admin.endpoint(
        "POST", "/migrations", access=RUN, body=MigrationInput, answers={201: MigrationOutput}
    )
    def create_migration(call: Call) -> flask.Response:
        return answer_once(
            services,
            call,
            caller="admin",
            create=lambda connection: (
                201,
                _output(service.create_migration(connection, services, call.body)),
            ),
        )

    @admin.endpoint("GET", "/migrations", access=SEE)
    def list_migrations(call: Call) -> list[MigrationOutput]:
        with services.database.read() as connection:
            return [_output(migration) for migration in service.list_migrations(connection)]

    @admin.endpoint("GET", "/migrations/<migration_id>", access=SEE)
    def get_migration(call: Call) -> MigrationOutput:
        with services.database.read() as connection:
            return _output(service.get_migration(connection, call.path["migration_id"]))

    @admin.endpoint("PUT", "/migrations/<migration_id>/core", access=RUN, body=CoreInput)
    def set_core_status(call: Call) -> MigrationOutput:
        with services.database.write() as connection:
            return _output(
                service.set_core_status(connection, call.path["migration_id"], call.body.status)
            )

    @admin.endpoint(
        "POST", "/migrations/<migration_id>/mappings", access=RUN, raw_body="application/x-ndjson"
    )
    def receive_mappings(call: Call) -> MappingsReceived:
        return service.receive_mappings(services, call.path["migration_id"], call.request.stream)

    @admin.endpoint(
        "DELETE", "/migrations/<migration_id>/mappings", access=RUN, raw_body="application/x-ndjson"
    )
    def take_mappings_back(call: Call) -> MappingsReceived:
        return remove_mappings(services, call.path["migration_id"], call.request.stream)

    @admin.endpoint(
        "POST", "/migrations/<migration_id>/containers", access=RUN, raw_body="application/x-ndjson"
    )
    def receive_containers(call: Call) -> ContainersReceived:
        return service.receive_containers(services, call.path["migration_id"], call.request.stream)

    @admin.endpoint(
        "GET",
        "/migrations/<migration_id>/containers",
        access=SEE,
        query=ContainersQuery,
        answers={200: ContainersPage},
    )
    def containers_page(call: Call) -> flask.Response:
        with services.database.read() as connection:
            migration = service.get_migration(connection, call.path["migration_id"])
            page = service.containers_page(
                connection,
                migration.id,
                call.query.container_type,
                last_entity=call.query.last_entity,
                page_size=call.query.page_size,
            )
        return flask.Response(page, mimetype=JSON)

    @admin.endpoint(
        "GET", "/mappings", access=SEE_MAPPINGS, query=MappingsQuery, answers={200: MappingPage}
    )
    def mapping_page(call: Call) -> flask.Response:
        with services.database.read() as connection:
            server = get_server(connection, call.query.server)
            site = get_site(connection, call.query.site)
            page = service.mapping_page(
                connection,
                find_pair(connection, server.id, site.id) or "",
                call.query.namespace,
                last_entity=call.query.last_entity,
                page_size=call.query.page_size,
                migration_id=call.query.migration_id,
                as_of=call.query.as_of,
            )
        return flask.Response(page, mimetype=JSON)


def _output(migration: Migration) -> MigrationOutput:
    return MigrationOutput(
        migration_id=migration.id,
        migration_scope_id=migration.pair_id,
        name=migration.name,
        core_status=migration.core_status,
        created_at=migration.created_at,
        server_key=migration.server_key,
        site_key=migration.site_key,
    )
