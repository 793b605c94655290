"""Running a CQL query over what the caller may see."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from portway_cloud_site.addresses import content_link, tiny_link
from portway_cloud_site.content.service import select_contents
from portway_cloud_site.content.tables import BLOG_POST, PAGE, contents
from portway_cloud_site.error_codes import CQL_INVALID
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.search.conditions import ORDERS, condition_of
from portway_cloud_site.search.parsing import parse_cql
from portway_cloud_site.services import Visit
from portway_service.errors import Refusal


@dataclass(frozen=True)
class Found:
    """Some of what a query finds, from a place on."""

    rows: list[AnyRow]
    total: int
    has_more: bool


def search(connection: Connection, visit: Visit, cql: str, *, start: int, limit: int) -> Found:
    """Return what a query finds, ordered as it says, then by id.

    Raises:
        Refusal: `cql_invalid`.
    """
    query = parse_cql(cql)
    statement = select_contents(visit.site, None, with_body=False, viewer=visit.viewer).where(
        or_(contents.c.kind == PAGE, contents.c.kind == BLOG_POST), condition_of(query.condition)
    )
    for field, downward in query.order:
        column = ORDERS.get(field)
        if column is None:
            raise Refusal(CQL_INVALID, problem=f"results cannot be ordered by {field!r}")
        statement = statement.order_by(column.desc() if downward else column)
    total = connection.execute(
        select(func.count()).select_from(statement.order_by(None).subquery())
    ).scalar_one()
    page = statement.order_by(contents.c.id).offset(start).limit(limit + 1)
    rows = list(connection.execute(page))
    return Found(rows[:limit], total, len(rows) > limit)


def as_v1_content(row: AnyRow) -> dict[str, Any]:
    """Return content in the shape of the first version of the product REST."""
    kind = "page" if row.kind == PAGE else "blogpost"
    return {
        "id": str(row.id),
        "type": kind,
        "status": row.status,
        "title": row.title,
        "space": {"key": row.space_key},
        "_links": {
            "webui": content_link(row.space_key, row.kind, row.id, row.title),
            "tinyui": tiny_link(row.id),
            "self": f"/rest/api/content/{row.id}",
        },
    }
