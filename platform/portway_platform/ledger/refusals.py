"""Refusals of the gate, noted before they are answered."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from portway_platform.ledger.telling import GATE_CODES, access_refused
from portway_platform.services import Services
from portway_scopes import Request
from portway_service.errors import Refusal


@contextmanager
def noting_refusals(
    services: Services, app_key: str, asked: Request, path: Mapping[str, str]
) -> Iterator[None]:
    """Write into the ledger what the gate refuses in this block, and let the refusal go on."""
    try:
        yield
    except Refusal as refusal:
        if refusal.error.code in GATE_CODES:
            draft = access_refused(app_key, asked, refusal.error.code, path.get("transfer_id"))
            services.ledger.append(draft)
        raise
