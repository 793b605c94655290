"""Sites and servers over the admin API."""

import flask

from portway_platform.admission import AdminMay
from portway_platform.services import Interfaces, Services
from portway_platform.sites import service
from portway_platform.sites.messages import ServerInput, ServerOutput, SiteInput, SiteOutput
from portway_platform.sites.service import Server, Site
from portway_service.endpoints import Call, as_response

MAKE = AdminMay("make sites and servers")
SEE = AdminMay("see sites and servers")


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin = interfaces.admin

    def site_output(site: Site) -> SiteOutput:
        return SiteOutput(
            site_key=site.key,
            site_id=site.id,
            name=site.name,
            product=site.product,
            region=site.region,
            base_url=site.base_url(services),
            client_key=site.client_key,
        )

    @admin.endpoint(
        "PUT",
        "/sites/<site_key>",
        access=MAKE,
        body=SiteInput,
        answers={200: SiteOutput, 201: SiteOutput},
    )
    def put_site(call: Call) -> flask.Response:
        site, is_new = service.put_site(services, call.path["site_key"], call.body)
        return as_response(site_output(site), 201 if is_new else 200)

    @admin.endpoint("GET", "/sites", access=SEE)
    def list_sites(call: Call) -> list[SiteOutput]:
        with services.database.read() as connection:
            return [site_output(site) for site in service.list_sites(connection)]

    @admin.endpoint("GET", "/sites/<site_key>", access=SEE)
    def get_site(call: Call) -> SiteOutput:
        with services.database.read() as connection:
            return site_output(service.get_site(connection, call.path["site_key"]))

    @admin.endpoint(
        "PUT",
        "/servers/<server_key>",
        access=MAKE,
        body=ServerInput,
        answers={200: ServerOutput, 201: ServerOutput},
    )
    def put_server(call: Call) -> flask.Response:
        server, is_new = service.put_server(services, call.path["server_key"], call.body)
        return as_response(_server_output(server), 201 if is_new else 200)

    @admin.endpoint("GET", "/servers", access=SEE)
    def list_servers(call: Call) -> list[ServerOutput]:
        with services.database.read() as connection:
            return [_server_output(server) for server in service.list_servers(connection)]

    @admin.endpoint("GET", "/servers/<server_key>", access=SEE)
    def get_server(call: Call) -> ServerOutput:
        with services.database.read() as connection:
            return _server_output(service.get_server(connection, call.path["server_key"]))


def _server_output(server: Server) -> ServerOutput:
    return ServerOutput(
        server_key=server.key,
        server_id=server.id,
        name=server.name,
        product=server.product,
        base_url=server.base_url,
    )
