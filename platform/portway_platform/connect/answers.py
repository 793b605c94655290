"""What the Connect API answers where the contract leaves it open: the site's dialect decides.

Source: docs/reference/dialect.md
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from portway_platform import error_codes
from portway_platform.dialect.refusals import with_spoken_status
from portway_platform.dialect.rules import Dialect
from portway_platform.services import Services
from portway_platform.transfers.service import find_status
from portway_scopes import RefusalReason, TransferStatus
from portway_service.errors import Refusal


def as_spoken(connection: Connection, refusal: Refusal, dialect: Dialect) -> Refusal:
    """Return a refusal with the status the site's dialect gives it."""
    if refusal.code == RefusalReason.TRANSFER_SETTLED:
        return refusal.with_status(int(_settled_code(connection, refusal, dialect)))
    return with_spoken_status(refusal, dialect)


@contextmanager
def spoken(services: Services, dialect: Dialect) -> Iterator[None]:
    """Answer as the dialect says when a transfer settled between admission and deed."""
    try:
        yield
    except Refusal as refusal:
        with services.database.read() as connection:
            raise as_spoken(connection, refusal, dialect) from None


def percent_lowered(dialect: Dialect, transfer_id: str) -> Refusal | None:
    """Return the answer to a report that was ignored, or None where it is taken for good."""
    if dialect.lower_percent_code == "200":
        return None
    lowered = Refusal(error_codes.PERCENT_LOWERED, transfer_id=transfer_id)
    return lowered.with_status(int(dialect.lower_percent_code))


def _settled_code(connection: Connection, refusal: Refusal, dialect: Dialect) -> str:
    if dialect.expired_code == dialect.settled_code:
        return dialect.settled_code
    status = find_status(connection, str(refusal.facts.get("transfer_id", "")))
    is_expired = status is TransferStatus.TIMED_OUT
    return dialect.expired_code if is_expired else dialect.settled_code
