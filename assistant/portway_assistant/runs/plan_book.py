"""The book of plans: saved, found again by id or name, copied, archived, deleted."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Select, delete, insert, select, update

from portway_assistant.error_codes import PLAN_AMBIGUOUS, PLAN_UNKNOWN
from portway_assistant.runs.plan import Plan, PlanDraft, PlanLabel, PlannedSpace, SavedPlan
from portway_assistant.runs.settings import PlanSettings
from portway_assistant.runs.tables import plans
from portway_service.clock import Clock
from portway_service.database import Database
from portway_service.errors import Refusal
from portway_service.folding import fold
from portway_service.ids import Ids


class PlanBook:
    """All plans of one assistant."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def save(self, draft: PlanDraft) -> SavedPlan:
        """Write a plan down under a new id."""
        plan = SavedPlan(
            **vars(draft), plan_id=self._ids.uuid(), created_at=self._clock.now(), archived_at=None
        )
        with self._database.write() as connection:
            connection.execute(insert(plans).values(_row(plan)))
        return plan

    def keep(self, draft: PlanDraft) -> SavedPlan:
        """Return the plan that says the same already, else save it (F135)."""
        for plan in self._read(select(plans).where(plans.c.export_digest == draft.export_digest)):
            same = {**vars(plan), "name": draft.name, "export_path": draft.export_path}
            if plan.archived_at is None and all(
                same[field] == value for field, value in vars(draft).items()
            ):
                self._update(plan.plan_id, name=draft.name, export_path=str(draft.export_path))
                return replace(plan, name=draft.name, export_path=draft.export_path)
        return self.save(draft)

    def find_same(self, plan: Plan) -> SavedPlan | None:
        """Return a saved plan that does exactly what `plan` does, or None."""
        query = select(plans).where(plans.c.export_digest == plan.export_digest)
        for saved in self._read(query.order_by(plans.c.created_at.desc())):
            parts = (saved.server_key, saved.site_key, saved.space_keys, saved.people_digest)
            wanted = (plan.server_key, plan.site_key, plan.space_keys, plan.people_digest)
            if parts == wanted and saved.settings == plan.settings:
                return saved
        return None

    def all_plans(self, *, with_archived: bool = False) -> list[SavedPlan]:
        """Return every plan, newest first."""
        query = select(plans).order_by(plans.c.created_at.desc(), plans.c.id)
        return self._read(query if with_archived else query.where(plans.c.archived_at.is_(None)))

    def get(self, plan_id: str) -> SavedPlan:
        """Return a plan by its id; refuse when there is none."""
        found = self._read(select(plans).where(plans.c.id == plan_id))
        if not found:
            raise Refusal(PLAN_UNKNOWN, plan=plan_id)
        return found[0]

    def find(self, reference: str) -> SavedPlan:
        """Return the plan with this id, this name in any case, or an id that begins like this.

        Raises:
            Refusal: `plan_unknown`, or `plan_ambiguous`.
        """
        known = self.all_plans(with_archived=True)
        wanted = fold(reference)
        by_name = [plan for plan in known if fold(plan.name) == wanted]
        in_use = [plan for plan in by_name if plan.archived_at is None]
        by_id = [plan for plan in known if plan.plan_id.startswith(wanted)]
        found = in_use or by_name or (by_id if wanted else [])
        if not found:
            raise Refusal(PLAN_UNKNOWN, plan=reference)
        if len(found) > 1:
            raise Refusal(PLAN_AMBIGUOUS, plan=reference, count=len(found))
        return found[0]

    def copy(self, plan: SavedPlan, name: str) -> SavedPlan:
        """Save the same again under another name; its runs stay with the original."""
        own = {"plan_id", "created_at", "archived_at"}
        fields = {field: value for field, value in vars(plan).items() if field not in own}
        return self.save(PlanDraft(**fields | {"name": name}))

    def archive(self, plan_id: str) -> SavedPlan:
        """Put a plan away; it keeps its runs and reports."""
        self._update(plan_id, archived_at=self._clock.now())
        return self.get(plan_id)

    def delete(self, plan_id: str) -> None:
        """Forget a plan. Its runs and their reports stay."""
        with self._database.write() as connection:
            connection.execute(delete(plans).where(plans.c.id == plan_id))

    def follow(self, plan: SavedPlan, draft: PlanDraft) -> SavedPlan:
        """Let a plan go on with the export and the people file as they are now."""
        self._update(
            plan.plan_id,
            export_digest=draft.export_digest,
            people_digest=draft.people_digest,
            spaces=_spaces(draft.spaces),
        )
        return self.get(plan.plan_id)

    def ask_to_stop(self, plan_id: str) -> None:
        """Ask whoever runs the plan to stop."""
        self._update(plan_id, stop_asked_at=self._clock.now())

    def is_asked_to_stop(self, plan_id: str) -> bool:
        """Tell whether the plan's run is to stop."""
        with self._database.read() as connection:
            asked_at = connection.execute(
                select(plans.c.stop_asked_at).where(plans.c.id == plan_id)
            ).scalar_one_or_none()
        return asked_at is not None

    def forget_stop(self, plan_id: str) -> None:
        """Begin anew: what was asked of an earlier run is done."""
        self._update(plan_id, stop_asked_at=None)

    def _update(self, plan_id: str, **values: Any) -> None:
        with self._database.write() as connection:
            connection.execute(update(plans).where(plans.c.id == plan_id).values(**values))

    def _read(self, query: Select[Any]) -> list[SavedPlan]:
        with self._database.read() as connection:
            return [_plan(row) for row in connection.execute(query)]


def _row(plan: SavedPlan) -> dict[str, Any]:
    return {
        "id": plan.plan_id,
        "name": plan.name,
        "label": plan.label.value,
        "server_key": plan.server_key,
        "site_key": plan.site_key,
        "export_path": str(plan.export_path),
        "export_digest": plan.export_digest,
        "newer_export": plan.newer_export,
        "space_keys": list(plan.space_keys),
        "spaces": _spaces(plan.spaces),
        "people_path": None if plan.people_path is None else str(plan.people_path),
        "people_digest": plan.people_digest,
        "app_keys": list(plan.app_keys),
        "manifests": [str(path) for path in plan.manifests],
        "agree": plan.agree,
        "settings": plan.settings.chosen(),
        "created_at": plan.created_at,
        "archived_at": plan.archived_at,
        "stop_asked_at": None,
    }


def _spaces(spaces: Sequence[PlannedSpace]) -> list[dict[str, str]]:
    return [{"id": space.space_id, "key": space.key, "name": space.name} for space in spaces]


def _plan(row: Any) -> SavedPlan:
    return SavedPlan(
        plan_id=row.id,
        name=row.name,
        label=PlanLabel(row.label),
        server_key=row.server_key,
        site_key=row.site_key,
        export_path=Path(row.export_path),
        export_digest=row.export_digest,
        newer_export=row.newer_export,
        space_keys=tuple(row.space_keys),
        spaces=tuple(PlannedSpace(each["id"], each["key"], each["name"]) for each in row.spaces),
        people_path=None if row.people_path is None else Path(row.people_path),
        people_digest=row.people_digest,
        app_keys=tuple(row.app_keys),
        manifests=tuple(map(Path, row.manifests)),
        agree=row.agree,
        settings=PlanSettings.from_chosen(row.settings),
        created_at=row.created_at,
        archived_at=row.archived_at,
    )
