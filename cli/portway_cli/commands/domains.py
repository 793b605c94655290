"""`portway domains`: which e-mail domains an account may be made for."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
import orjson

from portway_cli.options import folder_option

if TYPE_CHECKING:
    from portway_assistant.folder import AssistantFolder
    from portway_assistant.people.domains import Decision

COLUMNS = ("domain", "people", "decision")


@click.group("domains")
def command() -> None:
    """Decide about e-mail domains. Decisions last for every later plan.

    An account is made only for an address of a trusted domain.
    """


_domains = click.argument("domains", nargs=-1, required=True, metavar="DOMAIN...")
_export = click.argument("export", type=click.Path(path_type=Path), required=False)
_people = click.option(
    "--people",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="People file of the migration.",
)


@command.command("list")
@_export
@folder_option
@_people
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(export: Path | None, data: Path, people: Path | None, as_json: bool) -> None:
    """Print the decisions, and with EXPORT how many people of each domain would move.

    Exits 0 when every domain of EXPORT is trusted, 1 when not.
    """
    rows = _rows(data, export, people)
    if as_json:
        click.echo(orjson.dumps({"domains": rows}))
    else:
        for row in rows:
            click.echo(f"{row['domain']:40} {row['people']:>8}  {row['decision'] or 'undecided'}")
        if not rows:
            click.echo("No domain has been decided about.")
    in_export = [row for row in rows if row["people"]]
    sys.exit(0 if all(row["decision"] == "TRUSTED" for row in in_export) else 1)


@command.command("trust")
@_domains
@folder_option
def trust(domains: tuple[str, ...], data: Path) -> None:
    """Trust DOMAIN: accounts may be made for its addresses."""
    _decide(data, domains, "TRUSTED")


@command.command("distrust")
@_domains
@folder_option
def distrust(domains: tuple[str, ...], data: Path) -> None:
    """Distrust DOMAIN: its people arrive as placeholders, whoever asks for more."""
    _decide(data, domains, "NOT_TRUSTED")


@command.command("reset")
@_domains
@folder_option
def reset(domains: tuple[str, ...], data: Path) -> None:
    """Forget what was decided about DOMAIN."""
    with _opened(data) as assistant:
        forgotten = assistant.domains.forget(domains)
    click.echo(f"Forgotten: {', '.join(forgotten) or 'nothing'}")


@command.command("export")
@_export
@folder_option
@_people
@click.option("-o", "--output", type=click.File("w"), default="-", help="The CSV; - is stdout.")
def export_decisions(export: Path | None, data: Path, people: Path | None, output: TextIO) -> None:
    """Write domain, people and decision as CSV, to be edited and read again by `import`."""
    writer = csv.DictWriter(output, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(data, export, people))


@command.command("import")
@click.argument("table", type=click.File("r", encoding="utf-8-sig"))
@folder_option
def import_decisions(table: TextIO, data: Path) -> None:
    """Take decisions from a CSV with the columns domain and decision; blank decides nothing."""
    from portway_assistant.people.domains import Decision

    decided: dict[Decision, list[str]] = {decision: [] for decision in Decision}
    reader = csv.DictReader(table)
    if not {"domain", "decision"} <= set(reader.fieldnames or ()):
        raise click.UsageError("The table needs the columns domain and decision.")
    for row in reader:
        text = (row["decision"] or "").strip().upper()
        if not text:
            continue
        if text not in set(Decision):
            raise click.UsageError(
                f"Line {reader.line_num}: {text} is no decision; use TRUSTED or NOT_TRUSTED."
            )
        decided[Decision(text)].append(row["domain"].strip())
    with _opened(data) as assistant:
        for decision, domains in decided.items():
            assistant.domains.decide(domains, decision, by="operator")
    for decision, domains in decided.items():
        click.echo(f"{decision}: {', '.join(sorted(domains)) or 'none'}")


def _decide(data: Path, domains: tuple[str, ...], decision: str) -> None:
    from portway_assistant.people.domains import Decision

    wrong = [domain for domain in domains if "@" in domain or "." not in domain]
    if wrong:
        raise click.UsageError(f"{', '.join(wrong)} is no domain; write it like example.com.")
    with _opened(data) as assistant:
        assistant.domains.decide(domains, Decision(decision), by="operator")
    click.echo(f"{decision}: {', '.join(sorted(domains))}")


def _rows(data: Path, export: Path | None, people: Path | None) -> list[dict[str, Any]]:
    with _opened(data) as assistant:
        decisions: dict[str, Decision] = assistant.domains.by_domain()
        counts: dict[str, int] = dict.fromkeys(decisions, 0)
        if export is not None:
            from portway_assistant.runs.preparation import open_source
            from portway_assistant.runs.settings import PlanSettings

            with open_source(assistant, export, people=people, settings=PlanSettings()) as source:
                counts |= source.people.settled.domains
    return [
        {"domain": domain, "people": counts[domain], "decision": decisions.get(domain)}
        for domain in sorted(counts)
    ]


@contextmanager
def _opened(data: Path) -> Iterator["AssistantFolder"]:
    from portway_cli.sessions import open_assistant

    with open_assistant(data) as assistant:
        yield assistant
