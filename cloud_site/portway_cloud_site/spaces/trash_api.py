"""`DELETE rest/api/space/{key}`: a space goes into the trash; and it comes out again."""

from typing import Any

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.services import Interfaces, Services
from portway_cloud_site.spaces.trash import restore_space, trash_space
from portway_service.endpoints import Call


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add what puts spaces into the trash and takes them out."""

    @interfaces.classic.endpoint(
        "DELETE", "/space/<space_key>", access=SiteAccess.WRITE, status=202
    )
    def delete_space(call: Call) -> dict[str, Any]:
        """Put a space into the trash. Its key stays taken."""
        space_id = trash_space(services, call.admitted.site, call.path["space_key"])
        return {"id": str(space_id), "links": {}}

    @interfaces.bulk.endpoint("POST", "/spaces/<space_key>/restoration", access=SiteAccess.ADMIN)
    def post_restoration(call: Call) -> dict[str, Any]:
        """Take a space out of the trash, as it was."""
        space_id = restore_space(services, call.admitted.site, call.path["space_key"])
        return {"id": str(space_id)}
