"""`GET spaces` and `GET spaces/{id}`."""

from typing import Any

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.paging import list_response, read_id, read_ids, read_values
from portway_cloud_site.services import Interfaces, Services
from portway_cloud_site.spaces.messages import SpaceQuery
from portway_cloud_site.spaces.service import as_space, get_space, list_spaces
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the reading of spaces."""

    @interfaces.product.endpoint("GET", "/spaces", access=SiteAccess.READ, query=SpaceQuery)
    def get_spaces(call: Call) -> flask.Response:
        """Return a page of the spaces."""
        with services.database.read() as connection:
            page = list_spaces(
                connection,
                call.admitted.site,
                call.query,
                ids=read_ids(call.request, "ids"),
                keys=read_values(call.request, "keys"),
                types=read_values(call.request, "type"),
                statuses=read_values(call.request, "status"),
                viewer=call.admitted.viewer,
            )
        return list_response(services.addresses, call, page)

    @interfaces.product.endpoint(
        "GET", "/spaces/<space_id>", access=SiteAccess.READ, query=SpaceQuery
    )
    def get_one(call: Call) -> dict[str, Any]:
        """Return one space."""
        site, space_id = call.admitted.site, read_id(call.path["space_id"])
        with services.database.read() as connection:
            row = get_space(connection, site, space_id, call.admitted.viewer)
        base = services.addresses.base(site.key)
        return as_space(row, call.query.description_format, base=base).as_json()
