"""`portway proof`: verify a signed report offline, and publish the key it is signed with."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from portway_cli.order_options import data_option

if TYPE_CHECKING:
    from portway_cli.sessions import Where

EXIT_NOT_GENUINE = 1
EXIT_NOT_COMPLETE = 4


@click.group("proof")
def command() -> None:
    """Verify signed reports, and show the key they are signed with."""


@command.command("verify")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The assistant's public keys: what `portway proof keys` printed there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(folder: Path, keys: Path | None, as_json: bool) -> None:
    """Verify FOLDER, a run's report with its proof, offline: nothing was changed since.

    Without --keys the folder's own key is taken, which shows that the folder is whole, not who
    signed it.

    Exits 0 genuine and complete, 1 not genuine, 2 wrong usage, 4 genuine, but the proof found
    differences without an explanation or was never made.
    """
    from portway_assistant.proof.bundle import verify_bundle

    found = verify_bundle(folder, keys.read_bytes() if keys is not None else None)
    complete = bool(found.statement.get("complete"))
    if as_json:
        answer = {
            "genuine": found.is_genuine,
            "complete": found.is_genuine and complete,
            "keyId": found.key_id,
            "withOwnKeys": found.with_own_keys,
            "faults": [{"problem": fault.problem, "what": fault.what} for fault in found.faults],
            "runId": found.statement.get("runId"),
            "status": found.statement.get("status"),
            "signedAt": found.statement.get("signedAt"),
        }
        click.echo(orjson.dumps(answer))
    elif found.is_genuine:
        click.echo(f"Genuine: run {found.statement['runId']}, {found.statement['status']}.")
        click.echo(f"  Signed {found.statement['signedAt']} by the key {found.key_id}.")
        if found.with_own_keys:
            click.echo("  The key is the folder's own. Give --keys to know whose it is.")
        click.echo(f"  The proof is {'complete' if complete else 'NOT complete'}.")
    else:
        click.echo("Not genuine.")
        for fault in found.faults:
            click.echo(f"  {fault}")
    if not found.is_genuine:
        raise click.exceptions.Exit(EXIT_NOT_GENUINE)
    if not complete:
        raise click.exceptions.Exit(EXIT_NOT_COMPLETE)


@command.command("keys")
@data_option
def keys(where: "Where") -> None:
    """Print the public key set of this data folder's assistant, to verify its proofs with."""
    from portway_cli.sessions import open_session

    with open_session(where) as session:
        key_set = session.assistant.proof_key.key_set
    click.echo(orjson.dumps(key_set, option=orjson.OPT_INDENT_2))
