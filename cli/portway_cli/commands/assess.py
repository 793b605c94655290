"""`portway assess`: what becomes of each app of a server."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from portway_cli.options import connection_options, open_platform

Command = TypeVar("Command", bound=Callable[..., Any])
_EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group("assess")
def command() -> None:
    """Decide what becomes of a server's apps, before anything moves."""


def _place_options(function: Command) -> Command:
    server = click.option(
        "--server", "server_key", default="server", show_default=True, help="Server key."
    )
    site = click.option("--site", "site_key", default="cloud", show_default=True, help="Site key.")
    return server(site(function))


@command.command("show")
@_place_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@connection_options
def show(
    server_key: str, site_key: str, as_json: bool, platform: str, token_file: Path | None
) -> None:
    """List the server's apps with their decisions, and what is still to do.

    Exits 0 when the assessment is done, 1 when something is left.
    """
    found = open_platform(platform, token_file).assessment(server_key, site_key)
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    else:
        for line in assessment_lines(found):
            click.echo(line)
    sys.exit(0 if found["complete"] else 1)


@command.command("sheet")
@_place_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: standard output]",
)
@connection_options
def sheet(
    server_key: str, site_key: str, output: Path | None, platform: str, token_file: Path | None
) -> None:
    """Write the assessment as CSV: change its decisions, then `portway assess import` it."""
    text = open_platform(platform, token_file).assessment_sheet(server_key, site_key)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="")


@command.command("import")
@click.argument("file", type=_EXISTING)
@_place_options
@click.option("--by", default="admin", show_default=True, help="Who decides.")
@connection_options
def import_sheet(
    file: Path,
    server_key: str,
    site_key: str,
    by: str,
    platform: str,
    token_file: Path | None,
) -> None:
    """Take the decisions of a CSV FILE, all or none. Exits 0 when they are kept, 3 when not."""
    client = open_platform(platform, token_file)
    found = client.put_assessment_sheet(server_key, site_key, file.read_bytes(), by=by)
    for line in assessment_lines(found):
        click.echo(line)


@command.command("installed")
@click.argument("file", type=_EXISTING)
@click.option("--server", "server_key", default="server", show_default=True, help="Server key.")
@connection_options
def installed(file: Path, server_key: str, platform: str, token_file: Path | None) -> None:
    """List what the server has installed: FILE holds JSON, a list of apps.

    Each has serverAppKey, name, version and, if you like, vendor.
    """
    try:
        apps = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"{file} is no JSON: {error}.") from error
    if not isinstance(apps, list):
        raise click.ClickException(
            f'{file} holds no list. Write [{{"serverAppKey": "com.example.notes", '
            f'"name": "Page notes", "version": "1.4.0"}}].'
        )
    open_platform(platform, token_file).put_installed_apps(server_key, apps)
    click.echo(f"{len(apps)} {'app' if len(apps) == 1 else 'apps'} listed.")


def assessment_lines(found: dict[str, Any]) -> list[str]:
    """Return an assessment as an admin reads it."""
    lines = []
    for app in found["apps"]:
        lines.append(f"{app['name']} {app['installedVersion']} ({app['serverAppKey']})")
        lines.append(f"    {app['pathWords']}")
        chosen = f": {app['alternative']}" if app["alternative"] else ""
        lines.append(f"    {app['decisionWords']}{chosen}")
        if app["nextStep"]:
            lines.append(f"    Next: {app['nextStep']}")
    if not found["apps"]:
        lines.append("No app of this server is known. List them with `portway assess installed`.")
    lines += ["", *found["incompleteBecause"]]
    lines.append("The assessment is done." if found["complete"] else "It is not done yet.")
    return lines
