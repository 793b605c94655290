"""Notices: put in the transaction of what they tell of, and kept until an admin has read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from portway_platform import error_codes
from portway_platform.messages import Output
from portway_platform.notices.tables import notices
from portway_platform.services import Services
from portway_service.errors import Refusal

LIST_LIMIT = 1000


class NoticeOutput(Output):
    """Something an admin should know."""

    notice_id: str
    kind: str
    facts: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


def put_notice(
    connection: Connection,
    services: Services,
    kind: str,
    subject_id: str,
    facts: Mapping[str, Any],
) -> None:
    """Tell the admin something."""
    connection.execute(
        insert(notices).values(
            id=services.ids.uuid(),
            kind=kind,
            subject_id=subject_id,
            facts=dict(facts),
            created_at=services.clock.now(),
        )
    )


def list_notices(connection: Connection, *, unread_only: bool) -> list[NoticeOutput]:
    """Return notices, newest first."""
    query = select(notices).order_by(notices.c.created_at.desc(), notices.c.id).limit(LIST_LIMIT)
    if unread_only:
        query = query.where(notices.c.read_at.is_(None))
    return [
        NoticeOutput(
            notice_id=row.id,
            kind=row.kind,
            facts=row.facts,
            created_at=row.created_at,
            read_at=row.read_at,
        )
        for row in connection.execute(query)
    ]


def note_read(connection: Connection, services: Services, notice_id: str) -> None:
    """Note that an admin has read a notice; the first time counts."""
    found = connection.execute(select(notices.c.id).where(notices.c.id == notice_id)).first()
    if found is None:
        raise Refusal(error_codes.NOTICE_UNKNOWN, notice_id=notice_id)
    connection.execute(
        update(notices)
        .where(notices.c.id == notice_id, notices.c.read_at.is_(None))
        .values(read_at=services.clock.now())
    )
