"""`portway migrate`: a whole plan from the command line."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from portway_cli.order_options import dry_run_options, order_options, where_options

if TYPE_CHECKING:
    from portway_cli.migration import PlanOrder
    from portway_cli.sessions import Where


@click.command("migrate")
@order_options
@where_options
@dry_run_options
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on stdout.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    order: "PlanOrder",
    where: "Where",
    app_patience: float,
    dry_run: bool,
    list_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Move EXPORT, a Confluence XML export, to a cloud site.

    Makes a plan, saves it and runs it. The same command again creates nothing; after an
    interruption it goes on where it stopped.

    Exits 0 FINISHED, 1 INCOMPLETE, 2 wrong usage, 3 FAILED, 4 STOPPED.
    """
    from portway_cli.dry_runs import dry_run_order
    from portway_cli.migration import run_migration
    from portway_cli.outcomes import rehearse_and_exit, run_and_exit

    if dry_run:
        rehearse_and_exit(
            lambda progress, shown: dry_run_order(order, where, progress, shown),
            list_path=list_path,
            as_json=as_json,
            quiet=quiet,
        )
    run_and_exit(
        lambda progress: run_migration(order, where, progress, app_patience_seconds=app_patience),
        as_json=as_json,
        quiet=quiet,
    )
