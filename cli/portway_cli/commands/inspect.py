"""`portway inspect`: what an export holds."""

from pathlib import Path

import click
import orjson


@click.command("inspect")
@click.argument("export", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(export: Path, as_json: bool) -> None:
    """Say what EXPORT holds: a Confluence XML export, as ZIP file or unpacked folder.

    Nothing is written and nothing is sent. Exits 0, or 3 when it cannot be read.
    """
    from portway_assistant.exports.inspect import inspect_export
    from portway_assistant.exports.rendering import render_inspection

    found = inspect_export(export)
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    else:
        click.echo(render_inspection(found))
