"""`POST users-bulk`."""

from typing import Any

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.people.messages import UsersRequest
from portway_cloud_site.people.service import list_users
from portway_cloud_site.services import Interfaces, Services
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
