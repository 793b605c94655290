"""The assistant API: runs, their items and their reports.

Source: docs/reference/assistant-api.md
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import flask
import orjson
from pydantic import BaseModel, ConfigDict

from portway_assistant.error_codes import REPORT_NOT_MADE, RUN_UNKNOWN
from portway_assistant.folder import AssistantFolder
from portway_assistant.plan_api import Runner, add_plan_endpoints
from portway_assistant.runs.ledger import Run
from portway_assistant.runs.plan_views import run_json
from portway_service.admin_access import Admin, AdminAccess
from portway_service.endpoints import (
    Api,
    Call,
    install_error_answers,
    refuse_unstated_access,
)
from portway_service.errors import Refusal
from portway_service.ids import Ids

REPORT_TYPES = {"json": "application/json", "html": "text/html", "txt": "text/plain"}


@dataclass(frozen=True)
class AdminMay:
    """The access of an endpoint for admins, with what it lets them do."""

    what: str


class ItemsQuery(BaseModel):
    """Which items of a run to list."""

    model_config = ConfigDict(extra="forbid")
    outcome: Literal["created", "updated", "merged", "skipped", "unchanged", "failed"] | None = None


def create_app(
    folder: AssistantFolder, *, admin: AdminAccess, ids: Ids, runner: Runner | None = None
) -> flask.Flask:
    """Return the assistant's web app over one folder; `runner` carries out its runs."""
    app = flask.Flask("portway_assistant", static_folder=None)
    install_error_answers(app, ids=ids)
    api = Api("assistant", "/assistant/v1", _admit(admin))
    _add_endpoints(api, folder)
    add_plan_endpoints(api, folder, runner, AdminMay)
    api.register(app)
    refuse_unstated_access(app)
    return app


def _admit(admin: AdminAccess) -> Any:
    def admit(request: flask.Request, _access: AdminMay, _path: Any, _query: Any) -> Admin:
        return admin.admit(request)

    return admit


def _add_endpoints(api: Api, folder: AssistantFolder) -> None:
    def find_run(call: Call) -> Run:
        try:
            return folder.ledger.get_run(call.path["run_id"])
        except LookupError:
            raise Refusal(RUN_UNKNOWN, run_id=call.path["run_id"]) from None

    @api.endpoint("GET", "/runs", access=AdminMay("list runs"))
    def list_runs(_call: Call) -> list[dict[str, Any]]:
        return [run_json(run) for run in folder.ledger.all_runs()]

    @api.endpoint("GET", "/runs/<run_id>", access=AdminMay("read a run"))
    def show_run(call: Call) -> dict[str, Any]:
        run = find_run(call)
        return run_json(run) | {
            "items": folder.ledger.counts(run.run_id),
            "apps": [
                {"key": app.app_key, "status": app.status, "message": app.message}
                for app in folder.ledger.app_outcomes(run.run_id)
            ],
        }

    @api.endpoint(
        "GET", "/runs/<run_id>/items", access=AdminMay("list a run's items"), query=ItemsQuery
    )
    def list_items(call: Call) -> flask.Response:
        run = find_run(call)
        only = (call.query.outcome,) if call.query.outcome else ()

        def lines() -> Iterator[bytes]:
            for item in folder.ledger.outcomes(run.run_id, only=only):
                yield orjson.dumps(
                    {
                        "sourceKey": item.source_key,
                        "kind": item.kind,
                        "title": item.title,
                        "outcome": item.outcome,
                        "id": item.destination_id,
                        "code": item.code,
                        "reason": item.reason,
                    },
                    option=orjson.OPT_APPEND_NEWLINE,
                )

        return flask.Response(lines(), mimetype="application/x-ndjson")

    @api.endpoint("GET", "/runs/<run_id>/report.<kind>", access=AdminMay("read a report"))
    def show_report(call: Call) -> flask.Response:
        run, kind = find_run(call), call.path["kind"]
        path = folder.reports / run.run_id / f"report.{kind}"
        if kind not in REPORT_TYPES or not path.is_file():
            raise Refusal(REPORT_NOT_MADE, run_id=run.run_id)
        response = flask.Response(path.read_bytes(), mimetype=REPORT_TYPES[kind])
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        )
        return response
