"""Carries out the runs of a served folder, each in a process of its own.

A mark in the folder says which plans a served run was started for. A run that was cut off, because
the service or the machine went down, is gone on with when the service starts again.
"""

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from portway_assistant.folder import AssistantFolder
from portway_assistant.runs.engine import DESTINATION_AWAY
from portway_assistant.runs.ledger import Run
from portway_assistant.runs.plan import PlanLabel, RunStatus, SavedPlan
from portway_assistant.runs.settings import PlanSettings
from portway_cli.data_folder import DataFolder
from portway_cli.migration import PlanOrder, save_plan
from portway_cli.processes import file_name
from portway_cli.sessions import Where
from portway_service.endpoints import invalid_fields

if TYPE_CHECKING:
    from portway_assistant.plan_api import PlanInput


def _was_cut_off(run: Run) -> bool:
    """Tell whether a run ended with the service it needs, not because somebody stopped it."""
    return run.status is RunStatus.RUNNING or (
        run.status is RunStatus.STOPPED and run.reason == DESTINATION_AWAY
    )


class ProcessRunner:
    """Starts `portway plan run` against the platform that is served from here."""

    def __init__(self, folder: DataFolder, url: str) -> None:
        self._folder = folder
        self._url = url
        self._marks = folder.assistant / "served-runs"

    def create(self, plan: "PlanInput") -> SavedPlan:
        """Read the export and save the plan."""
        try:
            settings = PlanSettings.from_chosen({"undecided_domains": "stop"} | plan.settings)
        except (KeyError, TypeError, ValueError) as error:
            raise invalid_fields([{"field": "settings", "problem": str(error)}]) from None
        export = Path(plan.export)
        order = PlanOrder(
            export=export,
            name=plan.name or export.name,
            server_key=plan.server,
            site_key=plan.site,
            people=Path(plan.people) if plan.people else None,
            space_keys=tuple(plan.spaces),
            manifests=tuple(map(Path, plan.apps)),
            agree=plan.agree,
            settings=settings,
            trusted_domains=tuple(plan.trusted_domains),
            label=PlanLabel(plan.label),
            newer_export=plan.newer_export,
        )
        return save_plan(order, Where(data=self._folder.path), None)

    def run(self, plan: SavedPlan, *, newer_export: bool) -> None:
        """Start a run, or go on with the stopped one, and return at once."""
        more = ["--newer-export"] if newer_export else []
        self._start(plan.plan_id, ["plan", "run", plan.plan_id, *more])

    def retry(self, plan: SavedPlan, run_id: str) -> None:
        """Start to send again what failed in a run, and return at once."""
        self._start(plan.plan_id, ["retry", plan.plan_id, "--failed", "--run", run_id])

    def resume(self, assistant: AssistantFolder) -> None:
        """Go on with the runs that were cut off when the service ended."""
        if not self._marks.is_dir() or assistant.lock.find_holder() is not None:
            return
        for mark in sorted(self._marks.iterdir()):
            runs = assistant.ledger.all_runs(plan_id=mark.name)
            if runs and _was_cut_off(runs[0]):
                self._start(mark.name, ["plan", "run", mark.name])
                return  # one at a time; the next is gone on with at the next start
            mark.unlink(missing_ok=True)

    def _start(self, plan_id: str, words: list[str]) -> None:
        self._marks.mkdir(exist_ok=True, mode=0o700)
        (self._marks / plan_id).touch()
        log = self._folder.path / "logs" / f"run-{file_name(plan_id)}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command, with ids of our own
                [
                    *(sys.executable, "-m", "portway_cli", *words),
                    *("--data", str(self._folder.path), "--platform", self._url),
                    *("--token-file", str(self._folder.admin_token_file), "--quiet", "--json"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        threading.Thread(target=self._await_end, args=(process, plan_id), daemon=True).start()

    def _await_end(self, process: "subprocess.Popen[bytes]", plan_id: str) -> None:
        """Collect the process; one that ended by itself needs no going on."""
        if process.wait() >= 0:
            with suppress(OSError):
                (self._marks / plan_id).unlink()
