"""`POST users-bulk`; claims of placeholders, and the list of those still to be claimed."""

from collections.abc import Iterator
from typing import Any

import flask
import orjson

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.bulk.api import read_source
from portway_cloud_site.people.claims import claim_placeholder, list_placeholders
from portway_cloud_site.people.messages import ClaimRequest, UsersRequest
from portway_cloud_site.people.service import list_users
from portway_cloud_site.services import Interfaces, Services
from portway_cloud_site.sites.rules import Site
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the lookup of accounts."""

    @interfaces.product.endpoint("POST", "/users-bulk", access=SiteAccess.READ, body=UsersRequest)
    def look_up_users(call: Call) -> dict[str, Any]:
        """Return up to 250 accounts; only admins see e-mail addresses."""
        visit = call.admitted
        with services.database.read() as connection:
            users = list_users(
                connection, visit.site, call.body.account_ids, show_email=visit.is_admin
            )
        return {
            "results": [user.as_json() for user in users],
            "_links": {"base": services.addresses.base(visit.site.key)},
        }

    @interfaces.bulk.endpoint(
        "POST", "/sources/<source>/claims", access=SiteAccess.ADMIN, body=ClaimRequest
    )
    def post_claim(call: Call) -> dict[str, Any]:
        """Say who a placeholder is; the same claim again changes nothing."""
        source = read_source(call)
        claim = claim_placeholder(services.database, call.admitted.site, source, call.body)
        return {
            "sourceKey": call.body.source_key,
            "accountId": claim.account_id,
            "formerAccountId": claim.former_account_id,
            "joined": claim.joined,
        }

    @interfaces.bulk.endpoint("GET", "/sources/<source>/placeholders", access=SiteAccess.ADMIN)
    def get_placeholders(call: Call) -> flask.Response:
        """Stream the placeholders that came from a source and are still nobody's."""
        lines = _lines(services, call.admitted.site, read_source(call))
        return flask.Response(lines, mimetype="application/x-ndjson")


def _lines(services: Services, site: Site, source: str) -> Iterator[bytes]:
    count = 0
    with services.database.read() as connection:
        for row in list_placeholders(connection, site, source):
            count += 1
            line = {
                "sourceKey": row.source_key,
                "accountId": row.account_id,
                "displayName": row.display_name,
                "written": row.written,
            }
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    yield orjson.dumps({"end": True, "items": count}, option=orjson.OPT_APPEND_NEWLINE)
