"""`portway migrate`: a whole plan from the command line."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from portway_cli.options import database_option
from portway_cli.plan_options import plan_options

if TYPE_CHECKING:
    from portway_assistant.reports.report import Report
    from portway_assistant.runs.settings import PlanSettings

EXIT_CODES = {"FINISHED": 0, "INCOMPLETE": 1, "FAILED": 3, "STOPPED": 4}
_PLACE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def _place_key(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not _PLACE.fullmatch(value):
        raise click.BadParameter("use lower-case letters, digits and hyphens, like acme-wiki")
    return value


@click.command("migrate")
@click.argument("export", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="PORTWAY_DATA",
    show_envvar=True,
    help="Folder that keeps everything; made when absent. With --platform: where this side keeps"
    " its ledger and reports.  [default with --platform: ~/.local/share/portway]",
)
@database_option
@click.option("--platform", help="Address of a running platform; without it, one runs in here.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the platform's admin token; else PORTWAY_ADMIN_TOKEN.",
)
@click.option(
    "--people",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="CSV with userkey or username, e-mail and name: fills what a space export lacks.",
)
@click.option(
    "--trust-domain",
    "trusted_domains",
    multiple=True,
    metavar="DOMAIN",
    help="Trust an e-mail domain, now and in later runs; repeat it; `all` trusts every domain that"
    " nobody has decided about. Domains of addresses in --people are trusted too: they are your"
    " word. A distrusted domain stays so.",
)
@click.option(
    "--space",
    "spaces",
    multiple=True,
    metavar="KEY",
    help="Take this space; repeat it.  [default: all]",
)
@click.option(
    "--app",
    "manifests",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="MANIFEST",
    help="Move this app's data too; repeat it. Naming an app agrees, as admin, to the scopes and"
    " policies of its manifest; they are printed first.",
)
@click.option("--no-agree", is_flag=True, help="Agree to nothing: use recorded agreements only.")
@click.option(
    "--server",
    "server_key",
    default="server",
    show_default=True,
    callback=_place_key,
    help="Key of the source server. Ids of two servers must not meet under one key.",
)
@click.option(
    "--site",
    "site_key",
    default="cloud",
    show_default=True,
    callback=_place_key,
    help="Key of the destination site.",
)
@click.option("--name", help="Name of the plan.  [default: the export's name]")
@plan_options
@click.option(
    "--patience",
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(0),
    help="How long to wait for a platform that is away.",
)
@click.option(
    "--app-patience",
    default=1800.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(1),
    help="How long to follow an app's transfer.",
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on stdout.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    export: Path,
    data: Path | None,
    database_url: str | None,
    platform: str | None,
    token_file: Path | None,
    people: Path | None,
    trusted_domains: tuple[str, ...],
    spaces: tuple[str, ...],
    manifests: tuple[Path, ...],
    no_agree: bool,
    server_key: str,
    site_key: str,
    name: str | None,
    settings: "PlanSettings",
    patience: float,
    app_patience: float,
    as_json: bool,
    quiet: bool,
) -> None:
    """Move EXPORT, a Confluence XML export, to a cloud site.

    The same command again creates nothing; after an interruption it goes on where it stopped.

    Exits 0 FINISHED, 1 INCOMPLETE, 2 wrong usage, 3 FAILED, 4 STOPPED.
    """
    from portway_cli.console import choose_progress
    from portway_cli.failures import describe
    from portway_cli.migration import MigrationOrder, run_migration

    if data is None and platform is None:
        raise click.UsageError("Give --data, the folder that keeps everything, or --platform.")
    progress = None if quiet else choose_progress()
    try:
        report, report_path = run_migration(
            MigrationOrder(
                export=export,
                data=data or Path("~/.local/share/portway").expanduser(),
                platform_url=platform,
                database_url=database_url,
                token_file=token_file,
                people=people,
                space_keys=spaces,
                manifests=manifests,
                agree=not no_agree,
                server_key=server_key,
                site_key=site_key,
                name=name or export.name,
                settings=settings,
                trusted_domains=trusted_domains,
                patience_seconds=patience,
                app_patience_seconds=app_patience,
            ),
            progress,
        )
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


def report_json(report: "Report", report_path: Path) -> dict[str, object]:
    """Return the object `--json` ends with."""
    from portway_assistant.reports.report import proof_json

    proof = proof_json(report.proof)
    return {
        "status": report.run.status,
        "reason": report.run.reason,
        "items": report.items,
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
    return {
        "status": "FAILED",
        "reason": str(error),
        "code": getattr(error, "code", None),
        "items": dict.fromkeys(("created", "merged", "skipped", "unchanged", "failed"), 0),
        "apps": [],
        "proof": {"complete": False, "unexplained": 0},
        "report": None,
        "receipts": [],
        "seconds": 0.0,
    }
