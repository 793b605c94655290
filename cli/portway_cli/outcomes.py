"""How commands that run a plan end: what they print, and with which exit code."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
import orjson

if TYPE_CHECKING:
    from portway_assistant.progress import Progress
    from portway_assistant.reports.report import Report
    from portway_cli.dry_runs import Shown

EXIT_CODES = {"FINISHED": 0, "INCOMPLETE": 1, "FAILED": 3, "STOPPED": 4}
NOTHING_SENT = "Stopped while the export was read. Nothing was sent."


def run_and_exit(
    run: "Callable[[Progress | None], tuple[Report, Path]]", *, as_json: bool, quiet: bool
) -> None:
    """Carry something out and end the process as it ended."""
    from portway_assistant.stopping import StopRequested
    from portway_cli.console import choose_progress
    from portway_cli.failures import describe

    progress = None if quiet else choose_progress()
    try:
        report, report_path = run(progress)
    except StopRequested:
        click.echo(NOTHING_SENT, err=True)
        if as_json:
            click.echo(orjson.dumps(nothing_json("STOPPED", NOTHING_SENT, None)))
        sys.exit(EXIT_CODES["STOPPED"])
    except Exception as error:
        lines = describe(error)
        if lines is None or not as_json:
            raise
        click.echo("\n".join(lines), err=True)
        click.echo(orjson.dumps(failure_json(error)))
        sys.exit(EXIT_CODES["FAILED"])
    finally:
        if progress is not None:
            progress.close()
    if as_json:
        click.echo(orjson.dumps(report_json(report, report_path)))
    else:
        from portway_assistant.reports.writing import render_text

        click.echo(render_text(report))
        click.echo(f"Report: {report_path}")
    sys.exit(EXIT_CODES[report.run.status])


def rehearse_and_exit(
    rehearse: "Callable[[Progress | None, Shown], int]",
    *,
    list_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> NoReturn:
    """Carry out a dry run and end the process."""
    from portway_cli.console import choose_progress
    from portway_cli.dry_runs import Shown

    progress = None if quiet else choose_progress()
    try:
        code = rehearse(progress, Shown(list_path, as_json))
    finally:
        if progress is not None:
            progress.close()
    sys.exit(code)


def report_json(report: "Report", report_path: Path) -> dict[str, object]:
    """Return the object `--json` ends with."""
    from portway_assistant.reports.report import proof_json

    proof = proof_json(report.proof)
    return {
        "status": report.run.status,
        "reason": report.run.reason,
        "planId": report.run.plan_id,
        "runId": report.run.run_id,
        "items": report.items,
        "deleted": report.deleted,
        "apps": [
            {
                "key": app.app_key,
                "status": app.status,
                "transferId": app.transfer_id,
                "message": app.message,
            }
            for app in report.apps
        ],
        "proof": {"complete": proof["complete"], "unexplained": proof["unexplained"]},
        "report": str(report_path),
        "receipts": [receipt.path for receipt in report.receipts],
        "seconds": round(report.seconds, 3),
    }


def failure_json(error: Exception) -> dict[str, object]:
    """Return the object `--json` ends with when nothing could be started."""
    return nothing_json("FAILED", str(error), getattr(error, "code", None))


def nothing_json(status: str, reason: str, code: str | None) -> dict[str, Any]:
    """Return the object `--json` ends with when no run came about."""
    outcomes = ("created", "merged", "skipped", "unchanged", "failed")
    return {
        "status": status,
        "reason": reason,
        "code": code,
        "items": dict.fromkeys(outcomes, 0),
        "deleted": 0,
        "apps": [],
        "proof": {"complete": False, "unexplained": 0},
        "report": None,
        "receipts": [],
        "seconds": 0.0,
    }
