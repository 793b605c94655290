"""Reading attachments: what is known of them, and their bytes, checked on the way out."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, exists, select

from portway_cloud_site.addresses import download_link
from portway_cloud_site.attachments.files import FileStore, read_chunks
from portway_cloud_site.attachments.messages import Attachment, AttachmentsQuery
from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.tables import reservations
from portway_cloud_site.error_codes import FILE_DAMAGED
from portway_cloud_site.messages import Version, WebLinks
from portway_cloud_site.paging import ResultPage, both_ways, by_instant, read_page
from portway_cloud_site.queries import AnyRow, AnySelect, author, same_entity
from portway_cloud_site.sites.rules import Site
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

_ORDERS = {
    **both_ways("id", attachments.c.id, int),
    **by_instant("created-date", attachments.c.created_at),
    **by_instant("modified-date", attachments.c.created_at),
}


def select_attachments(site: Site) -> AnySelect:
    """Return the query for the attachments of a site whose bytes are here.

    Those that came ahead of what they hang on wait for it unseen.
    """
    return (
        select(
            attachments,
            author.c.account_id.label("author_account"),
            author.c.display_name.label("author_name"),
        )
        .outerjoin(author, same_entity(author, attachments.c.site_id, attachments.c.author_id))
        .where(
            attachments.c.site_id == site.id,
            attachments.c.stored.is_(True),
            ~exists().where(
                reservations.c.site_id == attachments.c.site_id,
                reservations.c.entity_id == attachments.c.container_id,
            ),
        )
    )


def list_attachments(
    connection: Connection,
    site: Site,
    container_id: int,
    query: AttachmentsQuery,
    *,
    media_types: list[str],
) -> ResultPage[Attachment]:
    """Return a page of the attachments of something."""
    statement = select_attachments(site).where(attachments.c.container_id == container_id)
    if query.filename is not None:
        statement = statement.where(attachments.c.title == query.filename)
    if media_types:
        statement = statement.where(attachments.c.media_type.in_(media_types))
    return read_page(
        connection,
        statement,
        query,
        id_column=attachments.c.id,
        orders=_ORDERS,
        as_result=as_attachment,
    )


def get_attachment(connection: Connection, site: Site, attachment_id: int) -> AnyRow:
    """Return the row of an attachment; refuse when it, or its bytes, are not there."""
    row = connection.execute(
        select_attachments(site).where(attachments.c.id == attachment_id)
    ).first()
    if row is None:
        raise Refusal(NOT_FOUND)
    return row


def find_by_name(
    connection: Connection,
    site: Site,
    container_id: int,
    title: str,
    *,
    attachment_id: int | None = None,
) -> AnyRow | None:
    """Return the attachment of this name, the newest when several have it, or None."""
    statement = select_attachments(site).where(
        attachments.c.container_id == container_id, attachments.c.title == title
    )
    if attachment_id is not None:
        statement = statement.where(attachments.c.id == attachment_id)
    return connection.execute(statement.order_by(attachments.c.id.desc()).limit(1)).first()


def as_attachment(row: AnyRow, *, base: str | None = None) -> Attachment:
    """Return an attachment as the product REST shows it; `base` stands in single answers only."""
    download = download_link(row.container_id, row.id, row.title, row.version)
    container: dict[str, str] = {}
    if row.container_kind == "page":
        container["page_id"] = str(row.container_id)
    elif row.container_kind == "blogPost":
        container["blog_post_id"] = str(row.container_id)
    links = {"webui": download, "download": download} | ({} if base is None else {"base": base})
    return Attachment(
        id=f"att{row.id}",
        status="current",
        title=row.title,
        created_at=row.created_at,
        **container,
        media_type=row.media_type,
        media_type_description=row.media_type,
        comment=row.comment or "",
        file_id=row.sha256,
        file_size=row.size_bytes,
        webui_link=download,
        download_link=download,
        version=Version(
            number=row.version,
            message=row.comment or "",
            minor_edit=False,
            author_id=row.author_account,
            created_at=row.created_at,
        ),
        links=WebLinks(**links),
    )


def checked_bytes(files: FileStore, site: Site, row: AnyRow) -> Iterator[bytes]:
    """Return the bytes of an attachment, checked against its SHA-256.

    The last chunk is held back until all before it proved right, so nobody receives the whole of a
    damaged file; a file of one chunk is refused before anything is sent.

    Raises:
        Refusal: `file_damaged`, at once when size or first chunk show it; later, it breaks off.
    """
    path = files.path(site.key, row.id, row.sha256)
    if not path.is_file():
        raise _damaged(row, "missing")
    if path.stat().st_size != row.size_bytes:
        raise _damaged(row, "of another size than was stored")
    chunks = _checked(path, row)
    first = next(chunks, b"")

    def all_chunks() -> Iterator[bytes]:
        yield first
        yield from chunks

    return all_chunks()


def _checked(path: Path, row: AnyRow) -> Iterator[bytes]:
    digest = hashlib.sha256()
    held = b""
    with path.open("rb", buffering=0) as file:
        for chunk in read_chunks(file):
            digest.update(chunk)
            if held:
                yield held
            held = chunk
    if digest.hexdigest() != row.sha256:
        raise _damaged(row, "other ones than were stored")
    yield held


def _damaged(row: AnyRow, problem: str) -> Refusal:
    return Refusal(FILE_DAMAGED, attachment_id=row.id, problem=problem)
