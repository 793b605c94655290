"""Notices over the admin API."""

from portway_platform.admission import AdminMay
from portway_platform.messages import Input
from portway_platform.notices import service
from portway_platform.notices.service import NoticeOutput
from portway_platform.services import Interfaces, Services
from portway_service.endpoints import Call


class NoticesQuery(Input):
    """Which notices an admin wants to see."""

    unread: bool = True


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin = interfaces.admin

    @admin.endpoint("GET", "/notices", access=AdminMay("see notices"), query=NoticesQuery)
    def list_notices(call: Call) -> list[NoticeOutput]:
        with services.database.read() as connection:
            return service.list_notices(connection, unread_only=call.query.unread)

    @admin.endpoint("DELETE", "/notices/<notice_id>", access=AdminMay("put notices away"))
    def put_away(call: Call) -> None:
        with services.database.write() as connection:
            service.note_read(connection, services, call.path["notice_id"])
