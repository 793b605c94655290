"""`portway consent`: the admin's agreements, from the command line."""

import uuid
from pathlib import Path
from typing import Any

import click

from portway_cli.options import connection_options, open_platform


@click.group("consent")
def command() -> None:
    """Show, give, withdraw and verify agreements."""


_place = [
    click.option("--server", "server_key", default="server", show_default=True, help="Server key."),
    click.option("--site", "site_key", default="cloud", show_default=True, help="Site key."),
]


def _place_options(function: Any) -> Any:
    for option in _place:
        function = option(function)
    return function


@command.command("show")
@click.argument("app_key")
@_place_options
@connection_options
def show(
    app_key: str, server_key: str, site_key: str, platform: str, token_file: Path | None
) -> None:
    """Print the card of APP_KEY: what its vendor would see, and where the agreement stands."""
    answer = open_platform(platform, token_file).consent_card(app_key, server_key, site_key)
    for line in card_lines(answer):
        click.echo(line)


@command.command("give")
@click.argument("app_key")
@_place_options
@click.option("--refuse", multiple=True, metavar="SCOPE", help="A scope you do not grant.")
@click.option("--by", "given_by", default="admin", show_default=True, help="Who agrees.")
@click.option("--yes", is_flag=True, help="Do not ask; you have read the card.")
@connection_options
def give(
    app_key: str,
    server_key: str,
    site_key: str,
    refuse: tuple[str, ...],
    given_by: str,
    yes: bool,
    platform: str,
    token_file: Path | None,
) -> None:
    """Agree to the data migration of APP_KEY, exactly as its card says today.

    Exits 0 when the agreement is recorded, 1 when you say no.
    """
    client = open_platform(platform, token_file)
    answer = client.consent_card(app_key, server_key, site_key)
    card = answer["card"]
    if card is None:
        raise click.ClickException(f"{answer['message']} {answer['nextStep']}")
    offered = [scope["scope"] for scope in card["scopes"]]
    unknown = sorted(set(refuse) - set(offered))
    if unknown:
        raise click.UsageError(f"The card does not list {', '.join(unknown)}.")
    if not yes:
        for line in card_lines(answer):
            click.echo(line)
        click.confirm("\nDo you agree?", abort=True)
    record = client.give_consent(
        {
            "appKey": app_key,
            "serverKey": server_key,
            "siteKey": site_key,
            "appVersion": card["appVersion"],
            "scopes": [scope for scope in offered if scope not in refuse],
            "policyDigests": {policy["kind"]: policy["digest"] for policy in card["policies"]},
            "noticeDigest": card["notice"]["digest"],
            "givenBy": given_by,
            "method": "command-line",
        },
        key=str(uuid.uuid4()),
    )
    click.echo(f"Agreed. Record {record['recordId']}.")


@command.command("withdraw")
@click.argument("app_key")
@_place_options
@click.option("--by", "withdrawn_by", default="admin", show_default=True, help="Who withdraws.")
@connection_options
def withdraw(
    app_key: str,
    server_key: str,
    site_key: str,
    withdrawn_by: str,
    platform: str,
    token_file: Path | None,
) -> None:
    """Withdraw the agreement for APP_KEY. Its running transfers end, its reads stop at once."""
    client = open_platform(platform, token_file)
    record = client.consent_card(app_key, server_key, site_key)["record"]
    if record is None or not record["stands"]:
        raise click.ClickException("There is no standing agreement to withdraw.")
    client.withdraw_consent(record["recordId"], withdrawn_by)
    click.echo(f"Withdrawn. Record {record['recordId']}.")


@command.command("verify")
@click.argument("receipt", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    help="The platform's published key set: what /.well-known/jwks.json answered.",
)
def verify(receipt: Path, keys: Path) -> None:
    """Verify a RECEIPT offline, and print what was agreed.

    Exits 0 when the signature is good, 1 when it is not.
    """
    from portway_cli.receipts import InvalidReceiptError, read_receipt

    try:
        lines = read_receipt(receipt.read_text(), keys.read_bytes())
    except InvalidReceiptError as error:
        raise click.ClickException(f"The receipt is not genuine: {error}.") from error
    click.echo("The receipt is genuine.")
    for line in lines:
        click.echo(line)


def card_lines(answer: dict[str, Any]) -> list[str]:
    """Return the card as an admin reads it."""
    lines = [f"{answer['message']} {answer['nextStep']}"]
    card = answer["card"]
    if card is None:
        return lines
    lines += ["", f"{card['appName']} {card['appVersion']}, by {card['vendor']}", ""]
    lines.append(card["notice"]["text"])
    lines += ["", "It would be able to see or send:"]
    for scope in card["scopes"]:
        lines.append(f"  {scope['title']} ({scope['scope']})")
        lines.append(f"      {scope['explanation']}")
        lines.append(f"      The vendor says: {scope['reason']}")
    lines += ["", "Read before you agree:"]
    lines += [
        f"  {policy['kind']}, version {policy['version']}: {policy['url']}"
        for policy in card["policies"]
    ]
    return lines
