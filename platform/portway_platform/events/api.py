"""Events over the admin API."""

from portway_platform.admission import AdminMay
from portway_platform.events import service
from portway_platform.events.messages import EventOutput
from portway_platform.services import Interfaces, Services
from portway_platform.transfers.service import get_transfer_row
from portway_service.endpoints import Call


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""

    @interfaces.admin.endpoint(
        "GET", "/transfers/<transfer_id>/events", access=AdminMay("see events and deliveries")
    )
    def list_events(call: Call) -> list[EventOutput]:
        with services.database.read() as connection:
            transfer_id = call.path["transfer_id"]
            get_transfer_row(connection, transfer_id)
            return service.list_events(connection, transfer_id)
