"""`portway sample`: an export of any size, made up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_COUNTS = (
    (
        "spaces",
        3,
        1,
        "Spaces: of three or more the last is personal, of four or more one archived.",
    ),
    ("pages", 200, 1, "Current pages over all spaces."),
    ("users", 50, 1, "People."),
    ("groups", 10, 2, "Groups."),
    ("attachments", 50, 0, "Current attachments."),
    ("comments", 100, 0, "Current comments."),
    ("blogposts", 20, 0, "Current blog posts."),
    ("revisions", 1, 0, "Older versions of every page."),
    ("app-notes", 200, 0, "Notes of the example app."),
    ("body-bytes", 1_500, 100, "Average size of a body."),
    ("attachment-bytes", 8_192, 64, "Average size of a file."),
    ("seed", 1, 0, "Same seed and options, same bytes."),
)


def _with_counts(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, default, least, text in reversed(_COUNTS):
        kind = click.IntRange(min=least)
        command = click.option(
            f"--{name}", default=default, show_default=True, type=kind, metavar="N", help=text
        )(command)
    return command


@click.command("sample")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="The package to write; notes of the app, and people for a space export, go beside it.",
)
@_with_counts
@click.option(
    "--kind",
    type=click.Choice(["site", "space"]),
    default="site",
    show_default=True,
    help="A site export with its directory, or one space without.",
)
@click.option(
    "--format",
    "version",
    type=click.Choice(["8.5", "5.9", "3.4"]),
    default="8.5",
    show_default=True,
    help="Write objects as this version of Confluence does.",
)
@click.option("--plain", is_flag=True, help="Leave out what a check would ask about.")
@click.option(
    "--damage",
    "damages",
    multiple=True,
    metavar="NAME,…",
    help="Plant damage; repeat it or give several names.",
)
@click.option(
    "--cause",
    "causes",
    multiple=True,
    metavar="NAME,…",
    help="Plant what a check must find; likewise.",
)
@click.option("--list-damage", is_flag=True, help="List every kind of damage and end.")
@click.option("--list-causes", is_flag=True, help="List every cause and end.")
def command(
    output: Path | None,
    kind: str,
    version: str,
    plain: bool,
    damages: tuple[str, ...],
    causes: tuple[str, ...],
    list_damage: bool,
    list_causes: bool,
    **counts: int,
) -> None:
    """Write a made-up Confluence export in the real format, with the example app's data beside it.

    The notes are read by `python -m notes_app.server --notes FILE`. Exits 0, or 2 on wrong usage.
    """
    from portway_assistant.samples.causes import CAUSES
    from portway_assistant.samples.damages import DAMAGES
    from portway_assistant.samples.options import SampleFormat, SampleKind, SampleOptions
    from portway_assistant.samples.writing import write_sample

    if list_damage or list_causes:
        for plant in (DAMAGES if list_damage else CAUSES).values():
            click.echo(f"{plant.name:<22} {plant.sentence}")
        return
    if output is None:
        raise click.UsageError("Say where to write: -o site.zip")
    if kind == "space" and _is_given("spaces"):
        raise click.UsageError("A space export has one space; leave --spaces out.")
    if not output.absolute().parent.is_dir():
        raise click.UsageError(f"There is no folder {output.absolute().parent}.")
    written = write_sample(
        output,
        SampleOptions(
            kind=SampleKind(kind),
            format=SampleFormat(version),
            plain=plain,
            damages=_names(damages, DAMAGES, "--list-damage"),
            causes=_names(causes, CAUSES, "--list-causes"),
            **counts,
        ),
    )
    for part in (written.package, written.notes, written.people):
        if part is not None:
            click.echo(f"{part}  {part.stat().st_size:,} bytes")


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _names(given: tuple[str, ...], known: dict[str, Any], lister: str) -> frozenset[str]:
    names = frozenset(name.strip() for text in given for name in text.split(",") if name.strip())
    unknown = sorted(names - known.keys())
    if unknown:
        raise click.UsageError(f"There is no {', '.join(unknown)}; see {lister}.")
    return names
