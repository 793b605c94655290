"""`portway explain`: an error code in plain words, offline."""

import difflib

import click

from portway_cli.error_codes import all_codes


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain an error CODE; without one, list them all.

    Exits 0, or 2 when there is no such code.
    """
    codes = all_codes()
    if code is None:
        for known in codes.values():
            click.echo(f"{known.code:<28} {known.cause}")
        return
    error = codes.get(code.strip())
    if error is None:
        near = difflib.get_close_matches(code, codes, n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else " `portway explain` lists all."
        raise click.UsageError(f"There is no error code {code}.{hint}")
    click.echo(f"{error.code} (HTTP {error.status})")
    click.echo(f"message: {error.message}")
    click.echo(f"cause:   {error.cause}")
    click.echo(f"fix:     {error.fix}")
    click.echo(f"more:    {error.docs}")
