"""Items of a source: batches, their ids, deletions, and the rehearsal of it all."""

import re
from typing import Any

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.attachments.unlinking import unlink
from portway_cloud_site.bulk.deletions import delete_items
from portway_cloud_site.bulk.id_requests import read_wanted
from portway_cloud_site.bulk.ids import give_ids
from portway_cloud_site.bulk.messages import BatchQuery, IdsQuery, KeysToDelete
from portway_cloud_site.bulk.rehearsal import rehearse
from portway_cloud_site.bulk.rules import split_batch
from portway_cloud_site.bulk.service import take_batch
from portway_cloud_site.error_codes import SITE_UNKNOWN
from portway_cloud_site.services import Interfaces, Services
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import find_site
from portway_service.endpoints import Call, invalid_fields
from portway_service.errors import Refusal

NOT_MADE = 0
"""The number of no site."""

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints that take items and give ids."""

    @interfaces.bulk.endpoint(
        "POST", "/sources/<source>/items", access=SiteAccess.ADMIN, query=BatchQuery
    )
    def post_items(call: Call) -> dict[str, Any]:
        """Take a batch in one transaction; say what became of each line."""
        source = read_source(call)
        raw_body = call.request.stream.read(services.limits.batch_bytes + 1)
        lines = split_batch(raw_body, services.limits)
        results = take_batch(
            services,
            call.admitted.site,
            source,
            lines,
            run_id=call.query.run,
            edited=call.query.edited,
            ahead=call.query.ahead,
        )
        return {"results": results}

    @interfaces.founding.endpoint(
        "POST", "/sources/<source>/ids", access=SiteAccess.ADMIN, query=IdsQuery
    )
    def post_ids(call: Call) -> dict[str, Any]:
        """Return the ids that items have here, or will have; on request, keep them for them."""
        source = read_source(call)
        raw_body = call.request.stream.read(services.limits.batch_bytes + 1)
        wanted = read_wanted(raw_body, services.limits)
        site = _site_to_come(services, call)
        return {"results": give_ids(services, site, source, wanted, reserve=call.query.reserve)}

    @interfaces.bulk.endpoint("POST", "/sources/<source>/unlinked", access=SiteAccess.ADMIN)
    def post_unlinked(call: Call) -> dict[str, Any]:
        """Remove attachments that came ahead of their pages and are gone at the source."""
        source = read_source(call)
        raw_body = call.request.stream.read(services.limits.batch_bytes + 1)
        keys = [wanted.source_key for wanted in read_wanted(raw_body, services.limits)]
        return {"results": unlink(services, call.admitted.site, source, keys)}

    @interfaces.bulk.endpoint(
        "DELETE",
        "/sources/<source>/items",
        access=SiteAccess.ADMIN,
        query=BatchQuery,
        body=KeysToDelete,
    )
    def delete_source_items(call: Call) -> dict[str, Any]:
        """Delete items the source has no longer, in one transaction."""
        results = delete_items(
            services,
            call.admitted.site,
            read_source(call),
            call.body.source_keys,
            run_id=call.query.run,
            edited=call.query.edited,
        )
        return {"results": results}

    @interfaces.founding.endpoint(
        "POST", "/sources/<source>/rehearsal", access=SiteAccess.ADMIN, query=BatchQuery
    )
    def post_rehearsal(call: Call) -> flask.Response:
        """Say what would become of items and deletions, and undo it all."""
        lines = rehearse(
            services,
            call.path["site_key"],
            read_source(call),
            call.request.stream,
            run_id=call.query.run,
            edited=call.query.edited,
            ahead=call.query.ahead,
        )
        return flask.Response(lines, mimetype="application/x-ndjson")


def _site_to_come(services: Services, call: Call) -> Site:
    """Return the site; for a look at one that is not made yet, one that holds nothing."""
    site_key = call.path["site_key"]
    with services.database.read() as connection:
        site = find_site(connection, site_key)
    if site is None and call.query.reserve:
        raise Refusal(SITE_UNKNOWN, site_key=site_key)
    return site or Site(NOT_MADE, site_key, site_key)


def read_source(call: Call) -> str:
    """Return the name of the source in the address; refuse one that can be none."""
    source = call.path["source"]
    if _SOURCE.fullmatch(source) is None:
        problem = "is 1 to 128 of letters, digits and . _ : - and begins with a letter or digit"
        raise invalid_fields([{"field": "source", "problem": problem}])
    return source
