"""The assistant API's plans: everything the commands do with them, for scripts.

Runs are carried out by processes of their own, so that they outlive a restart of the service.
Source: docs/reference/assistant-api.md#plans
"""

from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from portway_assistant.error_codes import (
    DATA_IN_USE,
    NO_RUNNER,
    PLAN_ARCHIVED,
    PLAN_NOT_RUNNING,
    PLAN_RUNNING,
    RUN_UNKNOWN,
)
from portway_assistant.folder import AssistantFolder
from portway_assistant.runs.plan import PlanStatus, SavedPlan
from portway_assistant.runs.plan_views import plan_json, plan_status, plans_json
from portway_service.endpoints import Api, Call
from portway_service.errors import Refusal


class _Input(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", populate_by_name=True)


class PlanInput(_Input):
    """A plan to save. Paths are those of the machine the assistant runs on."""

    export: str
    name: str | None = None
    label: Literal["production", "testing"] = "production"
    server: str = "server"
    site: str = "cloud"
    people: str | None = None
    spaces: list[str] = []
    apps: list[str] = []
    agree: bool = True
    settings: dict[str, Any] = {}
    newer_export: bool = False
    trusted_domains: list[str] = []


class CopyInput(_Input):
    """What the copy is called."""

    name: str | None = None


class RunInput(_Input):
    """How to run a plan."""

    newer_export: bool = False


class PlansQuery(_Input):
    """Whether archived plans are listed too."""

    archived: bool = False


class DeleteQuery(_Input):
    """Whether a plan is only put away."""

    archive: bool = False


class Runner(Protocol):
    """Saves plans from files, and carries runs out in processes of their own."""

    def create(self, plan: PlanInput) -> SavedPlan:
        """Read the export and save the plan."""
        ...

    def run(self, plan: SavedPlan, *, newer_export: bool) -> None:
        """Start a run, or go on with the stopped one, and return at once."""
        ...

    def retry(self, plan: SavedPlan, run_id: str) -> None:
        """Start to send again what failed in a run, and return at once."""
        ...


def add_plan_endpoints(api: Api, folder: AssistantFolder, runner: Runner | None, may: Any) -> None:
    """Add the endpoints of plans; `may` makes the access of one from what it lets admins do."""

    def get_runner() -> Runner:
        if runner is None:
            raise Refusal(NO_RUNNER)
        return runner

    def refuse_busy() -> None:
        if folder.lock.find_holder() is not None:
            raise Refusal(DATA_IN_USE, path=folder.path)

    def find(call: Call) -> SavedPlan:
        return folder.plans.get(call.path["plan_id"])

    def ask_to_stop(plan: SavedPlan) -> dict[str, Any]:
        if plan_status(folder, plan) is not PlanStatus.RUNNING:
            raise Refusal(PLAN_NOT_RUNNING, plan=plan.name)
        folder.plans.ask_to_stop(plan.plan_id)
        return {"planId": plan.plan_id, "asked": True}

    def find_plan_of_run(call: Call) -> SavedPlan:
        try:
            run = folder.ledger.get_run(call.path["run_id"])
        except LookupError:
            raise Refusal(RUN_UNKNOWN, run_id=call.path["run_id"]) from None
        if run.plan_id is None:
            raise Refusal(RUN_UNKNOWN, run_id=run.run_id)
        return folder.plans.get(run.plan_id)

    @api.endpoint("GET", "/plans", access=may("list plans"), query=PlansQuery)
    def list_plans(call: Call) -> list[dict[str, Any]]:
        return plans_json(folder, with_archived=call.query.archived)

    @api.endpoint("POST", "/plans", access=may("save a plan"), body=PlanInput, status=201)
    def create_plan(call: Call) -> dict[str, Any]:
        return plan_json(folder, get_runner().create(call.body))

    @api.endpoint("GET", "/plans/<plan_id>", access=may("read a plan"))
    def show_plan(call: Call) -> dict[str, Any]:
        return plan_json(folder, find(call))

    @api.endpoint("DELETE", "/plans/<plan_id>", access=may("delete a plan"), query=DeleteQuery)
    def delete_plan(call: Call) -> dict[str, Any]:
        plan = find(call)
        if plan_status(folder, plan) is PlanStatus.RUNNING:
            raise Refusal(PLAN_RUNNING, plan=plan.name)
        if call.query.archive:
            return plan_json(folder, folder.plans.archive(plan.plan_id))
        folder.plans.delete(plan.plan_id)
        return {"planId": plan.plan_id, "deleted": True}

    @api.endpoint(
        "POST", "/plans/<plan_id>/copy", access=may("copy a plan"), body=CopyInput, status=201
    )
    def copy_plan(call: Call) -> dict[str, Any]:
        plan = find(call)
        return plan_json(folder, folder.plans.copy(plan, call.body.name or f"Copy of {plan.name}"))

    @api.endpoint(
        "POST", "/plans/<plan_id>/runs", access=may("run a plan"), body=RunInput, status=202
    )
    def run_plan(call: Call) -> dict[str, Any]:
        plan = find(call)
        if plan.archived_at is not None:
            raise Refusal(PLAN_ARCHIVED, plan=plan.name)
        refuse_busy()
        get_runner().run(plan, newer_export=call.body.newer_export)
        return {"planId": plan.plan_id, "started": True}

    @api.endpoint("POST", "/plans/<plan_id>/stop", access=may("stop a plan"), status=202)
    def stop_plan(call: Call) -> dict[str, Any]:
        return ask_to_stop(find(call))

    @api.endpoint("POST", "/runs/<run_id>/stop", access=may("stop a run"), status=202)
    def stop_run(call: Call) -> dict[str, Any]:
        return ask_to_stop(find_plan_of_run(call))

    @api.endpoint("POST", "/runs/<run_id>/retry", access=may("retry a run"), status=202)
    def retry_run(call: Call) -> dict[str, Any]:
        plan = find_plan_of_run(call)
        refuse_busy()
        get_runner().retry(plan, call.path["run_id"])
        return {"planId": plan.plan_id, "runId": call.path["run_id"], "started": True}
