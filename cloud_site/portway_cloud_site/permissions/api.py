"""`GET spaces/{id}/permissions`, and what one account may do with a page."""

from typing import Any

import flask
from sqlalchemy import case, select

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.groups.tables import groups
from portway_cloud_site.paging import ListQuery, both_ways, list_response, read_id, read_page
from portway_cloud_site.people.tables import people
from portway_cloud_site.permissions.messages import (
    AccessQuery,
    Operation,
    Principal,
    SpacePermission,
    as_access,
)
from portway_cloud_site.permissions.service import explain_access
from portway_cloud_site.permissions.tables import ANONYMOUS, GROUP, USER, space_permissions
from portway_cloud_site.queries import AnyRow, same_entity
from portway_cloud_site.services import Interfaces, Services
from portway_cloud_site.spaces.service import get_space
from portway_service.endpoints import Call

_ORDERS = both_ways("id", space_permissions.c.id, int)


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the reading of permissions."""

    @interfaces.product.endpoint(
        "GET", "/spaces/<space_id>/permissions", access=SiteAccess.READ, query=ListQuery
    )
    def get_permissions(call: Call) -> flask.Response:
        """Return a page of a space's permissions."""
        visit, space_id = call.admitted, read_id(call.path["space_id"])
        columns = space_permissions.c
        with services.database.read() as connection:
            get_space(connection, visit.site, space_id, visit.viewer)
            page = read_page(
                connection,
                select(
                    space_permissions,
                    case(
                        (columns.subject_kind == USER, people.c.account_id),
                        (columns.subject_kind == GROUP, groups.c.group_id),
                        else_=ANONYMOUS,
                    ).label("principal"),
                )
                .outerjoin(people, same_entity(people, columns.site_id, columns.subject_id))
                .outerjoin(groups, same_entity(groups, columns.site_id, columns.subject_id))
                .where(columns.site_id == visit.site.id, columns.space_id == space_id),
                call.query,
                id_column=columns.id,
                orders=_ORDERS,
                as_result=_as_permission,
            )
        return list_response(services.addresses, call, page)

    @interfaces.bulk.endpoint("GET", "/access", access=SiteAccess.ADMIN, query=AccessQuery)
    def get_access(call: Call) -> dict[str, Any]:
        """Tell what an account, or `anonymous`, may do with a page or blog post, and why."""
        query, site = call.query, call.admitted.site
        with services.database.read() as connection:
            decision = explain_access(connection, site, query.account, int(query.content))
        return as_access(query.account, query.content, decision).as_json()


def _as_permission(row: AnyRow) -> SpacePermission:
    return SpacePermission(
        id=str(row.id),
        principal=Principal(type=row.subject_kind, id=row.principal or ""),
        operation=Operation(key=row.operation, target_type=row.target),
    )
