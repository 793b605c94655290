"""Reading comments: the roots of threads on something, and the answers below a comment."""

from typing import Any

from sqlalchemy import Connection, func, select

from portway_cloud_site.addresses import content_link
from portway_cloud_site.comments.messages import Comment, CommentQuery, InlineProperties
from portway_cloud_site.comments.tables import comments
from portway_cloud_site.content.rules import storage_value
from portway_cloud_site.content.tables import contents
from portway_cloud_site.messages import Body, BodyValue, Version, WebLinks
from portway_cloud_site.paging import ResultPage, both_ways, by_instant, read_page
from portway_cloud_site.queries import AnyRow, AnySelect, author, last_author, same_entity
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.spaces.tables import spaces
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

_ORDERS = {
    **both_ways("id", comments.c.id, int),
    **by_instant("created-date", comments.c.created_at),
    **by_instant("modified-date", func.coalesce(comments.c.updated_at, comments.c.created_at)),
}
_CONTAINER_FIELDS = {"page": "page_id", "blogPost": "blog_post_id", "attachment": "attachment_id"}


def select_comments(site: Site) -> AnySelect:
    """Return the query for the comments of a site, with their authors and containers."""
    return (
        select(
            comments,
            contents.c.kind.label("content_kind"),
            contents.c.title.label("content_title"),
            spaces.c.key.label("space_key"),
            author.c.account_id.label("author_account"),
            author.c.display_name.label("author_name"),
            last_author.c.account_id.label("last_author_account"),
            last_author.c.display_name.label("last_author_name"),
        )
        .outerjoin(contents, same_entity(contents, comments.c.site_id, comments.c.container_id))
        .outerjoin(spaces, same_entity(spaces, comments.c.site_id, contents.c.space_id))
        .outerjoin(author, same_entity(author, comments.c.site_id, comments.c.author_id))
        .outerjoin(
            last_author, same_entity(last_author, comments.c.site_id, comments.c.last_author_id)
        )
        .where(comments.c.site_id == site.id)
    )


def list_roots(
    connection: Connection, site: Site, container_id: int, query: CommentQuery, *, inline: bool
) -> ResultPage[Comment]:
    """Return a page of the comments on something that answer no other comment."""
    statement = select_comments(site).where(
        comments.c.container_id == container_id,
        comments.c.parent_id.is_(None),
        comments.c.inline.is_(inline),
    )
    return _read(connection, statement, query)


def list_answers(
    connection: Connection, site: Site, comment_id: int, query: CommentQuery, *, inline: bool
) -> ResultPage[Comment]:
    """Return a page of the answers to a comment."""
    get_comment(connection, site, comment_id, inline=inline)
    return _read(connection, select_comments(site).where(comments.c.parent_id == comment_id), query)


def get_comment(connection: Connection, site: Site, comment_id: int, *, inline: bool) -> AnyRow:
    """Return the row of a comment of one sort; refuse when it is not there."""
    row = connection.execute(
        select_comments(site).where(comments.c.id == comment_id, comments.c.inline.is_(inline))
    ).first()
    if row is None:
        raise Refusal(NOT_FOUND)
    return row


def as_comment(row: AnyRow, body_format: str | None, *, base: str | None = None) -> Comment:
    """Return a comment as the product REST shows it; `base` stands in single answers only."""
    fields: dict[str, Any] = {
        _CONTAINER_FIELDS[row.container_kind]: str(row.container_id),
        "links": WebLinks(**_links(row), **({} if base is None else {"base": base})),
    }
    if row.parent_id is not None:
        fields["parent_comment_id"] = str(row.parent_id)
    if row.inline:
        fields["resolution_status"] = "resolved" if row.resolved else "open"
        fields["properties"] = InlineProperties(
            inline_marker_ref=row.marker_ref,
            inline_original_selection=row.selection,
            old_marker_ref=row.marker_ref,
            old_original_selection=row.selection,
        )
    body = Body()
    if body_format is not None:
        value = storage_value(row.representation, row.body)
        body = Body(storage=BodyValue(representation="storage", value=value))
    return Comment(
        id=str(row.id),
        status="current",
        title=f"Re: {row.content_title}" if row.content_title else "",
        version=Version(
            number=row.version,
            message="",
            minor_edit=False,
            author_id=row.last_author_account or row.author_account,
            created_at=row.updated_at or row.created_at,
        ),
        body=body,
        **fields,
    )


def _links(row: AnyRow) -> dict[str, str]:
    if row.content_kind is None:
        return {}
    page = content_link(row.space_key, row.content_kind, row.container_id, row.content_title)
    return {"webui": f"{page}?focusedCommentId={row.id}#comment-{row.id}"}


def _read(connection: Connection, statement: AnySelect, query: CommentQuery) -> ResultPage[Comment]:
    return read_page(
        connection,
        statement,
        query,
        id_column=comments.c.id,
        orders=_ORDERS,
        as_result=lambda row: as_comment(row, query.body_format),
    )
