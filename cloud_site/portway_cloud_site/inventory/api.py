"""`GET sources/{source}/inventory`."""

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.bulk.api import read_source
from portway_cloud_site.inventory.service import write_inventory
from portway_cloud_site.services import Interfaces, Services
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the inventory."""

    @interfaces.bulk.endpoint("GET", "/sources/<source>/inventory", access=SiteAccess.ADMIN)
    def get_inventory(call: Call) -> flask.Response:
        """Stream what the site holds now of everything that came from a source."""
        lines = write_inventory(services, call.admitted.site, read_source(call))
        return flask.Response(lines, mimetype="application/x-ndjson")
