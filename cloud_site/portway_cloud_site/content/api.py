"""Pages and blog posts: lists, one by one, children; create and update pages."""

from typing import Any

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.content import service
from portway_cloud_site.content.messages import (
    ContentQuery,
    OneContentQuery,
    PageCreate,
    PageCreateQuery,
    PageUpdate,
)
from portway_cloud_site.content.tables import BLOG_POST, CURRENT, PAGE
from portway_cloud_site.history.service import get_version
from portway_cloud_site.paging import ListQuery, list_response, read_id, read_ids, read_values
from portway_cloud_site.rendering.service import content_body
from portway_cloud_site.services import Interfaces, Services, Visit
from portway_cloud_site.spaces.service import get_space
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add everything about pages and blog posts."""
    for path, kind in (("pages", PAGE), ("blogposts", BLOG_POST)):
        _add_lists(services, interfaces, path, kind)
        _add_one(services, interfaces, path, kind)
    _add_children(services, interfaces)
    _add_writing(services, interfaces)


def _add_lists(services: Services, interfaces: Interfaces, path: str, kind: str) -> None:
    @interfaces.product.endpoint("GET", f"/{path}", access=SiteAccess.READ, query=ContentQuery)
    def get_contents(call: Call) -> flask.Response:
        """Return a page of the site's content of this kind."""
        with services.database.read() as connection:
            page = service.list_contents(
                connection,
                call.admitted.site,
                kind,
                call.query,
                ids=read_ids(call.request, "id"),
                space_ids=read_ids(call.request, "space-id"),
                statuses=_statuses(call, kind),
                viewer=call.admitted.viewer,
            )
        return list_response(services.addresses, call, page)

    @interfaces.product.endpoint(
        "GET", f"/spaces/<space_id>/{path}", access=SiteAccess.READ, query=ContentQuery
    )
    def get_contents_of_space(call: Call) -> flask.Response:
        """Return a page of a space's content of this kind."""
        site, space_id = call.admitted.site, read_id(call.path["space_id"])
        with services.database.read() as connection:
            get_space(connection, site, space_id, call.admitted.viewer)
            page = service.list_contents(
                connection,
                site,
                kind,
                call.query,
                space_ids=[space_id],
                statuses=_statuses(call, kind),
                viewer=call.admitted.viewer,
            )
        return list_response(services.addresses, call, page)


def _statuses(call: Call, kind: str) -> list[str]:
    """Return the statuses asked for; as in Cloud, all of pages, and of blog posts the current."""
    return read_values(call.request, "status") or ([CURRENT] if kind == BLOG_POST else [])


def _add_one(services: Services, interfaces: Interfaces, path: str, kind: str) -> None:
    @interfaces.product.endpoint(
        "GET", f"/{path}/<content_id>", access=SiteAccess.READ, query=OneContentQuery
    )
    def get_content(call: Call) -> dict[str, Any]:
        """Return one page or blog post, as it is or as an older version was."""
        site, content_id = call.admitted.site, read_id(call.path["content_id"])
        wanted = call.query.version
        with services.database.read() as connection:
            row: Any = service.get_content(
                connection, site, kind, content_id, with_body=True, viewer=call.admitted.viewer
            )
            if wanted is not None and wanted != row.version:
                row = get_version(connection, site, row, wanted)
            body = content_body(services, connection, site, row, call.query.body_format)
        base = services.addresses.base(site.key)
        return service.as_content(row, body=body, base=base).as_json()


def _add_children(services: Services, interfaces: Interfaces) -> None:
    @interfaces.product.endpoint(
        "GET", "/pages/<page_id>/children", access=SiteAccess.READ, query=ListQuery
    )
    def get_children(call: Call) -> flask.Response:
        """Return a page of a page's children, in the order of the tree."""
        site, page_id = call.admitted.site, read_id(call.path["page_id"])
        with services.database.read() as connection:
            page = service.list_children(
                connection, site, page_id, call.query, viewer=call.admitted.viewer
            )
        return list_response(services.addresses, call, page)


def _add_writing(services: Services, interfaces: Interfaces) -> None:
    limit = services.limits.batch_bytes

    @interfaces.product.endpoint(
        "POST",
        "/pages",
        access=SiteAccess.WRITE,
        query=PageCreateQuery,
        body=PageCreate,
        max_body_bytes=limit,
    )
    def create_page(call: Call) -> dict[str, Any]:
        """Create a page; the caller is its author."""
        visit = call.admitted
        page_id = service.create_page(services, visit, call.body, root_level=call.query.root_level)
        return _show_page(services, visit, page_id)

    @interfaces.product.endpoint(
        "PUT",
        "/pages/<page_id>",
        access=SiteAccess.WRITE,
        body=PageUpdate,
        max_body_bytes=limit,
    )
    def update_page(call: Call) -> dict[str, Any]:
        """Write a page's next version; one made on an older version is refused."""
        visit, page_id = call.admitted, read_id(call.path["page_id"])
        service.update_page(services, visit, page_id, call.body)
        return _show_page(services, visit, page_id)


def _show_page(services: Services, visit: Visit, page_id: int) -> dict[str, Any]:
    with services.database.read() as connection:
        row = service.get_content(connection, visit.site, PAGE, page_id, with_body=True)
        body = content_body(services, connection, visit.site, row, "storage")
    base = services.addresses.base(visit.site.key)
    return service.as_content(row, body=body, base=base).as_json()
