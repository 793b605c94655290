"""Properties of content, and who likes it."""

from typing import Any

import flask
from sqlalchemy import func, select

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.content.service import get_content
from portway_cloud_site.content.tables import BLOG_POST, PAGE
from portway_cloud_site.marks.messages import Liker, PropertyQuery
from portway_cloud_site.marks.property_writing import as_property
from portway_cloud_site.marks.tables import likes, properties
from portway_cloud_site.paging import ListQuery, both_ways, list_response, read_id, read_page
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import same_entity
from portway_cloud_site.services import Interfaces, Services
from portway_service.endpoints import Call

_PROPERTY_ORDERS = {
    **both_ways("id", properties.c.id, int),
    **both_ways("key", properties.c.name, str),
}
_LIKE_ORDERS = both_ways("id", likes.c.id, int)


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the reading of properties and likes."""
    for path, kind in (("pages", PAGE), ("blogposts", BLOG_POST)):
        _add_properties(services, interfaces, f"/{path}/<content_id>/properties", kind)
        _add_likes(services, interfaces, f"/{path}/<content_id>/likes", kind)


def _add_properties(services: Services, interfaces: Interfaces, path: str, kind: str) -> None:
    @interfaces.product.endpoint("GET", path, access=SiteAccess.READ, query=PropertyQuery)
    def get_properties(call: Call) -> flask.Response:
        """Return a page of the named values of a page or blog post."""
        visit, content_id = call.admitted, read_id(call.path["content_id"])
        statement = select(properties).where(
            properties.c.site_id == visit.site.id, properties.c.container_id == content_id
        )
        if call.query.key is not None:
            statement = statement.where(properties.c.name == call.query.key)
        with services.database.read() as connection:
            get_content(connection, visit.site, kind, content_id, viewer=visit.viewer)
            page = read_page(
                connection,
                statement,
                call.query,
                id_column=properties.c.id,
                orders=_PROPERTY_ORDERS,
                as_result=as_property,
            )
        return list_response(services.addresses, call, page)


def _add_likes(services: Services, interfaces: Interfaces, path: str, kind: str) -> None:
    @interfaces.product.endpoint("GET", f"{path}/count", access=SiteAccess.READ)
    def count_likes(call: Call) -> dict[str, Any]:
        """Tell how many people like a page or blog post."""
        visit, content_id = call.admitted, read_id(call.path["content_id"])
        statement = select(func.count()).where(
            likes.c.site_id == visit.site.id, likes.c.container_id == content_id
        )
        with services.database.read() as connection:
            get_content(connection, visit.site, kind, content_id, viewer=visit.viewer)
            return {"count": connection.execute(statement).scalar_one()}

    @interfaces.product.endpoint("GET", f"{path}/users", access=SiteAccess.READ, query=ListQuery)
    def get_likers(call: Call) -> flask.Response:
        """Return a page of the people who like a page or blog post."""
        visit, content_id = call.admitted, read_id(call.path["content_id"])
        statement = (
            select(people.c.account_id)
            .join(likes, same_entity(people, likes.c.site_id, likes.c.person_id))
            .where(likes.c.site_id == visit.site.id, likes.c.container_id == content_id)
        )
        with services.database.read() as connection:
            get_content(connection, visit.site, kind, content_id, viewer=visit.viewer)
            page = read_page(
                connection,
                statement,
                call.query,
                id_column=likes.c.id,
                orders=_LIKE_ORDERS,
                as_result=lambda row: Liker(account_id=row.account_id),
            )
        return list_response(services.addresses, call, page)
