"""`portway people`: who would arrive as what, and who a placeholder is."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
import orjson

from portway_cli.options import folder_option, place_options
from portway_cli.plan_options import plan_options

if TYPE_CHECKING:
    from portway_assistant.people.claiming import ClaimOrder
    from portway_assistant.people.preview import Holding, MergePreview, TroublePreview
    from portway_assistant.runs.settings import PlanSettings

PATIENCE_SECONDS = 10.0


@click.group("people")
def command() -> None:
    """See who would arrive as what, and say who a placeholder is."""


@command.command("preview")
@click.argument("export", type=click.Path(path_type=Path))
@folder_option
@click.option(
    "--people",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="People file of the migration.",
)
@click.option("--space", "spaces", multiple=True, metavar="KEY", help="As for `migrate`.")
@plan_options
@click.option("--csv", "as_csv", is_flag=True, help="Everybody as CSV, to be edited for --people.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def preview(
    export: Path,
    data: Path,
    people: Path | None,
    spaces: tuple[str, ...],
    settings: "PlanSettings",
    as_csv: bool,
    as_json: bool,
) -> None:
    """Print what the settings would make of the people of EXPORT. Moves nothing.

    Each merge with what each account holds before and what the one account holds after; each
    missing, invalid or shared address with what its holder would arrive as.
    """
    from portway_assistant.people.preview import (
        preview_merges,
        preview_troubles,
        write_people_csv,
    )
    from portway_assistant.runs.preparation import open_source
    from portway_cli.sessions import open_assistant

    with (
        open_assistant(data) as assistant,
        open_source(
            assistant, export, people=people, space_keys=spaces, settings=settings
        ) as source,
    ):
        if as_csv:
            write_people_csv(source.people, sys.stdout)
            return
        merges = list(preview_merges(source.people, source.store, source.space_ids))
        troubles = list(preview_troubles(source.people))
        checks = source.people.checks()
    if as_json:
        click.echo(orjson.dumps(_as_json(merges, troubles)))
        return
    for check in checks:
        click.echo(f"{check.outcome:8} {check.title}. {check.message or ''}".rstrip())
    for merge in merges:
        click.echo(f"\nmerge    {merge.email}")
        for holding in merge.before:
            click.echo(f"  before {_holding(holding)}")
        click.echo(f"  after  {_holding(merge.after)}")
    if troubles:
        click.echo("")
    for one in troubles:
        click.echo(f"{one.trouble:16} {one.facts.name} ({one.facts.key}): {_fate(one)}")


@command.command("list")
@folder_option
@place_options
@click.option("--placeholders", is_flag=True, help="Only placeholders; nothing else is listed yet.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV: fill in e-mails for `claim --csv`.")
def list_people(
    data: Path,
    server_key: str,
    site_key: str,
    platform: str | None,
    token_file: Path | None,
    database_url: str | None,
    placeholders: bool,
    as_csv: bool,
) -> None:
    """Print the placeholders at the site that nobody has claimed, with how much each wrote."""
    from portway_assistant.clients import SiteClient
    from portway_cli.sessions import Where, open_caller

    if not placeholders:
        raise click.UsageError("Say --placeholders; accounts are listed by the site itself.")
    with open_caller(Where(data, platform, database_url, token_file, PATIENCE_SECONDS)) as caller:
        rows = list(SiteClient(caller, site_key, server_key).placeholders())
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("placeholder", "known as", "written", "email", "name"))
        for row in rows:
            writer.writerow((row["sourceKey"], row["displayName"], row["written"], "", ""))
        return
    for row in rows:
        key = row["sourceKey"].removeprefix("user/")
        click.echo(f"{key:40} {row['written']:>6} written  {row['displayName']}")
    if not rows:
        click.echo("There is no unclaimed placeholder.")


@command.command("claim")
@click.argument("placeholder", required=False)
@folder_option
@place_options
@click.option("--email", help="The address of whoever it is.")
@click.option("--name", help="Their name, where no account has the address yet.")
@click.option("--access", is_flag=True, help="Let a new account use the product.")
@click.option(
    "--with-rights", is_flag=True, help="Give them the placeholder's groups and space permissions."
)
@click.option(
    "--csv",
    "table",
    type=click.File("r", encoding="utf-8-sig"),
    help="Claim many: columns placeholder, email and optionally name; rows without e-mail are"
    " left alone.",
)
def claim(
    placeholder: str | None,
    data: Path,
    server_key: str,
    site_key: str,
    platform: str | None,
    token_file: Path | None,
    database_url: str | None,
    email: str | None,
    name: str | None,
    access: bool,
    with_rights: bool,
    table: TextIO | None,
) -> None:
    """Say who PLACEHOLDER is: its user key, account id or name.

    It becomes that person's account. Where an account has the address, what the placeholder wrote,
    its mentions, restrictions, likes and watches go to that account. The same claim again changes
    nothing, and a later migration does not undo it.
    """
    from portway_assistant.clients import PlatformClient, SiteClient
    from portway_assistant.people.claiming import Claims
    from portway_cli.sessions import Where, open_assistant, open_caller
    from portway_service.clock import SystemClock

    orders = _orders(placeholder, email, name, table, access=access, with_rights=with_rights)
    with (
        open_assistant(data) as assistant,
        open_caller(Where(data, platform, database_url, token_file, PATIENCE_SECONDS)) as caller,
    ):
        claims = Claims(
            server_key=server_key,
            site_key=site_key,
            site=SiteClient(caller, site_key, server_key),
            platform=PlatformClient(caller),
            ledger=assistant.ledger,
            database=assistant.database,
            clock=SystemClock(),
        )
        for order in orders:
            done = claims.claim(order)
            became = "went to the account" if done.joined else "became the account"
            click.echo(f"{done.source_key.removeprefix('user/')} {became} {done.account_id}")


def _orders(
    placeholder: str | None,
    email: str | None,
    name: str | None,
    table: TextIO | None,
    *,
    access: bool,
    with_rights: bool,
) -> list["ClaimOrder"]:
    from portway_assistant.exports.email_rule import is_valid_email
    from portway_assistant.people.claiming import ClaimOrder

    if table is None:
        if placeholder is None or email is None:
            raise click.UsageError("Give PLACEHOLDER and --email, or --csv.")
        rows = [{"placeholder": placeholder, "email": email, "name": name}]
    else:
        if placeholder is not None or email is not None:
            raise click.UsageError("Give either PLACEHOLDER and --email, or --csv.")
        reader = csv.DictReader(table)
        if not {"placeholder", "email"} <= set(reader.fieldnames or ()):
            raise click.UsageError("The table needs the columns placeholder and email.")
        rows = [row for row in reader if (row["email"] or "").strip()]
    wrong = [str(row["email"]) for row in rows if not is_valid_email(str(row["email"]).strip())]
    if wrong:
        raise click.UsageError(f"No e-mail address: {', '.join(wrong)}")
    return [
        ClaimOrder(
            str(row["placeholder"]).strip(),
            str(row["email"]).strip(),
            (row.get("name") or "").strip() or None,
            access=access,
            with_rights=with_rights,
        )
        for row in rows
    ]


def _holding(holding: "Holding") -> str:
    state = "active" if holding.active else "disabled"
    groups = ", ".join(holding.groups) or "none"
    permissions = ", ".join(holding.permissions) or "none"
    return f"{holding.name} ({holding.key}), {state}; groups: {groups}; permissions: {permissions}"


def _fate(one: "TroublePreview") -> str:
    old = one.facts.email or "no address"
    if one.new_email is None:
        return f"{old}, arrives as a placeholder"
    if one.main_key is not None:
        return f"{old}, joins the account of {one.main_key}"
    return f"{old}, arrives as {one.new_email}"


def _as_json(merges: list["MergePreview"], troubles: list["TroublePreview"]) -> dict[str, Any]:
    return {
        "merges": [
            {
                "email": merge.email,
                "before": [holding.as_json() for holding in merge.before],
                "after": merge.after.as_json(),
            }
            for merge in merges
        ],
        "addresses": [
            {
                "key": one.facts.key,
                "name": one.facts.name,
                "trouble": one.trouble,
                "oldEmail": one.facts.email,
                "newEmail": one.new_email,
                "mainKey": one.main_key,
            }
            for one in troubles
        ],
    }
