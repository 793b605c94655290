"""Reading spaces."""

from html import escape

from sqlalchemy import Connection, case, select

from portway_cloud_site.addresses import space_link
from portway_cloud_site.messages import BodyValue, WebLinks
from portway_cloud_site.paging import ResultPage, both_ways, read_page
from portway_cloud_site.queries import AnyRow, AnySelect, author, same_entity
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.spaces.messages import Description, Space, SpaceQuery
from portway_cloud_site.spaces.tables import spaces
from portway_service.folding import fold

_ORDERS = {
    **both_ways("id", spaces.c.id, int),
    **both_ways("key", spaces.c.key, str),
    **both_ways("name", spaces.c.name, str),
}


TRASHED = "trashed"


def select_spaces(site: Site, *, with_trash: bool = False) -> AnySelect:
    """Return the query for the spaces of a site, with their authors' account ids."""
    statement = (
        select(spaces, author.c.account_id.label("author_account"))
        .outerjoin(author, same_entity(author, spaces.c.site_id, spaces.c.author_id))
        .where(spaces.c.site_id == site.id)
    )
    return statement if with_trash else statement.where(spaces.c.trashed_at.is_(None))


def list_spaces(
    connection: Connection,
    site: Site,
    query: SpaceQuery,
    *,
    ids: list[int],
    keys: list[str],
    types: list[str],
    statuses: list[str],
) -> ResultPage[Space]:
    """Return a page of the site's spaces. An empty filter filters nothing.

    Those in the trash are there for whoever asks for status `trashed`.
    """
    statement = select_spaces(site, with_trash=TRASHED in statuses)
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


def find_space(connection: Connection, site: Site, space_id: int) -> AnyRow | None:
    """Return the row of a space, or None."""
    return connection.execute(select_spaces(site).where(spaces.c.id == space_id)).first()


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
        return Description(plain=BodyValue(representation="plain", value=text))
    if wanted == "view":
        return Description(view=BodyValue(representation="view", value=escape(text)))
    return None
