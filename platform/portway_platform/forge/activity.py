"""What keeps a Forge transfer going: uploads and acknowledgements, counted as they come.

Each restarts the transfer's clock. Whether the transfer ends is looked at by the clock alone (see
`clock.py`), which is woken when there may be something to see.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from portway_platform.forge.rules import Counts, find_percent
from portway_platform.forge.tables import forge_transfers
from portway_platform.services import Services
from portway_platform.transfers.tables import transfers
from portway_platform.work.service import schedule

CLOCK = "forge-clock"
"""The kind of due work that settles a Forge transfer."""


def begin(connection: Connection, transfer_id: str, forge_installation_id: str) -> None:
    """Note that a transfer goes to an environment of a Forge app."""
    connection.execute(
        insert(forge_transfers).values(
            transfer_id=transfer_id,
            forge_installation_id=forge_installation_id,
            uploaded=0,
            processed=0,
            failed=0,
        )
    )


def note_listener_at_work(connection: Connection, services: Services, transfer_id: str) -> None:
    """Start the clock of a Forge transfer: its listener has taken up the work."""
    now = services.clock.now()
    if _touch(connection, transfer_id, active_at=now, uploaded_at=now):
        wake(connection, services, transfer_id)


def note_upload(connection: Connection, services: Services, transfer_id: str) -> None:
    """Count a stored file of a Forge transfer, and restart its clock."""
    now = services.clock.now()
    more = {"uploaded": forge_transfers.c.uploaded + 1}
    if _touch(connection, transfer_id, active_at=now, uploaded_at=now, **more):
        update_percent(connection, transfer_id)
        wake(connection, services, transfer_id)


def note_acknowledged(
    connection: Connection,
    services: Services,
    transfer_id: str,
    *,
    processed: int,
    failed: int,
) -> None:
    """Count what an app said about uploads, and restart the clock. Counts may go down again."""
    _touch(
        connection,
        transfer_id,
        active_at=services.clock.now(),
        processed=forge_transfers.c.processed + processed,
        failed=forge_transfers.c.failed + failed,
    )
    update_percent(connection, transfer_id)
    wake(connection, services, transfer_id)


def wake(connection: Connection, services: Services, transfer_id: str) -> None:
    """Have the clock of a Forge transfer look whether it ends; others have none."""
    if find_row(connection, transfer_id) is not None:
        schedule(connection, CLOCK, transfer_id, services.clock.now())


def find_row(connection: Connection, transfer_id: str) -> Row[Any] | None:
    """Return the Forge side of a transfer, or None for one that goes to a Connect app."""
    return connection.execute(
        select(forge_transfers).where(forge_transfers.c.transfer_id == transfer_id)
    ).first()


def counts_of(row: Row[Any]) -> Counts:
    """Return how far a transfer is."""
    return Counts(uploaded=row.uploaded, processed=row.processed, failed=row.failed)


def update_percent(connection: Connection, transfer_id: str) -> None:
    """Show how far a transfer is; what was shown before is never taken back."""
    row = find_row(connection, transfer_id)
    if row is None:
        return
    completed_at: datetime | None = connection.execute(
        select(transfers.c.export_completed_at).where(transfers.c.id == transfer_id)
    ).scalar()
    percent = find_percent(counts_of(row), export_completed=completed_at is not None)
    connection.execute(
        update(transfers)
        .where(transfers.c.id == transfer_id, transfers.c.percent < percent)
        .values(percent=percent)
    )


def _touch(connection: Connection, transfer_id: str, **values: Any) -> bool:
    result = connection.execute(
        update(forge_transfers).where(forge_transfers.c.transfer_id == transfer_id).values(**values)
    )
    return result.rowcount == 1
