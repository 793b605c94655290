"""`GET rest/api/search` and `GET rest/api/content/search`."""

from typing import Any
from urllib.parse import urlencode

from pydantic import ConfigDict, Field

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.messages import Message
from portway_cloud_site.search.service import Found, as_v1_content, search
from portway_cloud_site.services import Interfaces, Services
from portway_service.endpoints import Call
from portway_service.instants import format_instant


class SearchQuery(Message):
    """What searches take."""

    model_config = ConfigDict(extra="ignore")

    cql: str
    start: int = Field(0, ge=0, le=1_000_000)
    limit: int = Field(25, ge=1, le=250)


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the searches."""

    @interfaces.classic.endpoint(
        "GET", "/content/search", access=SiteAccess.READ, query=SearchQuery
    )
    def search_content(call: Call) -> dict[str, Any]:
        """Return pages and blog posts that a CQL query finds."""
        found = _search(services, call)
        return _answer(services, call, found, [as_v1_content(row) for row in found.rows])

    @interfaces.classic.endpoint("GET", "/search", access=SiteAccess.READ, query=SearchQuery)
    def search_all(call: Call) -> dict[str, Any]:
        """Return the same as results of a search, with their number."""
        found = _search(services, call)
        results = []
        for row in found.rows:
            content = as_v1_content(row)
            modified = row.updated_at or row.created_at
            results.append(
                {
                    "content": content,
                    "title": row.title,
                    "excerpt": "",
                    "url": content["_links"]["webui"],
                    "entityType": "content",
                    "lastModified": None if modified is None else format_instant(modified),
                }
            )
        more = {"totalSize": found.total, "cqlQuery": call.query.cql}
        return _answer(services, call, found, results) | more


def _search(services: Services, call: Call) -> Found:
    query = call.query
    with services.database.read() as connection:
        return search(connection, call.admitted, query.cql, start=query.start, limit=query.limit)


def _answer(
    services: Services, call: Call, found: Found, results: list[dict[str, Any]]
) -> dict[str, Any]:
    query = call.query
    links = {"base": services.addresses.base(call.admitted.site.key), "context": ""}
    if found.has_more:
        following = {"cql": query.cql, "limit": query.limit, "start": query.start + query.limit}
        path = call.request.path.partition("/wiki")[2]
        links["next"] = f"{path}?{urlencode(following)}"
    return {
        "results": results,
        "start": query.start,
        "limit": query.limit,
        "size": len(results),
        "_links": links,
    }
