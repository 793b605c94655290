"""Attachments: read them, fetch their bytes, and send the bytes through the bulk door."""

from typing import Any
from urllib.parse import quote

import flask
from werkzeug.routing import BaseConverter

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.attachments import reading, service
from portway_cloud_site.attachments.messages import AttachmentsQuery, SourceKeyQuery
from portway_cloud_site.attachments.rules import is_shown_inline, served_media_type
from portway_cloud_site.bulk.api import read_source
from portway_cloud_site.content.service import get_content
from portway_cloud_site.content.tables import BLOG_POST, PAGE
from portway_cloud_site.history.service import get_file_version
from portway_cloud_site.paging import list_response, read_id, read_values
from portway_cloud_site.permissions.containers import refuse_hidden
from portway_cloud_site.services import Interfaces, Services
from portway_service.endpoints import Call, as_response
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal


class FileNameConverter(BaseConverter):
    """The rest of an address, whatever characters the name of a file has."""

    regex = r"[\s\S]+"
    part_isolating = False


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add everything about attachments."""
    for path, kind in (("pages", PAGE), ("blogposts", BLOG_POST)):
        _add_list(services, interfaces, f"/{path}/<content_id>/attachments", kind)
    _add_reading(services, interfaces)
    _add_storing(services, interfaces)


def _add_list(services: Services, interfaces: Interfaces, path: str, kind: str) -> None:
    @interfaces.product.endpoint("GET", path, access=SiteAccess.READ, query=AttachmentsQuery)
    def get_attachments(call: Call) -> flask.Response:
        site, content_id = call.admitted.site, read_id(call.path["content_id"])
        with services.database.read() as connection:
            get_content(connection, site, kind, content_id, viewer=call.admitted.viewer)
            page = reading.list_attachments(
                connection,
                site,
                content_id,
                call.query,
                media_types=read_values(call.request, "mediaType"),
            )
        return list_response(services.addresses, call, page)


def _add_reading(services: Services, interfaces: Interfaces) -> None:
    @interfaces.product.endpoint("GET", "/attachments/<attachment_id>", access=SiteAccess.READ)
    def get_attachment(call: Call) -> dict[str, Any]:
        site = call.admitted.site
        attachment_id = read_id(call.path["attachment_id"], prefix="att")
        with services.database.read() as connection:
            row = reading.get_attachment(connection, site, attachment_id)
            refuse_hidden(connection, site, call.admitted.viewer, "attachment", attachment_id)
        return reading.as_attachment(row, base=services.addresses.base(site.key)).as_json()

    @interfaces.downloads.endpoint(
        "GET", "/attachments/<container_id>/<file_name:file_name>", access=SiteAccess.READ
    )
    def download(call: Call) -> flask.Response:
        """Send the bytes, checked against their SHA-256; parts of them when asked for parts."""
        site = call.admitted.site
        wanted = call.request.args.get("id")
        version = call.request.args.get("version")
        with services.database.read() as connection:
            row: Any = reading.find_by_name(
                connection,
                site,
                read_id(call.path["container_id"]),
                call.path["file_name"],
                attachment_id=None if wanted is None else read_id(wanted, prefix="att"),
            )
            if row is None:
                raise Refusal(NOT_FOUND)
            refuse_hidden(connection, site, call.admitted.viewer, "attachment", row.id)
            if version is not None and version != str(row.version):
                row = get_file_version(connection, site, row, read_id(version, "version"))
        if call.request.if_none_match.contains(row.sha256):
            response = flask.Response(status=304)
        elif call.request.headers.get("Range"):
            path = services.files.path(site.key, row.id, row.sha256)
            response = flask.send_file(path, conditional=True, etag=row.sha256)
        else:
            response = flask.Response(reading.checked_bytes(services.files, site, row))
            response.content_length = row.size_bytes
            response.headers["Accept-Ranges"] = "bytes"
        response.set_etag(row.sha256)
        return _guard(response, row.title, row.media_type)


def _guard(response: flask.Response, title: str, media_type: str) -> flask.Response:
    """Tell browsers to run nothing of what strangers wrote."""
    disposition = "inline" if is_shown_inline(media_type) else "attachment"
    response.content_type = served_media_type(media_type)
    response.headers["Content-Disposition"] = (
        f"{disposition}; filename*=UTF-8''{quote(title, safe='')}"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    return response


def _add_storing(services: Services, interfaces: Interfaces) -> None:
    @interfaces.bulk.endpoint(
        "PUT", "/sources/<source>/files", access=SiteAccess.ADMIN, query=SourceKeyQuery
    )
    def put_file(call: Call) -> flask.Response:
        """Keep the bytes of one attachment."""
        result = service.store_file(
            services,
            call.admitted.site,
            read_source(call),
            call.query.source_key,
            call.request.stream,
            declared_bytes=call.request.content_length,
        )
        return as_response(result, 201 if result["outcome"] == "created" else 200)

    @interfaces.bulk.endpoint("POST", "/sources/<source>/files", access=SiteAccess.ADMIN)
    def post_files(call: Call) -> dict[str, Any]:
        """Keep the bytes of many attachments, framed one after the other."""
        results = service.store_files(
            services, call.admitted.site, read_source(call), call.request.stream
        )
        return {"results": results}
