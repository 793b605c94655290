"""Plans as the command line and the API show them: what they say, and where they stand."""

from collections.abc import Sequence
from typing import Any

from portway_assistant.folder import AssistantFolder
from portway_assistant.runs.ledger import Run
from portway_assistant.runs.lock import Holder
from portway_assistant.runs.plan import (
    PlanStatus,
    RunStatus,
    SavedPlan,
    decide_plan_status,
)
from portway_service.folding import fold

CUT_OFF = "Its process ended. It goes on from there when the plan is run again."


def plan_status(folder: AssistantFolder, plan: SavedPlan) -> PlanStatus:
    """Return where a plan stands at this moment."""
    runs = folder.ledger.all_runs(plan_id=plan.plan_id)
    return _status(plan, runs, folder.lock.find_holder())


def plan_json(folder: AssistantFolder, plan: SavedPlan) -> dict[str, Any]:
    """Return everything there is to say about a plan."""
    runs = folder.ledger.all_runs(plan_id=plan.plan_id)
    holder = folder.lock.find_holder()
    return {
        **summary_json(plan, _status(plan, runs, holder)),
        "exportPath": str(plan.export_path),
        "exportDigest": plan.export_digest,
        "newerExport": plan.newer_export,
        "people": None if plan.people_path is None else str(plan.people_path),
        "apps": [str(path) for path in plan.manifests],
        "agree": plan.agree,
        "settings": plan.settings.chosen(),
        "spaces": _spaces_json(folder, plan),
        "runs": [run_json(run, is_running=_is_at(plan, holder)) for run in runs],
    }


def plans_json(folder: AssistantFolder, *, with_archived: bool = False) -> list[dict[str, Any]]:
    """Return every plan in a few words, newest first."""
    holder = folder.lock.find_holder()
    last_runs: dict[str | None, list[Run]] = {}
    for run in folder.ledger.all_runs():
        last_runs.setdefault(run.plan_id, []).append(run)
    return [
        summary_json(plan, _status(plan, last_runs.get(plan.plan_id, []), holder))
        for plan in folder.plans.all_plans(with_archived=with_archived)
    ]


def summary_json(plan: SavedPlan, status: PlanStatus) -> dict[str, Any]:
    """Return a plan in a few words."""
    return {
        "planId": plan.plan_id,
        "name": plan.name,
        "status": status,
        "label": plan.label,
        "server": plan.server_key,
        "site": plan.site_key,
        "export": plan.export_path.name,
        "spaceCount": len(plan.spaces),
        "createdAt": plan.created_at.isoformat(),
        "archivedAt": plan.archived_at.isoformat() if plan.archived_at else None,
    }


def run_json(run: Run, *, is_running: bool = True) -> dict[str, Any]:
    """Return a run; one that says RUNNING while nobody runs it was cut off."""
    status, reason = run.status, run.reason
    if status is RunStatus.RUNNING and not is_running:
        status, reason = RunStatus.STOPPED, CUT_OFF
    return {
        "runId": run.run_id,
        "planId": run.plan_id,
        "migrationId": run.migration_id,
        "name": run.name,
        "server": run.server_key,
        "site": run.site_key,
        "export": run.export_name,
        "status": status,
        "reason": reason,
        "attempt": run.attempt,
        "startedAt": run.started_at.isoformat(),
        "endedAt": run.ended_at.isoformat() if run.ended_at else None,
        "report": f"/assistant/v1/runs/{run.run_id}/report.html" if run.ended_at else None,
    }


def _status(plan: SavedPlan, runs: Sequence[Run], holder: Holder | None) -> PlanStatus:
    last = runs[0].status if runs else None
    return decide_plan_status(last, is_running=_is_at(plan, holder))


def _is_at(plan: SavedPlan, holder: Holder | None) -> bool:
    return holder is not None and holder.plan_id == plan.plan_id


def _spaces_json(folder: AssistantFolder, plan: SavedPlan) -> list[dict[str, Any]]:
    """Return the plan's spaces: MIGRATED to this destination before, or QUEUED in another plan
    that waits to be run (F180, F181)."""
    arrived = folder.ledger.arrived_spaces(plan.server_key, plan.site_key)
    queued = queued_spaces(folder, besides=plan.plan_id, like=plan)
    found = []
    for space in plan.spaces:
        status = None
        if f"space/{space.space_id}" in arrived:
            status = "MIGRATED"
        elif fold(space.key) in queued:
            status = "QUEUED"
        found.append(
            {
                "id": space.space_id,
                "key": space.key,
                "name": space.name,
                "status": status,
                "queuedIn": queued.get(fold(space.key)),
            }
        )
    return found


def queued_spaces(
    folder: AssistantFolder, *, besides: str | None, like: SavedPlan
) -> dict[str, str]:
    """Return, by folded key, the spaces of other plans of the same way that wait to be run."""
    return {
        fold(space.key): plan.name
        for plan in folder.plans.all_plans()
        if plan.plan_id != besides
        and (plan.server_key, plan.site_key) == (like.server_key, like.site_key)
        and plan_status(folder, plan) is PlanStatus.SAVED
        for space in plan.spaces
    }
