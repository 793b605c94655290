"""`rest/api/content/{id}/child/attachment`: apps put files on pages and blog posts."""

from typing import Any

import flask
from sqlalchemy import insert, select, update
from werkzeug.datastructures import FileStorage

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.addresses import download_link
from portway_cloud_site.attachments.files import Placed, read_chunks
from portway_cloud_site.attachments.reading import get_attachment
from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.content.service import get_content
from portway_cloud_site.error_codes import FILE_NAME_TAKEN
from portway_cloud_site.paging import read_id
from portway_cloud_site.people.service import ensure_actor
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.services import Interfaces, Services, Visit
from portway_cloud_site.sites.service import writing
from portway_service.endpoints import Call, invalid_fields
from portway_service.errors import Refusal

MAX_NAME = 500
UNKNOWN_TYPE = "application/octet-stream"


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the uploading of files."""
    path = "/content/<content_id>/child/attachment"

    @interfaces.classic.endpoint("POST", path, access=SiteAccess.WRITE)
    def create_attachments(call: Call) -> dict[str, Any]:
        """Put files on a page or blog post; a name that is there already is refused."""
        return _take(services, call, replace=False)

    @interfaces.classic.endpoint("PUT", path, access=SiteAccess.WRITE)
    def put_attachments(call: Call) -> dict[str, Any]:
        """Put files on a page or blog post, or the next versions of those it has."""
        return _take(services, call, replace=True)


def _take(services: Services, call: Call, *, replace: bool) -> dict[str, Any]:
    request: flask.Request = call.request
    visit, content_id = call.admitted, read_id(call.path["content_id"])
    with services.database.read() as connection:
        get_content(connection, visit.site, None, content_id, viewer=visit.viewer)
    files = request.files.getlist("file")
    if not files:
        raise invalid_fields([{"field": "file", "problem": "no file is in the form"}])
    comment = request.form.get("comment")
    ids = [_store(services, visit, content_id, file, comment, replace=replace) for file in files]
    with services.database.read() as connection:
        results = [as_v1(get_attachment(connection, visit.site, one)) for one in ids]
    return {"results": results, "start": 0, "limit": 50, "size": len(results)}


def _store(
    services: Services,
    visit: Visit,
    content_id: int,
    file: FileStorage,
    comment: str | None,
    *,
    replace: bool,
) -> int:
    """Keep one file: its bytes are on disk before the row says that they are there."""
    name = (file.filename or "").rpartition("/")[2].strip()
    if not name or len(name) > MAX_NAME or "\x00" in name:
        raise invalid_fields([{"field": "file", "problem": "the file has no usable name"}])
    site = visit.site
    received = services.files.receive(read_chunks(file.stream))
    superseded: AnyRow | None = None
    try:
        with writing(services.database, site) as writer:
            content = get_content(writer.connection, site, None, content_id, viewer=visit.viewer)
            here = (
                attachments.c.site_id == site.id,
                attachments.c.container_id == content_id,
                attachments.c.title == name,
                attachments.c.stored.is_(True),
            )
            newest = select(attachments).where(*here).order_by(attachments.c.id.desc()).limit(1)
            superseded = writer.connection.execute(newest).first()
            if superseded is not None and not replace:
                raise Refusal(FILE_NAME_TAKEN, name=name)
            attachment_id = writer.take_id() if superseded is None else int(superseded.id)
            services.files.place(site.key, [Placed(received, attachment_id)])
            values = {
                "media_type": (file.mimetype or UNKNOWN_TYPE)[:255],
                "comment": comment,
                "size_bytes": received.size_bytes,
                "sha256": received.sha256,
                "stored": True,
                "author_id": ensure_actor(writer, visit.caller, clock=services.clock),
                "created_at": services.clock.now(),
            }
            if superseded is None:
                values |= {
                    "site_id": site.id,
                    "id": attachment_id,
                    "container_id": content_id,
                    "container_kind": content.kind,
                    "title": name,
                    "version": 1,
                    "revision": 1,
                }
                writer.connection.execute(insert(attachments).values(**values))
            else:
                values |= {
                    "version": superseded.version + 1,
                    "revision": superseded.revision + 1,
                }
                where = (attachments.c.site_id == site.id, attachments.c.id == attachment_id)
                writer.connection.execute(update(attachments).where(*where).values(**values))
    finally:
        services.files.drop(received)
    if superseded is not None and superseded.sha256 != received.sha256:
        services.files.discard(site.key, attachment_id, superseded.sha256)
    return attachment_id


def as_v1(row: AnyRow) -> dict[str, Any]:
    """Return an attachment in the shape of the first version of the product REST."""
    return {
        "id": f"att{row.id}",
        "type": "attachment",
        "status": "current",
        "title": row.title,
        "metadata": {"mediaType": row.media_type, "comment": row.comment or ""},
        "extensions": {"mediaType": row.media_type, "fileSize": row.size_bytes},
        "version": {"number": row.version},
        "_links": {"download": download_link(row.container_id, row.id, row.title, row.version)},
    }
