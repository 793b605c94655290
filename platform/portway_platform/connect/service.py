"""What a cloud app does for itself: its event addresses, and the list of its running transfers.

Source: docs/reference/connect-api.md#endpoints
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from portway_platform.connect.rules import ENDPOINTS_LIMIT, find_endpoint_fault
from portway_platform.gate import Owner, check_transfer
from portway_platform.installations.tables import installations
from portway_platform.services import Services
from portway_platform.transfers.context import get_contexts
from portway_platform.transfers.rules import UNSETTLED
from portway_platform.transfers.tables import transfers
from portway_scopes import Access, Request
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal
from portway_service.outbound import Outbound

RECENT_LIMIT = 100


def find_endpoints(connection: Connection, installation_id: str) -> list[str]:
    """Return the addresses an app has registered beside its descriptor's."""
    found: list[str] = connection.execute(
        select(installations.c.endpoints).where(installations.c.id == installation_id)
    ).scalar_one()
    return found


def set_endpoints(services: Services, installation_id: str, urls: Sequence[str]) -> list[str]:
    """Replace the registered addresses; events that are written from now on go there."""
    https_only = services.settings.outbound is Outbound.PUBLIC
    faults = [
        {"field": f"endpoints.{number}", "problem": fault}
        for number, url in enumerate(urls)
        if (fault := find_endpoint_fault(url, https_only=https_only)) is not None
    ]
    if len(urls) > ENDPOINTS_LIMIT:
        problem = f"at most {ENDPOINTS_LIMIT} addresses are registered"
        faults.append({"field": "endpoints", "problem": problem})
    if faults:
        raise invalid_fields(faults)
    unique = list(dict.fromkeys(urls))
    with services.database.write() as connection:
        connection.execute(
            update(installations)
            .where(installations.c.id == installation_id)
            .values(endpoints=unique)
        )
    return unique


def list_recent(services: Services, installation_id: str) -> list[dict[str, Any]]:
    """Return an app's running transfers, newest first; only those the gate lets it read.

    Each is a `TransferSummary` as it travels.
    """
    owner = Owner(installation_id=installation_id)
    request = Request(Access.READ_TRANSFER)
    with services.database.read() as connection:
        ids = connection.execute(
            select(transfers.c.id)
            .where(
                transfers.c.installation_id == installation_id,
                transfers.c.status.in_(UNSETTLED),
            )
            .order_by(transfers.c.created_at.desc(), transfers.c.id)
            .limit(RECENT_LIMIT)
        )
        open_to_it = []
        for transfer_id in ids.scalars().all():
            try:
                open_to_it.append(
                    check_transfer(
                        connection, transfer_id, request, owner=owner, clock=services.clock
                    )
                )
            except Refusal:
                continue
        contexts = get_contexts(connection, [access.transfer_id for access in open_to_it])
    return [
        {
            "transferId": access.transfer_id,
            "status": access.status,
            "migrationDetails": contexts[access.transfer_id].details_on_wire(
                services.settings.public_url
            ),
        }
        for access in open_to_it
    ]
