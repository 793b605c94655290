"""`GET sources/{source}/groups`: which groups a site has, for whoever is about to send some."""

from collections.abc import Iterator

import flask
import orjson

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.bulk.api import read_source
from portway_cloud_site.groups.service import list_groups, list_permissions
from portway_cloud_site.services import Interfaces, Services
from portway_cloud_site.sites.rules import Site
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the list of groups."""

    @interfaces.bulk.endpoint("GET", "/sources/<source>/groups", access=SiteAccess.ADMIN)
    def get_groups(call: Call) -> flask.Response:
        """Stream every group of the site, and which of them stand for one of the source."""
        lines = _lines(services, call.admitted.site, read_source(call))
        return flask.Response(lines, mimetype="application/x-ndjson")


def _lines(services: Services, site: Site, source: str) -> Iterator[bytes]:
    count = 0
    with services.database.read() as connection:
        for row in list_groups(connection, site, source):
            count += 1
            line = {
                "id": row.group_id,
                "name": row.name,
                "members": row.members,
                "sourceKey": row.source_key,
                "permissions": [],
            }
            if row.source_key is None:
                line["permissions"] = list_permissions(connection, site, row.id)
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    yield orjson.dumps({"end": True, "items": count}, option=orjson.OPT_APPEND_NEWLINE)
