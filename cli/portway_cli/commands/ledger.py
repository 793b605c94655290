"""`portway ledger`: what was agreed and done, and whether the record of it can be believed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from portway_cli.options import connection_options, open_platform

if TYPE_CHECKING:
    from portway_scopes.ledger import Entry

_EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)
_KEYS_HELP = "The platform's published key set: what /.well-known/jwks.json answered."


@click.group("ledger")
def command() -> None:
    """Verify the ledger, prove an entry, keep a checkpoint."""


@command.command("verify")
@click.option("--keys", type=_EXISTING, help=f"{_KEYS_HELP}  [default: ask the platform]")
@click.option(
    "--checkpoint",
    "checkpoints",
    type=_EXISTING,
    multiple=True,
    help="A checkpoint you kept: the ledger must go on from it. Repeat it.",
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object.")
@connection_options
def verify(
    keys: Path | None,
    checkpoints: tuple[Path, ...],
    as_json: bool,
    platform: str,
    token_file: Path | None,
) -> None:
    """Replay the ledger, and hold it against its checkpoints and the consent records.

    Any edit, removal, move or cut is named with the entry it was found at. Exits 0 when the ledger
    is whole, 1 when it is not.
    """
    from portway_cli.ledger_checks import check_ledger
    from portway_scopes.ledger import LedgerFaultError

    client = open_platform(platform, token_file)
    # The checkpoint comes first: what is appended meanwhile lies beyond it.
    note = client.ledger_checkpoint()
    try:
        report = check_ledger(
            client.ledger_entries(),
            note,
            key_set=keys.read_bytes() if keys else client.key_set(),
            earlier_notes={str(path): path.read_text() for path in checkpoints},
            consents=client.consents(),
        )
    except LedgerFaultError as fault:
        raise click.ClickException(f"The ledger cannot be believed: {fault}.") from fault
    replay = report.replay
    found = {
        "whole": not report.problems,
        "entries": report.checkpoint.size,
        "kinds": replay.counts if replay else {},
        "consents": len(replay.consents) if replay else 0,
        "problems": report.problems,
    }
    if as_json:
        click.echo(orjson.dumps(found))
    elif report.problems:
        click.echo("The ledger is not whole:", err=True)
        for problem in report.problems:
            click.echo(f"  - {problem}", err=True)
    else:
        click.echo(
            f"The ledger is whole: {found['entries']} entries, {found['consents']} consent records"
            " rebuilt as they stand."
        )
    sys.exit(1 if report.problems else 0)


@command.command("checkpoint")
@connection_options
def checkpoint(platform: str, token_file: Path | None) -> None:
    """Print the newest checkpoint. Keep it elsewhere: it shows later that nothing was cut off."""
    click.echo(open_platform(platform, token_file).ledger_checkpoint(), nl=False)


@command.command("proof")
@click.argument("entry", type=click.IntRange(0))
@connection_options
def proof(entry: int, platform: str, token_file: Path | None) -> None:
    """Print the proof of one ENTRY, counted from 0: a small text that verifies offline."""
    click.echo(open_platform(platform, token_file).ledger_proof(entry), nl=False)


@command.command("check-proof")
@click.argument("proof_file", metavar="PROOF", type=_EXISTING)
@click.option("--keys", type=_EXISTING, required=True, help=_KEYS_HELP)
def check_proof(proof_file: Path, keys: Path) -> None:
    """Verify a PROOF offline and print its entry.

    Exits 0 when the entry is in the ledger, 1 when the proof does not show it.
    """
    from portway_cli import ledger_checks
    from portway_scopes.ledger import LedgerFaultError

    try:
        entry = ledger_checks.check_proof(
            proof_file.read_bytes().decode(errors="replace"), key_set=keys.read_bytes()
        )
    except LedgerFaultError as fault:
        raise click.ClickException(f"The proof shows nothing: {fault}.") from fault
    click.echo("The entry is in the ledger.")
    for line in entry_lines(entry):
        click.echo(line)


@command.command("list")
@click.option("--app", help="Entries about this app only.")
@click.option("--kind", help="Entries of this kind only, such as consent.given.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@connection_options
def list_entries(
    app: str | None, kind: str | None, limit: int, platform: str, token_file: Path | None
) -> None:
    """Print the newest entries, one a line."""
    for entry in open_platform(platform, token_file).ledger(app=app, kind=kind, limit=limit):
        facts = " ".join(f"{name}={_shown(value)}" for name, value in entry["facts"].items())
        click.echo(f"{entry['index']} {entry['at']} {entry['kind']} by {entry['actor']} {facts}")


def entry_lines(entry: "Entry") -> list[str]:
    """Return an entry as a person reads it."""
    return [
        f"  entry: {entry.index}",
        f"  at: {entry.at.isoformat()}",
        f"  kind: {entry.kind}",
        f"  actor: {entry.actor}",
        *(f"  {name}: {_shown(value)}" for name, value in entry.facts.items()),
    ]


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
