"""Reading, creating and updating pages and blog posts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, true, update

from portway_cloud_site.addresses import content_link, tiny_link
from portway_cloud_site.content.messages import (
    BlogPost,
    ChildPage,
    ContentQuery,
    Page,
    PageCreate,
    PageUpdate,
)
from portway_cloud_site.content.rules import storage_value
from portway_cloud_site.content.tables import CURRENT, PAGE, contents
from portway_cloud_site.error_codes import TITLE_TAKEN, VERSION_CONFLICT
from portway_cloud_site.history.keeping import keep_version
from portway_cloud_site.messages import Body, BodyValue, Version, WebLinks
from portway_cloud_site.paging import (
    ListQuery,
    ResultPage,
    both_ways,
    by_instant,
    read_page,
)
from portway_cloud_site.people.service import ensure_actor
from portway_cloud_site.permissions.viewer import EVERYTHING, Viewer
from portway_cloud_site.queries import AnyRow, AnySelect, author, last_author, same_entity
from portway_cloud_site.services import Services, Visit
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import SiteWriter, writing
from portway_cloud_site.spaces.tables import spaces
from portway_service.endpoints import invalid_fields
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal
from portway_service.folding import fold

LAST_POSITION = (1 << 63) - 1

position_order = func.coalesce(contents.c.position, LAST_POSITION)

_ORDERS = {
    **both_ways("id", contents.c.id, int),
    **both_ways("title", contents.c.title, str),
    **by_instant("created-date", contents.c.created_at),
    **by_instant("modified-date", func.coalesce(contents.c.updated_at, contents.c.created_at)),
}
_CHILD_ORDERS = {**_ORDERS, **both_ways("child-position", position_order, int)}


def select_contents(
    site: Site, kind: str | None, *, with_body: bool, viewer: Viewer = EVERYTHING
) -> AnySelect:
    """Return the query for the pages or blog posts (None: both) a viewer sees, with space key and
    authors."""
    columns = [column for column in contents.c if with_body or column.name != "body"]
    statement = (
        select(
            *columns,
            spaces.c.key.label("space_key"),
            author.c.account_id.label("author_account"),
            author.c.display_name.label("author_name"),
            last_author.c.account_id.label("last_author_account"),
            last_author.c.display_name.label("last_author_name"),
        )
        .join(spaces, same_entity(spaces, contents.c.site_id, contents.c.space_id))
        .outerjoin(author, same_entity(author, contents.c.site_id, contents.c.author_id))
        .outerjoin(
            last_author, same_entity(last_author, contents.c.site_id, contents.c.last_author_id)
        )
        .where(
            contents.c.site_id == site.id,
            true() if kind is None else contents.c.kind == kind,
            spaces.c.trashed_at.is_(None),
        )
    )
    return viewer.limit(statement, site, space_id=contents.c.space_id, content_id=contents.c.id)


def list_contents(
    connection: Connection,
    site: Site,
    kind: str,
    query: ContentQuery,
    *,
    ids: Sequence[int] = (),
    space_ids: Sequence[int] = (),
    statuses: Sequence[str] = (),
    viewer: Viewer = EVERYTHING,
) -> ResultPage[Page | BlogPost]:
    """Return a page of the site's pages or blog posts. An empty filter filters nothing."""
    with_body = query.body_format is not None
    statement = select_contents(site, kind, with_body=with_body, viewer=viewer)
    if ids:
        statement = statement.where(contents.c.id.in_(ids))
    if space_ids:
        statement = statement.where(contents.c.space_id.in_(space_ids))
    if statuses:
        statement = statement.where(contents.c.status.in_(statuses))
    if query.depth == "root":
        statement = statement.where(contents.c.parent_id.is_(None))
    if query.title is not None and kind == PAGE:
        statement = statement.where(contents.c.title_key == fold(query.title))
    elif query.title is not None:
        statement = statement.where(contents.c.title == query.title)
    return read_page(
        connection,
        statement,
        query,
        id_column=contents.c.id,
        orders=_ORDERS,
        as_result=lambda row: as_content(row, body=_storage(row) if with_body else Body()),
    )


def list_children(
    connection: Connection,
    site: Site,
    page_id: int,
    query: ListQuery,
    *,
    viewer: Viewer = EVERYTHING,
) -> ResultPage[ChildPage]:
    """Return a page of the current children of a page, in the order of the tree."""
    parent = get_content(connection, site, PAGE, page_id, viewer=viewer)
    statement = select(
        contents.c.id,
        contents.c.status,
        contents.c.title,
        contents.c.space_id,
        contents.c.position,
    ).where(
        contents.c.site_id == site.id,
        contents.c.space_id == parent.space_id,
        contents.c.parent_id == page_id,
        contents.c.status == CURRENT,
    )
    statement = viewer.limit(
        statement, site, space_id=contents.c.space_id, content_id=contents.c.id
    )
    return read_page(
        connection,
        statement,
        query,
        id_column=contents.c.id,
        orders=_CHILD_ORDERS,
        default="child-position",
        as_result=lambda row: ChildPage(
            id=str(row.id),
            status=row.status,
            title=row.title,
            space_id=str(row.space_id),
            child_position=row.position,
        ),
    )


def find_content(
    connection: Connection,
    site: Site,
    kind: str | None,
    content_id: int,
    *,
    with_body: bool = False,
    viewer: Viewer = EVERYTHING,
) -> AnyRow | None:
    """Return the row of a page or blog post the viewer sees, or None."""
    statement = select_contents(site, kind, with_body=with_body, viewer=viewer)
    return connection.execute(statement.where(contents.c.id == content_id)).first()


def get_content(
    connection: Connection,
    site: Site,
    kind: str | None,
    content_id: int,
    *,
    with_body: bool = False,
    viewer: Viewer = EVERYTHING,
) -> AnyRow:
    """Return the row of a page or blog post; refuse when it is not there."""
    row = find_content(connection, site, kind, content_id, with_body=with_body, viewer=viewer)
    if row is None:
        raise Refusal(NOT_FOUND)
    return row


def as_content(row: AnyRow, *, body: Body, base: str | None = None) -> Page | BlogPost:
    """Return content as the product REST shows it; `base` stands in single answers only."""
    webui = content_link(row.space_key, row.kind, row.id, row.title)
    tinyui = tiny_link(row.id)
    links = (
        WebLinks(webui=webui, tinyui=tinyui)
        if base is None
        else WebLinks(webui=webui, tinyui=tinyui, base=base)
    )
    common: dict[str, Any] = {
        "id": str(row.id),
        "status": row.status,
        "title": row.title,
        "space_id": str(row.space_id),
        "author_id": row.author_account,
        "owner_id": row.author_account,
        "last_owner_id": None,
        "created_at": row.created_at,
        "version": Version(
            number=row.version,
            message=row.version_message or "",
            minor_edit=False,
            author_id=row.last_author_account or row.author_account,
            created_at=row.updated_at or row.created_at,
        ),
        "body": body,
        "links": links,
    }
    if row.kind != PAGE:
        return BlogPost(**common)
    return Page(
        **common,
        parent_id=None if row.parent_id is None else str(row.parent_id),
        parent_type=None if row.parent_id is None else "page",
        position=row.position,
    )


def _storage(row: AnyRow) -> Body:
    value = storage_value(row.representation, row.body)
    return Body(storage=BodyValue(representation="storage", value=value))


def create_page(services: Services, visit: Visit, wanted: PageCreate, *, root_level: bool) -> int:
    """Create a page and return its id. Without a parent it goes below the space's home page."""
    with writing(services.database, visit.site) as writer:
        space = writer.connection.execute(
            visit.viewer.limit(
                select(spaces.c.id, spaces.c.homepage_id).where(
                    spaces.c.site_id == visit.site.id,
                    spaces.c.id == int(wanted.space_id),
                    spaces.c.trashed_at.is_(None),
                ),
                visit.site,
                space_id=spaces.c.id,
            )
        ).first()
        if space is None:
            raise _fault("spaceId", "names no space of this site")
        parent_id = None if root_level else space.homepage_id
        if wanted.parent_id is not None:
            parent_id = _get_parent(writer, wanted.parent_id, space.id)
        _refuse_taken_title(writer, wanted.title, space.id)
        actor_id = ensure_actor(writer, visit.caller, clock=services.clock)
        now = services.clock.now()
        page_id = writer.take_id()
        writer.connection.execute(
            insert(contents).values(
                site_id=visit.site.id,
                id=page_id,
                kind=PAGE,
                space_id=space.id,
                parent_id=parent_id,
                status=wanted.status,
                title=wanted.title,
                title_key=fold(wanted.title),
                representation=wanted.body.representation,
                body=wanted.body.value,
                author_id=actor_id,
                created_at=now,
                last_author_id=actor_id,
                updated_at=now,
                version=1,
                revision=1,
            )
        )
        return page_id


def update_page(services: Services, visit: Visit, page_id: int, wanted: PageUpdate) -> None:
    """Write the next version of a page; refuse one made on an older version."""
    if int(wanted.id) != page_id:
        raise _fault("id", "is not the id in the address")
    with writing(services.database, visit.site) as writer:
        page = get_content(
            writer.connection, visit.site, PAGE, page_id, with_body=True, viewer=visit.viewer
        )
        if wanted.version.number != page.version + 1:
            raise Refusal(
                VERSION_CONFLICT,
                kind="page",
                current=page.version,
                expected=page.version + 1,
                sent=wanted.version.number,
            )
        if wanted.space_id is not None and int(wanted.space_id) != page.space_id:
            raise _fault("spaceId", "a page does not move to another space")
        parent_id = page.parent_id
        if wanted.parent_id is not None:
            parent_id = _get_parent(writer, wanted.parent_id, page.space_id)
            if is_below(writer, parent_id, page_id):
                raise _fault("parentId", "is the page itself, or lies below it")
        _refuse_taken_title(writer, wanted.title, page.space_id, except_id=page_id)
        actor_id = ensure_actor(writer, visit.caller, clock=services.clock)
        keep_version(writer, page)
        writer.connection.execute(
            update(contents)
            .where(contents.c.site_id == visit.site.id, contents.c.id == page_id)
            .values(
                parent_id=parent_id,
                title=wanted.title,
                title_key=fold(wanted.title),
                representation=wanted.body.representation,
                body=wanted.body.value,
                last_author_id=actor_id,
                updated_at=services.clock.now(),
                version=wanted.version.number,
                version_message=wanted.version.message,
                revision=page.revision + 1,
            )
        )


def is_below(writer: SiteWriter, page_id: int | None, ancestor_id: int) -> bool:
    """Tell whether a page is `ancestor_id`, or lies below it in the tree."""
    while page_id is not None and page_id != ancestor_id:
        page_id = writer.connection.execute(
            select(contents.c.parent_id).where(
                contents.c.site_id == writer.site.id, contents.c.id == page_id
            )
        ).scalar_one_or_none()
    return page_id is not None


def _get_parent(writer: SiteWriter, parent_id: str, space_id: int) -> int:
    found = writer.connection.execute(
        select(contents.c.id).where(
            contents.c.site_id == writer.site.id,
            contents.c.id == int(parent_id),
            contents.c.space_id == space_id,
            contents.c.kind == PAGE,
        )
    ).scalar_one_or_none()
    if found is None:
        raise _fault("parentId", "names no page of the space")
    return int(found)


def _refuse_taken_title(
    writer: SiteWriter, title: str, space_id: int, *, except_id: int | None = None
) -> None:
    holder = writer.connection.execute(
        select(contents.c.id).where(
            contents.c.site_id == writer.site.id,
            contents.c.title_key == fold(title),
            contents.c.space_id == space_id,
        )
    ).scalar_one_or_none()
    if holder not in {None, except_id}:
        raise Refusal(TITLE_TAKEN, title=title)


def _fault(field: str, problem: str) -> Refusal:
    return invalid_fields([{"field": field, "problem": problem}])
