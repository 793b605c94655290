"""`GET` and `DELETE trash`."""

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.services import Interfaces, Services
from portway_cloud_site.trash.service import empty_trash, list_trash
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the trash."""

    @interfaces.bulk.endpoint("GET", "/trash", access=SiteAccess.ADMIN)
    def get_trash(call: Call) -> flask.Response:
        """Stream what lies in the trash."""
        lines = list_trash(services, call.admitted.site)
        return flask.Response(lines, mimetype="application/x-ndjson")

    @interfaces.bulk.endpoint("DELETE", "/trash", access=SiteAccess.ADMIN)
    def delete_trash(call: Call) -> dict[str, int]:
        """Empty the trash, for good."""
        return {"deleted": empty_trash(services, call.admitted.site)}
