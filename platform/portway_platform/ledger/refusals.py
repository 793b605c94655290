"""Refusals of the gate, noted before they are answered."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import select

from portway_platform.ledger.telling import GATE_CODES, access_refused
from portway_platform.services import Services
from portway_platform.transfers.tables import transfers
from portway_scopes import Request
from portway_service.errors import Refusal

UNKNOWN = "unknown"
"""The actor where a refused access names no transfer that anybody has."""


@contextmanager
def noting_refusals(
    services: Services, app_key: str | None, asked: Request, path: Mapping[str, str]
) -> Iterator[None]:
    """Write into the ledger what the gate refuses in this block, and let the refusal go on.

    Args:
        app_key: Who asked; None where only the transfer in `path` tells.
    """
    try:
        yield
    except Refusal as refusal:
        if refusal.error.code in GATE_CODES:
            transfer_id = path.get("transfer_id")
            actor = app_key or _app_of(services, transfer_id)
            services.ledger.append(access_refused(actor, asked, refusal.error.code, transfer_id))
        raise


def _app_of(services: Services, transfer_id: str | None) -> str:
    query = select(transfers.c.app_key).where(transfers.c.id == transfer_id)
    with services.database.read() as connection:
        return connection.execute(query).scalar() or UNKNOWN
