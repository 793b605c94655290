"""Dry runs from the command line: what a migration would write, and nothing written but that."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import click
import orjson

from portway_assistant.apps import AppToMove, CheckResult
from portway_assistant.clients import PlatformClient, RehearsedSite
from portway_assistant.error_codes import DATA_IN_USE
from portway_assistant.exports.package import ExportPackage
from portway_assistant.folder import AssistantFolder
from portway_assistant.progress import Progress, Silent
from portway_assistant.reports.report import KIND_NAMES, name_count
from portway_assistant.runs.dry_run import DryRun
from portway_assistant.runs.plan import SavedPlan
from portway_assistant.runs.preparation import prepare_source
from portway_assistant.stopping import StopRequested
from portway_cli.data_folder import DataFolder
from portway_cli.manifests import read_app_file
from portway_cli.migration import PlanOrder, order_of, refuse_changed_files
from portway_cli.outcomes import EXIT_CODES
from portway_cli.sessions import Session, Where, open_session, stop_on_signals
from portway_service.clock import SystemClock
from portway_service.errors import Refusal
from portway_service.ids import RandomIds


@dataclass(frozen=True)
class Shown:
    """Where the list goes."""

    list_path: Path | None
    as_json: bool


def dry_run_order(
    order: PlanOrder,
    where: Where,
    progress: Progress | None,
    shown: Shown,
    *,
    plan_id: str | None = None,
) -> int:
    """List every write that an order would make; return the exit code."""
    watcher = progress or Silent()
    apps = [read_app_file(path) for path in order.manifests]
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="portway-dry-run-")))
        session = stack.enter_context(_untouched(where, scratch))
        watcher.step("Reading the export")
        digest = ExportPackage.open(order.export).digest()
        known = session.assistant.work_stores / f"export-{digest}.sqlite"
        prepared = stack.enter_context(
            prepare_source(
                session.assistant,
                order.export,
                people=order.people,
                space_keys=order.space_keys,
                server_key=order.server_key,
                site_key=order.site_key,
                name=order.name,
                settings=order.settings,
                trusted_domains=order.trusted_domains,
                app_keys=tuple(app.key for app in apps),
                progress=watcher,
                pulse=session.pulse,
                work_stores=None if known.is_file() else scratch / "exports",
                forgets=True,
            )
        )
        plan = prepared.plan
        if plan_id is None:
            same = session.assistant.plans.find_same(plan)
            plan_id = same.plan_id if same is not None else None
        plan = replace(plan, plan_id=plan_id)
        watcher.step("Rehearsing")
        caller, _ = stack.enter_context(session.platform(with_apps=False))
        forecast = DryRun(
            plan,
            prepared.source,
            [AppToMove(app.manifest, agree=order.agree) for app in apps],
            platform=PlatformClient(caller),
            site=RehearsedSite(caller, plan.site_key, plan.server_key),
            ledger=session.assistant.ledger,
            scratch=scratch / "gone.db",
            stop=session.stop,
        )
        try:
            _write_list(forecast, shown)
        except StopRequested:
            click.echo("Stopped. The list is not whole; nothing was changed.", err=True)
            return EXIT_CODES["STOPPED"]
    return EXIT_CODES["FAILED"] if forecast.blocked else 0


def dry_run_plan(
    reference: str, where: Where, progress: Progress | None, shown: Shown, *, newer_export: bool
) -> int:
    """List every write that a run of a saved plan would make; return the exit code."""
    with open_session(where) as session:
        plan: SavedPlan = session.assistant.plans.find(reference)
    refuse_changed_files(plan, may_change=newer_export or plan.newer_export)
    return dry_run_order(order_of(plan), where, progress, shown, plan_id=plan.plan_id)


@contextmanager
def _untouched(where: Where, scratch: Path) -> Iterator[Session]:
    """Open what is there, and a place that is thrown away for what is not.

    A destination that does not exist yet is as empty as a fresh one.
    """
    real = where.data.expanduser()
    has_ledger = (real / "assistant" / "ledger.db").is_file()
    has_destination = (real / "platform.db").is_file() and (real / "site.db").is_file()
    destination = DataFolder.open(
        real if has_destination or where.database_url else scratch / "data"
    )
    folder = real / "assistant" if has_ledger else scratch / "assistant"
    assistant = AssistantFolder.open(folder, SystemClock(), RandomIds())
    try:
        if assistant.lock.find_holder() is not None:
            raise Refusal(DATA_IN_USE, path=real)
        session = Session(where, destination, assistant)
        with stop_on_signals(session.stop):
            yield session
    finally:
        assistant.close()


def _write_list(forecast: DryRun, shown: Shown) -> None:
    with ExitStack() as stack:
        target: IO[bytes] | None = None
        if shown.list_path is not None:
            target = stack.enter_context(shown.list_path.open("wb"))
        elif shown.as_json:
            target = sys.stdout.buffer
        for write in forecast.writes():
            if target is not None:
                target.write(orjson.dumps(write.as_json(), option=orjson.OPT_APPEND_NEWLINE))
            else:
                click.echo(_line(write.as_json()))
        if target is not None:
            target.flush()
    summary = summary_json(forecast.counts, forecast.checks, forecast.blocked)
    if shown.as_json:
        click.echo(orjson.dumps({"dryRun": summary}))
    else:
        click.echo("\n".join(summary_lines(summary)))


def _line(write: Mapping[str, Any]) -> str:
    reason = f"  {write['reason']}" if write["reason"] else ""
    return f"{write['action']:<9}  {write['sourceKey']}  {write['title']}{reason}"


def summary_json(
    counts: Counter[tuple[str, str]], checks: list[CheckResult], blocked: str | None
) -> dict[str, Any]:
    """Return how much would meet which action, and what the checks found."""
    by_kind: dict[str, dict[str, int]] = {}
    for (kind, action), count in counts.items():
        by_kind.setdefault(kind, {})[action] = count
    return {
        "status": "BLOCKED" if blocked else "READY",
        "reason": blocked,
        "actions": by_kind,
        "checks": [
            {"check": check.check_id, "outcome": check.outcome, "message": check.message}
            for check in checks
        ],
    }


def summary_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the summary as an admin reads it."""
    yield ""
    if summary["reason"]:
        yield f"A run would write nothing. {summary['reason']}"
        return
    yield "A run would do this. Nothing was written now."
    for kind, actions in summary["actions"].items():
        told = ", ".join(f"{count} {action}" for action, count in sorted(actions.items()))
        name = name_count(kind, 2) if kind in KIND_NAMES else kind
        yield f"  {name:<31}{told}"
    for check in summary["checks"]:
        if check["outcome"] != "passed":
            yield f"  {check['outcome']}: {check['message']}"
