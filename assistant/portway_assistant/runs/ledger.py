"""The item ledger: what became of each item, and where a run goes on after it was cut off.

A batch's outcomes and the phase's new position are one transaction, so an item is either accounted
for or still ahead. Sending a batch again is harmless: the destination answers it as the first time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select, update

from portway_assistant.runs.files_ahead import FilesAhead
from portway_assistant.runs.plan import Plan, RunStatus
from portway_assistant.runs.tables import app_outcomes, items, phases, runs
from portway_service.clock import Clock
from portway_service.database import Database
from portway_service.ids import Ids

COUNTED = ("created", "updated", "merged", "skipped", "unchanged", "failed", "deleted")
ARRIVED = frozenset({"created", "merged", "unchanged", "updated", "skipped"})
"""Outcomes of items that are at the destination, or were left out of it on purpose."""


@dataclass(frozen=True)
class ItemOutcome:
    """What became of one item."""

    source_key: str
    kind: str
    outcome: str
    title: str
    destination_id: str | None = None
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class AppOutcome:
    """What became of one app."""

    app_key: str
    app_version: str
    status: str
    transfer_id: str | None = None
    message: str | None = None
    consent_record_id: str | None = None
    details: dict[str, Any] | None = None


@dataclass(frozen=True)
class Run:
    """One run of a plan."""

    run_id: str
    migration_id: str | None
    name: str
    server_key: str
    site_key: str
    export_name: str
    status: RunStatus
    reason: str | None
    started_at: datetime
    ended_at: datetime | None
    busy_milliseconds: int
    plan_id: str | None = None
    attempt: int = 1
    """1, and one more for every time its failures were sent again."""
    export_digest: str = ""
    resumed: bool = False


class Ledger:
    """All runs of one assistant."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def open_run(self, plan: Plan) -> Run:
        """Go on with the plan's open run, or begin a new one.

        A run is open while it is RUNNING (its process died) or STOPPED.
        """
        with self._database.write() as connection:
            row = connection.execute(_open_runs(plan)).first()
            if row is not None:
                connection.execute(
                    update(runs)
                    .where(runs.c.id == row.id)
                    .values(
                        status=RunStatus.RUNNING, reason=None, ended_at=None, plan_id=plan.plan_id
                    )
                )
                return replace(_run(row), status=RunStatus.RUNNING, ended_at=None, resumed=True)
            values = {
                "id": self._ids.uuid(),
                "plan_id": plan.plan_id,
                "plan_digest": plan.digest,
                "name": plan.name,
                "server_key": plan.server_key,
                "site_key": plan.site_key,
                "export_digest": plan.export_digest,
                "export_name": plan.export_name,
                "space_keys": list(plan.space_keys),
                "status": RunStatus.RUNNING,
                "reason": None,
                "migration_id": None,
                "started_at": self._clock.now(),
                "ended_at": None,
                "busy_milliseconds": 0,
            }
            connection.execute(insert(runs).values(values))
        return self.get_run(str(values["id"]))

    def find_open_run(self, plan: Plan) -> Run | None:
        """Return the run that `open_run` would go on with, or None."""
        with self._database.read() as connection:
            row = connection.execute(_open_runs(plan)).first()
        return None if row is None else _run(row)

    def reopen_run(self, run_id: str) -> Run:
        """Take up an ended run once more, to send again what failed in it."""
        with self._database.write() as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id)
                .values(
                    status=RunStatus.RUNNING,
                    reason=None,
                    ended_at=None,
                    attempt=runs.c.attempt + 1,
                )
            )
        return replace(self.get_run(run_id), resumed=True)

    def get_run(self, run_id: str) -> Run:
        """Return a run; `LookupError` when there is none with this id."""
        with self._database.read() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
        if row is None:
            raise LookupError(run_id)
        return _run(row)

    def all_runs(self, *, plan_id: str | None = None) -> list[Run]:
        """Return every run, or those of one plan, newest first."""
        query = select(runs).order_by(runs.c.started_at.desc(), runs.c.id)
        if plan_id is not None:
            query = query.where(runs.c.plan_id == plan_id)
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(query)]

    def is_of_plan(self, run_id: str, plan: Plan) -> bool:
        """Tell whether a run carried out exactly this plan, on exactly this export."""
        query = select(runs.c.plan_digest).where(runs.c.id == run_id)
        with self._database.read() as connection:
            return bool(connection.execute(query).scalar_one() == plan.digest)

    def arrived_spaces(self, server_key: str, site_key: str) -> set[str]:
        """Return the source keys of spaces that runs have brought from a server to a site."""
        query = (
            select(items.c.source_key)
            .join(runs, runs.c.id == items.c.run_id)
            .where(
                runs.c.server_key == server_key,
                runs.c.site_key == site_key,
                runs.c.status.in_([RunStatus.FINISHED, RunStatus.INCOMPLETE]),
                items.c.kind == "space",
                items.c.outcome.in_(ARRIVED),
            )
            .distinct()
        )
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def set_migration(self, run_id: str, migration_id: str) -> None:
        """Write down which migration of the platform the run is."""
        with self._database.write() as connection:
            connection.execute(
                update(runs).where(runs.c.id == run_id).values(migration_id=migration_id)
            )

    def end_run(
        self, run_id: str, status: RunStatus, *, reason: str | None, busy_milliseconds: int
    ) -> Run:
        """Write down how a run ended, and how long it has worked in all."""
        with self._database.write() as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id)
                .values(
                    status=status,
                    reason=reason,
                    ended_at=self._clock.now(),
                    busy_milliseconds=runs.c.busy_milliseconds + busy_milliseconds,
                )
            )
        return self.get_run(run_id)

    def position(self, run_id: str, phase: str) -> tuple[int, bool]:
        """Return how many items of a phase are accounted for, and whether it is done."""
        with self._database.read() as connection:
            row = connection.execute(
                select(phases.c.position, phases.c.done).where(
                    phases.c.run_id == run_id, phases.c.phase == phase
                )
            ).first()
        return (0, False) if row is None else (row.position, row.done)

    def record(
        self,
        run_id: str,
        phase: str,
        outcomes: Sequence[ItemOutcome],
        *,
        position: int,
        done: bool = False,
    ) -> None:
        """Account for a batch: its outcomes and the phase's new position, together."""
        with self._database.write() as connection:
            if outcomes:
                rows = [{"run_id": run_id, **vars(outcome)} for outcome in outcomes]
                connection.execute(insert(items).prefix_with("OR REPLACE"), rows)
            known = connection.execute(
                update(phases)
                .where(phases.c.run_id == run_id, phases.c.phase == phase)
                .values(position=position, done=done)
            ).rowcount
            if not known:
                connection.execute(
                    insert(phases).values(run_id=run_id, phase=phase, position=position, done=done)
                )

    def amend(self, run_id: str, outcomes: Sequence[ItemOutcome]) -> None:
        """Replace what was recorded for some items."""
        rows = [{"run_id": run_id, **vars(outcome)} for outcome in outcomes]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(items).prefix_with("OR REPLACE"), rows)

    def failed_among(self, run_id: str, source_keys: Sequence[str]) -> set[str]:
        """Return those of the keys whose items failed in a run."""
        query = select(items.c.source_key).where(
            items.c.run_id == run_id,
            items.c.source_key.in_(source_keys),
            items.c.outcome == "failed",
        )
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def last_titles(self, run_id: str, source_keys: Sequence[str]) -> dict[str, str]:
        """Return under which titles items of the run's server were last known at its site."""
        run = self.get_run(run_id)
        query = (
            select(items.c.source_key, items.c.title)
            .join(runs, runs.c.id == items.c.run_id)
            .where(
                runs.c.server_key == run.server_key,
                runs.c.site_key == run.site_key,
                items.c.source_key.in_(source_keys),
            )
            .order_by(runs.c.started_at)
        )
        with self._database.read() as connection:
            return {row.source_key: row.title for row in connection.execute(query)}

    def counts(self, run_id: str) -> dict[str, dict[str, int]]:
        """Return, per kind, how many items had each outcome."""
        counts: dict[str, dict[str, int]] = {}
        query = (
            select(items.c.kind, items.c.outcome, func.count())
            .where(items.c.run_id == run_id)
            .group_by(items.c.kind, items.c.outcome)
        )
        with self._database.read() as connection:
            for kind, outcome, count in connection.execute(query):
                counts.setdefault(kind, {})[outcome] = count
        return counts

    def outcomes(
        self, run_id: str, *, kinds: Sequence[str] = (), only: Sequence[str] = ()
    ) -> Iterator[ItemOutcome]:
        """Walk the items of a run by source key, in pages, so that any number fits."""
        last = ""
        while True:
            conditions = [items.c.run_id == run_id, items.c.source_key > last]
            if kinds:
                conditions.append(items.c.kind.in_(kinds))
            if only:
                conditions.append(items.c.outcome.in_(only))
            query = select(items).where(and_(*conditions)).order_by(items.c.source_key).limit(5000)
            with self._database.read() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield ItemOutcome(
                    source_key=row.source_key,
                    kind=row.kind,
                    outcome=row.outcome,
                    title=row.title,
                    destination_id=row.destination_id,
                    code=row.code,
                    reason=row.reason,
                )
            if len(rows) < 5000:
                return
            last = rows[-1].source_key

    def files_ahead(self, server_key: str, site_key: str) -> FilesAhead:
        """Return the book of attachments that were moved ahead of their pages."""
        return FilesAhead(self._database, server_key, site_key)

    def destination_ids(self, run_id: str, source_keys: Sequence[str]) -> dict[str, str]:
        """Return the ids of those of these items that a run left at the destination."""
        query = select(items.c.source_key, items.c.destination_id).where(
            items.c.run_id == run_id,
            items.c.source_key.in_(source_keys),
            items.c.outcome != "failed",
            items.c.destination_id.is_not(None),
        )
        with self._database.read() as connection:
            return {row.source_key: row.destination_id for row in connection.execute(query)}

    def find_app_outcome(self, run_id: str, app_key: str) -> AppOutcome | None:
        """Return what became of an app in a run, if it came that far."""
        found = (app for app in self.app_outcomes(run_id) if app.app_key == app_key)
        return next(found, None)

    def record_app(self, run_id: str, outcome: AppOutcome) -> None:
        """Write down where an app stands."""
        values = {"run_id": run_id, **vars(outcome), "details": outcome.details or {}}
        with self._database.write() as connection:
            connection.execute(insert(app_outcomes).prefix_with("OR REPLACE").values(values))

    def app_outcomes(self, run_id: str) -> list[AppOutcome]:
        """Return what became of the apps of a run."""
        query = select(app_outcomes).where(app_outcomes.c.run_id == run_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(app_outcomes.c.app_key)).all()
        return [
            AppOutcome(
                app_key=row.app_key,
                app_version=row.app_version,
                status=row.status,
                transfer_id=row.transfer_id,
                message=row.message,
                consent_record_id=row.consent_record_id,
                details=row.details,
            )
            for row in rows
        ]

    def find_app_success(
        self, plan: Plan, app_key: str, app_version: str, *, before: str
    ) -> AppOutcome | None:
        """Return the app's success in the plan's last run but this one, or None."""
        query = (
            select(app_outcomes)
            .join(runs, runs.c.id == app_outcomes.c.run_id)
            .where(
                runs.c.plan_digest == plan.digest,
                runs.c.id != before,
                app_outcomes.c.app_key == app_key,
                app_outcomes.c.app_version == app_version,
            )
            .order_by(runs.c.started_at.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None or row.status != "SUCCESS":
            return None
        return AppOutcome(
            app_key=app_key,
            app_version=app_version,
            status=row.status,
            transfer_id=row.transfer_id,
            message=row.message,
            consent_record_id=row.consent_record_id,
            details=row.details,
        )


def _open_runs(plan: Plan) -> Select[Any]:
    """Return the query for the run of a plan that can be gone on with, newest first."""
    return (
        select(runs)
        .where(
            runs.c.plan_digest == plan.digest,
            or_(runs.c.plan_id == plan.plan_id, runs.c.plan_id.is_(None)),
            runs.c.status.in_([RunStatus.RUNNING, RunStatus.STOPPED]),
        )
        .order_by(runs.c.started_at.desc())
        .limit(1)
    )


def _run(row: Any) -> Run:
    return Run(
        run_id=row.id,
        migration_id=row.migration_id,
        name=row.name,
        server_key=row.server_key,
        site_key=row.site_key,
        export_name=row.export_name,
        status=RunStatus(row.status),
        reason=row.reason,
        started_at=row.started_at,
        ended_at=row.ended_at,
        busy_milliseconds=row.busy_milliseconds,
        plan_id=row.plan_id,
        attempt=row.attempt,
        export_digest=row.export_digest,
    )
