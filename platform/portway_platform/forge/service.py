"""What a Forge app says about its transfers: events acknowledged, lines for the admin's log.

Source: docs/reference/forge-api.md
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, insert, select

from portway_platform import error_codes
from portway_platform.app_data.rules import UploadStatus
from portway_platform.app_data.tables import app_data
from portway_platform.events.tables import events
from portway_platform.forge.activity import note_acknowledged
from portway_platform.forge.events import UPLOADS
from portway_platform.forge.messages import LogOutput
from portway_platform.forge.rules import MessageStatus, after_acknowledgement
from portway_platform.forge.tables import acknowledgements, transfer_logs
from portway_platform.services import Services
from portway_platform.transfers.service import lock_unsettled
from portway_sdk.wire import ForgeAppDataDetails, ForgeAppDataItem, ForgeAppDataPage
from portway_service.database import upsert
from portway_service.errors import Refusal

LOGS_LIMIT = 10_000
"""Lines kept of one transfer; what comes after is refused."""

_IDS_AT_ONCE = 500


def acknowledge(
    services: Services, transfer_id: str, status: MessageStatus, message_ids: Sequence[str]
) -> None:
    """Note what an app says about events of one of its transfers.

    Raises:
        Refusal: `transfer_settled`; `message_unknown` for an id that is absent or of another
            transfer, alike, and then nothing is noted.
    """
    wanted = list(dict.fromkeys(message_ids))
    with services.database.write() as connection:
        lock_unsettled(connection, transfer_id)
        found = _find_messages(connection, transfer_id, wanted)
        missing = [message_id for message_id in wanted if message_id not in found]
        if missing:
            raise Refusal(error_codes.MESSAGE_UNKNOWN, message_id=missing[0])
        moved = {MessageStatus.SUCCESS: 0, MessageStatus.FAILED: 0}
        for message_id in wanted:
            is_upload, before = found[message_id]
            after = after_acknowledgement(before, status)
            if after is before:
                continue
            upsert(
                connection,
                acknowledgements,
                {"message_id": message_id},
                {
                    "transfer_id": transfer_id,
                    "status": after,
                    "acknowledged_at": services.clock.now(),
                },
            )
            if is_upload:
                moved[after] += 1
                if before is not None:
                    moved[before] -= 1
        note_acknowledged(
            connection,
            services,
            transfer_id,
            processed=moved[MessageStatus.SUCCESS],
            failed=moved[MessageStatus.FAILED],
        )


def write_log(services: Services, transfer_id: str, message: str) -> None:
    """Keep a line an app writes for the admin.

    Raises:
        Refusal: `transfer_settled`; `log_full`.
    """
    with services.database.write() as connection:
        lock_unsettled(connection, transfer_id)
        is_full = connection.execute(
            select(transfer_logs.c.id)
            .where(transfer_logs.c.transfer_id == transfer_id)
            .offset(LOGS_LIMIT - 1)
            .limit(1)
        ).first()
        if is_full is not None:
            raise Refusal(error_codes.LOG_FULL, limit=LOGS_LIMIT)
        connection.execute(
            insert(transfer_logs).values(
                id=services.ids.uuid(),
                transfer_id=transfer_id,
                message=message,
                written_at=services.clock.now(),
            )
        )


def list_logs(connection: Connection, transfer_id: str) -> list[LogOutput]:
    """Return what an app wrote about a transfer, oldest first."""
    rows = connection.execute(
        select(transfer_logs)
        .where(transfer_logs.c.transfer_id == transfer_id)
        .order_by(transfer_logs.c.written_at, transfer_logs.c.id)
    )
    return [LogOutput(message=row.message, written_at=row.written_at) for row in rows]


def list_files(connection: Connection, transfer_id: str) -> list[ForgeAppDataItem]:
    """Return a transfer's complete files in the order they were stored."""
    rows = connection.execute(_stored(transfer_id).order_by(app_data.c.stored_at, app_data.c.id))
    return [ForgeAppDataItem(key=row.id, s3_key=row.id, label=row.label) for row in rows]


def files_page(
    connection: Connection, transfer_id: str, *, after: str | None, page_size: int
) -> ForgeAppDataPage:
    """Return one page of a transfer's complete files, in the order of their keys."""
    rows = connection.execute(
        _stored(transfer_id)
        .where(app_data.c.id > (after or ""))
        .order_by(app_data.c.id)
        .limit(page_size + 1)
    ).all()
    items = tuple(
        ForgeAppDataDetails(key=row.id, label=row.label, file_size=row.size_bytes)
        for row in rows[:page_size]
    )
    last = items[-1].key if len(rows) > page_size else None
    return ForgeAppDataPage(items=items, last_evaluated_key=last)


def _stored(transfer_id: str) -> Any:
    return select(app_data.c.id, app_data.c.label, app_data.c.size_bytes).where(
        app_data.c.transfer_id == transfer_id, app_data.c.status == UploadStatus.STORED
    )


def _find_messages(
    connection: Connection, transfer_id: str, message_ids: Sequence[str]
) -> dict[str, tuple[bool, MessageStatus | None]]:
    """Return, by id, whether a message tells of an upload, and what was said about it."""
    found: dict[str, tuple[bool, MessageStatus | None]] = {}
    for start in range(0, len(message_ids), _IDS_AT_ONCE):
        rows = connection.execute(
            select(events.c.id, events.c.event_type, acknowledgements.c.status)
            .outerjoin(
                acknowledgements,
                and_(acknowledgements.c.message_id == events.c.id),
            )
            .where(
                events.c.transfer_id == transfer_id,
                events.c.id.in_(message_ids[start : start + _IDS_AT_ONCE]),
            )
        )
        for row in rows:
            said = None if row.status is None else MessageStatus(row.status)
            found[row.id] = (row.event_type in UPLOADS, said)
    return found
