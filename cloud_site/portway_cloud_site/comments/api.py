"""Footer and inline comments: on pages and blog posts, one by one, and their answers."""

from typing import Any

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.comments import service
from portway_cloud_site.comments.messages import CommentQuery
from portway_cloud_site.content.service import get_content
from portway_cloud_site.content.tables import BLOG_POST, PAGE
from portway_cloud_site.paging import list_response, read_id
from portway_cloud_site.permissions.containers import refuse_hidden
from portway_cloud_site.services import Interfaces, Services
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the reading of comments."""
    for sort, inline in (("footer-comments", False), ("inline-comments", True)):
        for path, kind in (("pages", PAGE), ("blogposts", BLOG_POST)):
            _add_list(services, interfaces, f"/{path}/<content_id>/{sort}", kind, inline=inline)
        _add_one(services, interfaces, f"/{sort}/<comment_id>", inline=inline)
        _add_answers(services, interfaces, f"/{sort}/<comment_id>/children", inline=inline)


def _add_list(
    services: Services, interfaces: Interfaces, path: str, kind: str, *, inline: bool
) -> None:
    @interfaces.product.endpoint("GET", path, access=SiteAccess.READ, query=CommentQuery)
    def get_comments(call: Call) -> flask.Response:
        site, content_id = call.admitted.site, read_id(call.path["content_id"])
        with services.database.read() as connection:
            get_content(connection, site, kind, content_id, viewer=call.admitted.viewer)
            page = service.list_roots(connection, site, content_id, call.query, inline=inline)
        return list_response(services.addresses, call, page)


def _add_one(services: Services, interfaces: Interfaces, path: str, *, inline: bool) -> None:
    @interfaces.product.endpoint("GET", path, access=SiteAccess.READ, query=CommentQuery)
    def get_comment(call: Call) -> dict[str, Any]:
        site, comment_id = call.admitted.site, read_id(call.path["comment_id"])
        with services.database.read() as connection:
            row = service.get_comment(connection, site, comment_id, inline=inline)
            refuse_hidden(connection, site, call.admitted.viewer, "comment", comment_id)
        base = services.addresses.base(site.key)
        return service.as_comment(row, call.query.body_format, base=base).as_json()


def _add_answers(services: Services, interfaces: Interfaces, path: str, *, inline: bool) -> None:
    @interfaces.product.endpoint("GET", path, access=SiteAccess.READ, query=CommentQuery)
    def get_answers(call: Call) -> flask.Response:
        site, comment_id = call.admitted.site, read_id(call.path["comment_id"])
        with services.database.read() as connection:
            refuse_hidden(connection, site, call.admitted.viewer, "comment", comment_id)
            page = service.list_answers(connection, site, comment_id, call.query, inline=inline)
        return list_response(services.addresses, call, page)
