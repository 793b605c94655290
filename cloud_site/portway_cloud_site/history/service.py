"""Reading older versions, and the present one among them."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, select

from portway_cloud_site.addresses import download_link
from portway_cloud_site.content.rules import storage_value
from portway_cloud_site.content.tables import PAGE
from portway_cloud_site.history.messages import (
    ContentVersion,
    FileVersion,
    Versioned,
    VersionedFile,
)
from portway_cloud_site.history.tables import attachment_versions, versions
from portway_cloud_site.messages import Body, BodyValue
from portway_cloud_site.queries import AnyRow, AnySelect, author, same_entity
from portway_cloud_site.sites.rules import Site
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal


@dataclass(frozen=True)
class Line:
    """A version in the list of a history. `row_id` is None for the present one."""

    row_id: int | None
    number: int
    title: str
    message: str
    author_id: str | None
    author_name: str | None
    created_at: Any
    representation: str = "storage"
    body: str | None = None


def read_history(
    connection: Connection, site: Site, content: AnyRow, *, with_body: bool = False
) -> list[Line]:
    """Return every version of a page or blog post, the newest first.

    Where the source had a number twice, the later of the two comes first.
    """
    present = Line(
        row_id=None,
        number=content.version,
        title=content.title,
        message=content.version_message or "",
        author_id=content.last_author_account or content.author_account,
        author_name=content.last_author_name or content.author_name,
        created_at=content.updated_at or content.created_at,
        representation=content.representation,
        body=content.body if with_body else None,
    )
    statement = _select_versions(site, with_body=with_body).where(
        versions.c.content_id == content.id
    )
    rows = connection.execute(
        statement.order_by(
            versions.c.version.desc(), versions.c.created_at.desc(), versions.c.id.desc()
        )
    )
    older = [
        Line(
            row_id=row.id,
            number=row.version,
            title=row.title,
            message=row.message or "",
            author_id=row.author_account,
            author_name=row.author_name,
            created_at=row.created_at,
            representation=row.representation,
            body=row.body if with_body else None,
        )
        for row in rows
    ]
    return [present, *older]


def get_version(connection: Connection, site: Site, content: AnyRow, number: int) -> Any:
    """Return the content as a version of this number was; refuse when there is none."""
    row = connection.execute(
        _select_versions(site, with_body=True)
        .where(versions.c.content_id == content.id, versions.c.version == number)
        .order_by(versions.c.created_at.desc(), versions.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise Refusal(NOT_FOUND)
    then = {
        "title": row.title,
        "representation": row.representation,
        "body": row.body,
        "version": row.version,
        "version_message": row.message,
        "last_author_account": row.author_account,
        "last_author_name": row.author_name,
        "updated_at": row.created_at,
    }
    return SimpleNamespace(**(dict(content._mapping) | then))


def get_file_version(connection: Connection, site: Site, attachment: AnyRow, number: int) -> Any:
    """Return the attachment as a version of this number was; refuse when it is not here."""
    row = connection.execute(
        _select_file_versions(site)
        .where(
            attachment_versions.c.attachment_id == attachment.id,
            attachment_versions.c.version == number,
        )
        .order_by(attachment_versions.c.created_at.desc(), attachment_versions.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise Refusal(NOT_FOUND)
    return row


def read_file_history(connection: Connection, site: Site, attachment: AnyRow) -> list[AnyRow]:
    """Return the older versions of a file whose bytes are here, the newest first."""
    columns = attachment_versions.c
    rows = connection.execute(
        _select_file_versions(site)
        .where(columns.attachment_id == attachment.id)
        .order_by(columns.version.desc(), columns.created_at.desc(), columns.id.desc())
    )
    return list(rows)


def as_version(line: Line, content: AnyRow, *, with_body: bool) -> ContentVersion:
    """Return a version as the product REST shows it."""
    body = Body()
    if with_body and line.body is not None:
        value = storage_value(line.representation, line.body)
        body = Body(storage=BodyValue(representation="storage", value=value))
    of = Versioned(id=str(content.id), title=line.title, body=body)
    return ContentVersion(
        number=line.number,
        message=line.message,
        minor_edit=False,
        author_id=line.author_id,
        created_at=line.created_at,
        **({"page": of} if content.kind == PAGE else {"blogpost": of}),
    )


def as_file_version(row: AnyRow, attachment: AnyRow) -> FileVersion:
    """Return a version of a file as the product REST shows it."""
    link = download_link(attachment.container_id, attachment.id, attachment.title, row.version)
    return FileVersion(
        number=row.version,
        message=row.comment or "",
        minor_edit=False,
        author_id=row.author_account,
        created_at=row.created_at,
        attachment=VersionedFile(
            id=f"att{attachment.id}",
            title=row.title,
            media_type=row.media_type,
            file_id=row.sha256,
            file_size=row.size_bytes,
            download_link=link,
        ),
    )


def _select_versions(site: Site, *, with_body: bool) -> AnySelect:
    columns = [column for column in versions.c if with_body or column.name != "body"]
    return (
        select(
            *columns,
            author.c.account_id.label("author_account"),
            author.c.display_name.label("author_name"),
        )
        .outerjoin(author, same_entity(author, versions.c.site_id, versions.c.author_id))
        .where(versions.c.site_id == site.id)
    )


def _select_file_versions(site: Site) -> AnySelect:
    columns = attachment_versions.c
    return (
        select(
            attachment_versions,
            author.c.account_id.label("author_account"),
            author.c.display_name.label("author_name"),
        )
        .outerjoin(author, same_entity(author, columns.site_id, columns.author_id))
        .where(columns.site_id == site.id, columns.stored.is_(True))
    )
