"""`portway retry`: send again what failed in a run that is over."""

from typing import TYPE_CHECKING

import click

from portway_cli.order_options import where_options

if TYPE_CHECKING:
    from portway_cli.sessions import Where


@click.command("retry")
@click.argument("plan", required=False)
@click.option("--failed", is_flag=True, required=True, help="Send again what failed.")
@click.option("--run", "run_id", help="The run to mend.  [default: the plan's last one]")
@where_options
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on stdout.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    plan: str | None,
    failed: bool,
    run_id: str | None,
    where: "Where",
    app_patience: float,
    as_json: bool,
    quiet: bool,
) -> None:
    """Send again the items that failed in the last run of PLAN, and what hung on them.

    Apps that did not succeed are run again too. Nothing else is sent. The proof and the report
    are made anew. Without PLAN and --run, the run that ended last is meant.

    Exits 0 FINISHED, 1 INCOMPLETE, 2 wrong usage, 3 FAILED, 4 STOPPED.
    """
    from portway_cli.migration import find_plan_of_run, run_plan
    from portway_cli.outcomes import run_and_exit

    run_and_exit(
        lambda progress: run_plan(
            plan or find_plan_of_run(run_id, where),
            where,
            progress,
            retry=True,
            run_id=run_id,
            app_patience_seconds=app_patience,
        ),
        as_json=as_json,
        quiet=quiet,
    )
