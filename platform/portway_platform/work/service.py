"""Schedule work in the transaction that causes it; claim it under a lease when it is due.

There is one row for each kind and subject. Scheduling it again moves it, and takes it from whoever
holds it: their `finish` then tells them so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, text, update

from portway_platform.work.tables import due_work
from portway_service.database import Database, announce, upsert

_TOPIC = "due-work"


@dataclass(frozen=True)
class DueWork:
    """One piece of work, leased to whoever claimed it."""

    kind: str
    subject_id: str
    lane: str
    payload: Mapping[str, Any]
    due_at: datetime
    attempts: int
    """How often it was claimed, this time included."""
    owner: str


def topic_of(kind: str, *, in_lanes: bool = False) -> str:
    """Return what is announced when work of a kind is scheduled."""
    return f"{_TOPIC}:{kind}" if in_lanes else _TOPIC


def schedule(
    connection: Connection,
    kind: str,
    subject_id: str,
    due_at: datetime,
    payload: Mapping[str, Any] | None = None,
    *,
    lane: str = "",
) -> None:
    """Have work done at `due_at`, once the transaction has committed.

    Args:
        connection: The transaction of the change that causes the work.
        kind: Which handler does it.
        subject_id: What it is about. The second piece of a kind and subject replaces the first.
        due_at: When.
        payload: What the handler needs to know; JSON.
        lane: Work of one lane never holds up that of another; for kinds claimed in lanes.
    """
    upsert(
        connection,
        due_work,
        {"kind": kind, "subject_id": subject_id},
        {
            "lane": lane,
            "payload": dict(payload or {}),
            "due_at": due_at,
            "attempts": 0,
            "lease_until": None,
            "lease_owner": None,
        },
    )
    announce(connection, topic_of(kind, in_lanes=lane != ""))


def cancel(connection: Connection, kind: str, subject_id: str) -> None:
    """Have work not done after all. Whoever holds it at this moment finds out at the end."""
    connection.execute(
        delete(due_work).where(due_work.c.kind == kind, due_work.c.subject_id == subject_id)
    )


def claim_due(
    database: Database,
    *,
    now: datetime,
    owner: str,
    lease_seconds: float,
    limit: int,
    kinds: Collection[str],
) -> list[DueWork]:
    """Lease up to `limit` pieces of work that are due, the oldest first.

    Work whose lease ran out is due again. What another process claims at this moment is passed by.
    """
    is_due = (due_work.c.kind.in_(kinds), *_due_at(now))
    with database.read() as connection:
        if connection.execute(select(due_work.c.kind).where(*is_due).limit(1)).first() is None:
            return []
    with database.write() as connection:
        return _lease(
            connection,
            [(is_due, limit)],
            owner=owner,
            lease_until=now + timedelta(seconds=lease_seconds),
        )


def lanes_with_due_work(database: Database, kind: str, now: datetime) -> list[str]:
    """Return the lanes in which work of a kind is due, however much it is."""
    with database.read() as connection:
        return list(connection.execute(_LANES, {"kind": kind, "now": now}).scalars())


def claim_in_lanes(
    connection: Connection,
    *,
    now: datetime,
    owner: str,
    lease_seconds: float,
    kind: str,
    wanted: Mapping[str, int],
) -> list[DueWork]:
    """Lease work of one kind, from each lane up to as many pieces as `wanted` says."""
    return _lease(
        connection,
        [
            ((due_work.c.kind == kind, due_work.c.lane == lane, *_due_at(now)), limit)
            for lane, limit in wanted.items()
        ],
        owner=owner,
        lease_until=now + timedelta(seconds=lease_seconds),
    )


def is_held(connection: Connection, work: DueWork) -> bool:
    """Tell whether the lease is still ours.

    The row is not locked: whoever changes what the work is about locks that first, then the work,
    and so must a handler.
    """
    found = connection.execute(
        select(due_work.c.lease_owner).where(
            due_work.c.kind == work.kind, due_work.c.subject_id == work.subject_id
        )
    ).first()
    return found is not None and found.lease_owner == work.owner


def finish(connection: Connection, work: DueWork) -> bool:
    """Take done work off the list; tell whether it was still ours."""
    return finish_all(connection, [work]) == 1


def finish_all(connection: Connection, works: Sequence[DueWork]) -> int:
    """Take done work off the list; return how many pieces were still ours."""
    if not works:
        return 0
    statement = delete(due_work).where(
        due_work.c.kind == bindparam("its_kind"),
        due_work.c.subject_id == bindparam("its_subject"),
        due_work.c.lease_owner == bindparam("its_owner"),
    )
    return connection.execute(statement, [_names(work) for work in works]).rowcount


def reschedule(connection: Connection, work: DueWork, due_at: datetime) -> bool:
    """Have leased work done again at `due_at`; tell whether it was still ours."""
    return reschedule_all(connection, [(work, due_at)]) == 1


def reschedule_all(connection: Connection, works: Sequence[tuple[DueWork, datetime]]) -> int:
    """Have leased work done again; return how many pieces were still ours."""
    if not works:
        return 0
    statement = (
        update(due_work)
        .where(
            due_work.c.kind == bindparam("its_kind"),
            due_work.c.subject_id == bindparam("its_subject"),
            due_work.c.lease_owner == bindparam("its_owner"),
        )
        .values(due_at=bindparam("its_due_at"), lease_owner=None, lease_until=None)
    )
    rows = [_names(work) | {"its_due_at": due_at} for work, due_at in works]
    return connection.execute(statement, rows).rowcount


def give_back_all(connection: Connection, works: Sequence[DueWork]) -> int:
    """Return leased work untouched, as if it had not been claimed; say how much was still ours."""
    if not works:
        return 0
    statement = (
        update(due_work)
        .where(
            due_work.c.kind == bindparam("its_kind"),
            due_work.c.subject_id == bindparam("its_subject"),
            due_work.c.lease_owner == bindparam("its_owner"),
        )
        .values(lease_owner=None, lease_until=None, attempts=due_work.c.attempts - 1)
    )
    return connection.execute(statement, [_names(work) for work in works]).rowcount


def next_due_at(database: Database, kinds: Collection[str]) -> datetime | None:
    """Return when the next piece of work nobody holds is due."""
    with database.read() as connection:
        found: datetime | None = connection.execute(
            select(func.min(due_work.c.due_at)).where(
                due_work.c.kind.in_(kinds), due_work.c.lease_until.is_(None)
            )
        ).scalar()
    return found


def _due_at(now: datetime) -> tuple[Any, ...]:
    return (
        due_work.c.due_at <= now,
        or_(due_work.c.lease_until.is_(None), due_work.c.lease_until <= now),
    )


def _lease(
    connection: Connection,
    wanted: Sequence[tuple[tuple[Any, ...], int]],
    *,
    owner: str,
    lease_until: datetime,
) -> list[DueWork]:
    claimed = []
    for conditions, limit in wanted:
        rows = connection.execute(
            select(due_work)
            .where(*conditions)
            .order_by(due_work.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        claimed += [
            DueWork(
                kind=row.kind,
                subject_id=row.subject_id,
                lane=row.lane,
                payload=row.payload,
                due_at=row.due_at,
                attempts=row.attempts + 1,
                owner=owner,
            )
            for row in rows
        ]
    if claimed:
        statement = (
            update(due_work)
            .where(
                due_work.c.kind == bindparam("its_kind"),
                due_work.c.subject_id == bindparam("its_subject"),
            )
            .values(
                lease_owner=bindparam("its_owner"),
                lease_until=lease_until,
                attempts=due_work.c.attempts + 1,
            )
        )
        connection.execute(statement, [_names(work) for work in claimed])
    return claimed


def _names(work: DueWork) -> dict[str, Any]:
    return {"its_kind": work.kind, "its_subject": work.subject_id, "its_owner": work.owner}


# Jumps from lane to lane along the index, however many rows a lane has.
_LANES = text(
    """
    WITH RECURSIVE lanes(lane) AS (
      SELECT min(lane) FROM due_work WHERE kind = :kind
      UNION ALL
      SELECT (SELECT min(lane) FROM due_work WHERE kind = :kind AND lane > lanes.lane)
      FROM lanes WHERE lanes.lane IS NOT NULL
    )
    SELECT lane FROM lanes WHERE lane IS NOT NULL AND EXISTS (
      SELECT 1 FROM due_work
      WHERE kind = :kind AND lane = lanes.lane AND due_at <= :now
        AND (lease_until IS NULL OR lease_until <= :now)
    )
    """
).bindparams(bindparam("now", type_=due_work.c.due_at.type))
