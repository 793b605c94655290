"""Reading spaces."""

from sqlalchemy import Connection, case, select

from portway_cloud_site.addresses import space_link
from portway_cloud_site.messages import BodyValue, WebLinks
from portway_cloud_site.paging import ResultPage, both_ways, read_page
from portway_cloud_site.permissions.viewer import EVERYTHING, Viewer
from portway_cloud_site.queries import AnyRow, AnySelect, author, same_entity
from portway_cloud_site.rendering.descriptions import plain_text, render_description
from portway_cloud_site.rendering.references import NoReferences
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.spaces.messages import Description, Space, SpaceQuery
from portway_cloud_site.spaces.tables import spaces
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal
from portway_service.folding import fold

_ORDERS = {
    **both_ways("id", spaces.c.id, int),
    **both_ways("key", spaces.c.key, str),
    **both_ways("name", spaces.c.name, str),
}


TRASHED = "trashed"


def select_spaces(
    site: Site, viewer: Viewer = EVERYTHING, *, with_trash: bool = False
) -> AnySelect:
    """Return the query for the spaces a viewer sees, with their authors' account ids."""
    statement = (
        select(spaces, author.c.account_id.label("author_account"))
        .outerjoin(author, same_entity(author, spaces.c.site_id, spaces.c.author_id))
        .where(spaces.c.site_id == site.id)
    )
    if not with_trash:
        statement = statement.where(spaces.c.trashed_at.is_(None))
    return viewer.limit(statement, site, space_id=spaces.c.id)


def list_spaces(
    connection: Connection,
    site: Site,
    query: SpaceQuery,
    *,
    ids: list[int],
    keys: list[str],
    types: list[str],
    statuses: list[str],
    viewer: Viewer = EVERYTHING,
) -> ResultPage[Space]:
    """Return a page of the site's spaces. An empty filter filters nothing.

    Those in the trash are there for whoever asks for status `trashed`.
    """
    statement = select_spaces(site, viewer, with_trash=TRASHED in statuses)
    for column, wanted in (
        (spaces.c.id, ids),
        (spaces.c.key_folded, [fold(key) for key in keys]),
        (spaces.c.type, types),
        (_status, statuses),
    ):
        if wanted:
            statement = statement.where(column.in_(wanted))
    return read_page(
        connection,
        statement,
        query,
        id_column=spaces.c.id,
        orders=_ORDERS,
        as_result=lambda row: as_space(row, query.description_format),
    )


_status = case((spaces.c.trashed_at.is_not(None), TRASHED), else_=spaces.c.status)


def get_space(
    connection: Connection, site: Site, space_id: int, viewer: Viewer = EVERYTHING
) -> AnyRow:
    """Return the row of a space the viewer sees; refuse when there is none."""
    statement = select_spaces(site, viewer).where(spaces.c.id == space_id)
    row = connection.execute(statement).first()
    if row is None:
        raise Refusal(NOT_FOUND)
    return row


def find_space_by_key(connection: Connection, site: Site, space_key: str) -> AnyRow | None:
    """Return the row of the space with this key, in any case, or None."""
    statement = select_spaces(site).where(spaces.c.key_folded == fold(space_key))
    return connection.execute(statement).first()


def as_space(row: AnyRow, description_format: str | None, *, base: str | None = None) -> Space:
    """Return a space as the product REST shows it; `base` stands in single answers only."""
    webui = space_link(row.key)
    return Space(
        id=str(row.id),
        key=row.key,
        name=row.name,
        type=row.type,
        status=row.status if row.trashed_at is None else TRASHED,
        author_id=row.author_account,
        space_owner_id=row.author_account,
        current_active_alias=row.key,
        created_at=row.created_at,
        homepage_id=None if row.homepage_id is None else str(row.homepage_id),
        description=_description(row.description or "", description_format),
        icon=None,
        links=WebLinks(webui=webui) if base is None else WebLinks(webui=webui, base=base),
    )


def _description(text: str, wanted: str | None) -> Description | None:
    if wanted == "plain":
        return Description(plain=BodyValue(representation="plain", value=plain_text(text)))
    if wanted == "view":
        html = render_description(text, NoReferences()).html
        return Description(view=BodyValue(representation="view", value=str(html)))
    return None
