"""`portway links`: old addresses with their new ones, for redirects and for reading."""

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import orjson


@click.command("links")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    envvar="PORTWAY_DATA",
    show_envvar=True,
    required=True,
    help="Folder of the migration.",
)
@click.option("--run", "run_id", metavar="ID", help="The run.  [default: the newest]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "ndjson", "nginx"]),
    default="csv",
    show_default=True,
    help="A table, a line of JSON each, or the lines of an nginx `map` from old to new addresses.",
)
@click.option("--broken", is_flag=True, help="List references that lead nowhere instead.")
def command(data: Path, run_id: str | None, form: str, broken: bool) -> None:
    """Print the old addresses of everything a run moved, with the new ones.

    For nginx: `map $request_uri $moved { include moved.map; }`, then
    `if ($moved) { return 301 $moved; }`. Exits 0, or 3 when there is no such run.
    """
    from portway_assistant.folder import AssistantFolder
    from portway_assistant.reports import links
    from portway_cli.data_folder import DataFolder
    from portway_service.clock import SystemClock
    from portway_service.ids import RandomIds

    if broken and form == "nginx":
        raise click.UsageError("References that lead nowhere have no address to lead to.")
    folder = AssistantFolder.open(DataFolder.open(data).assistant, SystemClock(), RandomIds())
    try:
        path = links.find_file(folder, run_id, as_csv=form == "csv", broken=broken)
    finally:
        folder.close()
    with path.open("rb") as file:
        lines = _map_lines(file) if form == "nginx" else file
        for line in lines:
            sys.stdout.buffer.write(line)


def _map_lines(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Yield one line of an nginx map for each old address of each row."""
    for line in rows:
        row = orjson.loads(line)
        for name in ("oldUrl", "oldPageIdUrl", "oldTinyUrl"):
            if row[name]:
                parts = urlsplit(row[name])
                old = parts.path + (f"?{parts.query}" if parts.query else "")
                yield f"{_quoted(old)} {_quoted(row['newUrl'])};\n".encode()


def _quoted(text: str) -> str:
    """Return a text as nginx reads it: nothing in it may be taken for more than itself."""
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("$", "%24"), ("\n", "%0A"), ("\r", "%0D")):
        text = text.replace(sign, written)
    # A leading tilde would make it a regular expression; old addresses all begin with a slash.
    return f'"{text}"'
