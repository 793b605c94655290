"""`GET pages/{id}/versions`, the same for blog posts, and for files."""

from typing import Any

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.attachments.reading import get_attachment
from portway_cloud_site.content.service import get_content
from portway_cloud_site.content.tables import BLOG_POST, PAGE
from portway_cloud_site.history.messages import VersionsQuery
from portway_cloud_site.history.service import (
    as_file_version,
    as_version,
    read_file_history,
    read_history,
)
from portway_cloud_site.paging import ListQuery, list_response, read_id, slice_page
from portway_cloud_site.permissions.containers import refuse_hidden
from portway_cloud_site.services import Interfaces, Services
from portway_service.endpoints import Call
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the reading of older versions."""
    for path, kind in (("pages", PAGE), ("blogposts", BLOG_POST)):
        _add_content(services, interfaces, f"/{path}/<content_id>/versions", kind)
    _add_files(services, interfaces)


def _add_content(services: Services, interfaces: Interfaces, path: str, kind: str) -> None:
    @interfaces.product.endpoint("GET", path, access=SiteAccess.READ, query=VersionsQuery)
    def get_versions(call: Call) -> flask.Response:
        """Return a page of the versions of something, the newest first."""
        visit, content_id = call.admitted, read_id(call.path["content_id"])
        with_body = call.query.body_format is not None
        with services.database.read() as connection:
            content = get_content(
                connection, visit.site, kind, content_id, with_body=True, viewer=visit.viewer
            )
            lines = read_history(connection, visit.site, content, with_body=with_body)
        page = slice_page(
            lines,
            call.query,
            as_result=lambda line: as_version(line, content, with_body=with_body),
        )
        return list_response(services.addresses, call, page)

    @interfaces.product.endpoint("GET", f"{path}/<number>", access=SiteAccess.READ)
    def get_one_version(call: Call) -> dict[str, Any]:
        """Return one version with its body."""
        visit, content_id = call.admitted, read_id(call.path["content_id"])
        number = read_id(call.path["number"], "version")
        with services.database.read() as connection:
            content = get_content(
                connection, visit.site, kind, content_id, with_body=True, viewer=visit.viewer
            )
            lines = read_history(connection, visit.site, content, with_body=True)
        for line in lines:
            if line.number == number:
                return as_version(line, content, with_body=True).as_json()
        raise Refusal(NOT_FOUND)


def _add_files(services: Services, interfaces: Interfaces) -> None:
    @interfaces.product.endpoint(
        "GET", "/attachments/<attachment_id>/versions", access=SiteAccess.READ, query=ListQuery
    )
    def get_file_versions(call: Call) -> flask.Response:
        """Return a page of the versions of a file, the newest first."""
        visit = call.admitted
        attachment_id = read_id(call.path["attachment_id"], prefix="att")
        with services.database.read() as connection:
            attachment = get_attachment(connection, visit.site, attachment_id)
            refuse_hidden(connection, visit.site, visit.viewer, "attachment", attachment_id)
            rows = [attachment, *read_file_history(connection, visit.site, attachment)]
        page = slice_page(rows, call.query, as_result=lambda row: as_file_version(row, attachment))
        return list_response(services.addresses, call, page)
