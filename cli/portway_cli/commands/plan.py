"""`portway plan`: plans that are saved, looked at, run, stopped and gone on with."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from portway_cli.order_options import (
    data_option,
    dry_run_options,
    order_options,
    where_options,
)

if TYPE_CHECKING:
    from portway_cli.migration import PlanOrder
    from portway_cli.sessions import Where

STOP_SECONDS = 30.0


@click.group("plan")
def command() -> None:
    """Save plans, run them, stop them and go on with them.

    PLAN is a plan's name, or its id or the first characters of it.
    """


_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_quiet = click.option("--quiet", is_flag=True, help="Show no progress.")


def _print(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))
    else:
        click.echo("\n".join(lines))


@command.command("create")
@order_options
@click.option(
    "--newer-export",
    is_flag=True,
    help="Follow the file: when it is another one at a run, move what changed.",
)
@data_option
@_json
@_quiet
def create(order: "PlanOrder", where: "Where", as_json: bool, quiet: bool) -> None:
    """Save a plan for EXPORT, to be run later. The export is read, and nothing is sent.

    Exits 0, or 3 when the plan could not work.
    """
    from portway_assistant.runs.plan_views import plan_json
    from portway_cli.console import choose_progress
    from portway_cli.migration import save_plan
    from portway_cli.sessions import open_session

    progress = None if quiet else choose_progress()
    try:
        plan = save_plan(order, where, progress)
    finally:
        if progress is not None:
            progress.close()
    with open_session(where) as session:
        shown = plan_json(session.assistant, plan)
    lines = [f"Saved as {plan.plan_id}. Run it with `portway plan run {plan.plan_id[:8]}`."]
    lines += [
        f"Space {space['key']} waits in the plan {space['queuedIn']} too."
        for space in shown["spaces"]
        if space["queuedIn"]
    ]
    _print(shown, lines, as_json=as_json)


# Somebody who saves a plan has time to decide whom to trust.
next(each for each in create.params if each.name == "undecided_domains").default = "stop"


@command.command("list")
@click.option("--all", "with_archived", is_flag=True, help="Show archived ones too.")
@data_option
@_json
def show_all(where: "Where", with_archived: bool, as_json: bool) -> None:
    """List the plans, newest first."""
    from portway_assistant.runs.plan_views import plans_json
    from portway_cli.plan_lines import plan_table
    from portway_cli.sessions import open_session

    with open_session(where) as session:
        plans = plans_json(session.assistant, with_archived=with_archived)
    _print(plans, plan_table(plans), as_json=as_json)


@command.command("show")
@click.argument("plan")
@data_option
@_json
def show(plan: str, where: "Where", as_json: bool) -> None:
    """Show PLAN: what it moves, and how its runs ended."""
    from portway_assistant.runs.plan_views import plan_json
    from portway_cli.plan_lines import plan_lines
    from portway_cli.sessions import open_session

    with open_session(where) as session:
        shown = plan_json(session.assistant, session.assistant.plans.find(plan))
    _print(shown, plan_lines(shown), as_json=as_json)


@command.command("copy")
@click.argument("plan")
@click.option("--name", help="Name of the copy.  [default: 'Copy of ' and the plan's name]")
@data_option
@_json
def copy(plan: str, name: str | None, where: "Where", as_json: bool) -> None:
    """Save PLAN again under another name. Its runs stay with the original."""
    from portway_assistant.runs.plan_views import plan_json
    from portway_cli.sessions import open_session

    with open_session(where) as session:
        original = session.assistant.plans.find(plan)
        made = session.assistant.plans.copy(original, name or f"Copy of {original.name}")
        shown = plan_json(session.assistant, made)
    _print(shown, [f"Saved as {made.plan_id}."], as_json=as_json)


@command.command("delete")
@click.argument("plan")
@click.option("--archive", is_flag=True, help="Only put it away; `list --all` still shows it.")
@data_option
@_json
def delete(plan: str, archive: bool, where: "Where", as_json: bool) -> None:
    """Delete PLAN. Its runs and their reports stay. A plan that is being run is refused."""
    from portway_assistant.error_codes import PLAN_RUNNING
    from portway_assistant.runs.plan import PlanStatus
    from portway_assistant.runs.plan_views import plan_status
    from portway_cli.sessions import open_session
    from portway_service.errors import Refusal

    with open_session(where) as session:
        assistant = session.assistant
        found = assistant.plans.find(plan)
        if plan_status(assistant, found) is PlanStatus.RUNNING:
            raise Refusal(PLAN_RUNNING, plan=found.name)
        if archive:
            assistant.plans.archive(found.plan_id)
        else:
            assistant.plans.delete(found.plan_id)
    done = "archived" if archive else "deleted"
    _print({"planId": found.plan_id, done: True}, [f"{found.name}: {done}."], as_json=as_json)


@command.command("run")
@click.argument("plan")
@click.option(
    "--newer-export",
    is_flag=True,
    help="Take export and people file as they are now, also when they are other ones.",
)
@where_options
@dry_run_options
@_json
@_quiet
def run(
    plan: str,
    newer_export: bool,
    where: "Where",
    app_patience: float,
    dry_run: bool,
    list_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run PLAN, or go on with its stopped run from the item it stopped at.

    Exits 0 FINISHED, 1 INCOMPLETE, 2 wrong usage, 3 FAILED, 4 STOPPED.
    """
    from portway_cli.dry_runs import dry_run_plan
    from portway_cli.migration import run_plan
    from portway_cli.outcomes import rehearse_and_exit, run_and_exit

    if dry_run:
        rehearse_and_exit(
            lambda progress, shown: dry_run_plan(
                plan, where, progress, shown, newer_export=newer_export
            ),
            list_path=list_path,
            as_json=as_json,
            quiet=quiet,
        )
    run_and_exit(
        lambda progress: run_plan(
            plan, where, progress, newer_export=newer_export, app_patience_seconds=app_patience
        ),
        as_json=as_json,
        quiet=quiet,
    )


@command.command("diff")
@click.argument("dry_run", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("plan", required=False)
@click.option("--run", "run_id", help="The run to compare with.  [default: PLAN's last one]")
@data_option
@_json
def diff(
    dry_run: Path, plan: str | None, run_id: str | None, where: "Where", as_json: bool
) -> None:
    """Compare DRY_RUN, the list of a dry run, with what a run then did, item by item.

    Without PLAN and --run, the run that ended last is meant. Exits 0 when they agree, 1 when not.
    """
    from portway_cli.plan_diffs import diff_lines, find_disagreements

    run, found = find_disagreements(dry_run, where, plan=plan, run_id=run_id)
    answer = {
        "runId": run.run_id,
        "agree": not found,
        "disagreements": [each.as_json() for each in found],
    }
    _print(answer, diff_lines(run, found), as_json=as_json)
    if found:
        raise click.exceptions.Exit(1)


@command.command("stop")
@click.argument("plan")
@click.option("--no-wait", is_flag=True, help="Do not wait until it has stopped.")
@data_option
@_json
def stop(plan: str, no_wait: bool, where: "Where", as_json: bool) -> None:
    """Stop the run of PLAN between two items. `portway plan run` goes on from there.

    Exits 0 when it has stopped, 1 when it goes on for too long.
    """
    from portway_assistant.error_codes import PLAN_NOT_RUNNING
    from portway_assistant.runs.plan import PlanStatus
    from portway_assistant.runs.plan_views import plan_status
    from portway_cli.sessions import open_session
    from portway_service.errors import Refusal

    with open_session(where) as session:
        assistant = session.assistant
        found = assistant.plans.find(plan)
        if plan_status(assistant, found) is not PlanStatus.RUNNING:
            raise Refusal(PLAN_NOT_RUNNING, plan=found.name)
        assistant.plans.ask_to_stop(found.plan_id)
        given_up_at = time.monotonic() + (0.0 if no_wait else STOP_SECONDS)
        status = PlanStatus.RUNNING
        while status is PlanStatus.RUNNING and time.monotonic() < given_up_at:
            time.sleep(0.1)
            status = plan_status(assistant, found)
    answer = {"planId": found.plan_id, "status": status, "asked": True}
    _print(answer, [f"{found.name}: {status}."], as_json=as_json)
    if status is PlanStatus.RUNNING and not no_wait:
        raise click.exceptions.Exit(1)
