"""`GET pages/{id}/labels` and the same for blog posts."""

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.content.service import get_content
from portway_cloud_site.content.tables import BLOG_POST, PAGE
from portway_cloud_site.labels.service import list_labels
from portway_cloud_site.paging import ListQuery, list_response, read_id, read_values
from portway_cloud_site.services import Interfaces, Services
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the reading of labels."""
    for path, kind in (("pages", PAGE), ("blogposts", BLOG_POST)):
        _add_list(services, interfaces, f"/{path}/<content_id>/labels", kind)


def _add_list(services: Services, interfaces: Interfaces, path: str, kind: str) -> None:
    @interfaces.product.endpoint("GET", path, access=SiteAccess.READ, query=ListQuery)
    def get_labels(call: Call) -> flask.Response:
        site, content_id = call.admitted.site, read_id(call.path["content_id"])
        with services.database.read() as connection:
            get_content(connection, site, kind, content_id, viewer=call.admitted.viewer)
            page = list_labels(
                connection,
                site,
                content_id,
                call.query,
                prefixes=read_values(call.request, "prefix"),
            )
        return list_response(services.addresses, call, page)
