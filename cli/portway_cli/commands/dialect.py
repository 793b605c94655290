"""`portway dialect`: the open points of the contract, and the side a site takes on each."""

from pathlib import Path

import click
import orjson

from portway_cli.options import connection_options, open_platform

DEFAULT_WORD = "default"
"""What puts a switch back."""


@click.command("dialect")
@click.argument("site", required=False)
@click.option(
    "--set",
    "wanted",
    metavar="NAME=VALUE",
    multiple=True,
    help=f"Set a switch of SITE; {DEFAULT_WORD} puts it back. Repeat it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@connection_options
def command(
    site: str | None,
    wanted: tuple[str, ...],
    as_json: bool,
    platform: str,
    token_file: Path | None,
) -> None:
    """List the switches, or show and set those of SITE.

    The public contract leaves thirteen points open; each is one switch or several, set per site.
    Without SITE nothing is asked of a platform. Exits 0 when everything asked for is done.
    """
    if site is None:
        if wanted:
            raise click.UsageError("--set needs a SITE.")
        _list_switches(as_json=as_json)
        return
    client = open_platform(platform, token_file)
    changes = dict(map(_parse, wanted))
    found = client.set_dialect(site, changes) if changes else client.dialect(site)
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        return
    for name, value in found["switches"].items():
        mark = "*" if name in found["changed"] else " "
        click.echo(f"{mark} {name:22} {value}")
    click.echo("\n* differs from the default" if found["changed"] else "\nAll are the defaults.")


def _list_switches(*, as_json: bool) -> None:
    from portway_platform.dialect.rules import SWITCHES

    if as_json:
        listed = [
            {
                "name": switch.name,
                "point": switch.point,
                "question": switch.question,
                "default": switch.default,
                "choices": dict(switch.choices),
            }
            for switch in SWITCHES
        ]
        click.echo(orjson.dumps(listed, option=orjson.OPT_INDENT_2))
        return
    for switch in SWITCHES:
        click.echo(f"{switch.point:2}  {switch.name}: {switch.question.replace('`', '')}")
        for value, text in switch.choices.items():
            mark = "*" if value == switch.default else " "
            click.echo(f"    {mark} {value:16} {text.replace('`', '')}")
    click.echo("\n* default")


def _parse(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise click.UsageError(f"--set {text}: give it as NAME=VALUE, as in settled-code=409")
    value = value.strip()
    return name.strip(), None if value == DEFAULT_WORD else value
