"""`PUT site`: the site is there afterwards."""

import flask

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.services import Interfaces, Services
from portway_cloud_site.sites import service
from portway_cloud_site.sites.messages import SiteAnswer, SiteRequest
from portway_cloud_site.sites.rules import is_site_key
from portway_service.endpoints import Call, as_response, invalid_fields


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoint that makes sites."""

    @interfaces.founding.endpoint("PUT", "/site", access=SiteAccess.ADMIN, body=SiteRequest)
    def put_site(call: Call) -> flask.Response:
        """Make the site, or leave it as it is."""
        site_key = call.path["site_key"]
        if not is_site_key(site_key):
            problem = "is 1 to 63 of a-z, 0-9 and hyphens, and begins with none"
            raise invalid_fields([{"field": "site", "problem": problem}])
        site, is_new = service.make_site(
            services.database, site_key, call.body.name, clock=services.clock
        )
        base_url = services.addresses.base(site.key)
        answer = SiteAnswer(site=site.key, name=site.name, base_url=base_url)
        return as_response(answer.as_json(), 201 if is_new else 200)
