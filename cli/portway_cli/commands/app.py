"""`portway app`: publish an app, enrol its server side, install its cloud side."""

import uuid
from pathlib import Path
from typing import Any

import click
import orjson

from portway_cli.options import connection_options, open_platform


@click.group("app")
def command() -> None:
    """Publish, enrol and install apps."""


@command.command("publish")
@click.argument("manifest", type=click.Path(path_type=Path, dir_okay=False))
@connection_options
def publish(manifest: Path, platform: str, token_file: Path | None) -> None:
    """Put the app version of MANIFEST into the catalogue.

    Publishing the same again changes nothing; a new version asks admins for their agreement again.
    Exits 0 when it is published.
    """
    from portway_cli.manifests import read_app_file

    app = read_app_file(manifest)
    answer = open_platform(platform, token_file).publish_app(app.manifest)
    click.echo(f"{answer['appKey']} {answer['version']} is published ({answer['digest'][:12]}).")


@command.command("enrol")
@click.argument("app_key")
@click.option("--server", "server_key", default="server", show_default=True, help="Server key.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to put the token into, readable by you only; else it is printed.",
)
@connection_options
def enrol(
    app_key: str, server_key: str, out: Path | None, platform: str, token_file: Path | None
) -> None:
    """Make a one-time token with which the server app APP_KEY enrols at the gateway.

    Give it to the server app as PORTWAY_ENROLMENT_TOKEN. Exits 0 when the token is made.
    """
    client = open_platform(platform, token_file)
    client.put_server(server_key, server_key)
    enrolment = client.enrol(server_key, app_key, key=str(uuid.uuid4()))
    if out is None:
        click.echo(enrolment["enrolmentToken"])
        return
    out.touch(mode=0o600)
    out.chmod(0o600)
    out.write_text(enrolment["enrolmentToken"])
    click.echo(f"The token is in {out}. It is good until {enrolment['expiresAt']}.")


@command.command("install")
@click.argument("app_key")
@click.option("--site", "site_key", default="cloud", show_default=True, help="Site key.")
@click.option("--descriptor", help="Address of the app's descriptor; default: the manifest's.")
@click.option("--environment", help="Environment of a Forge app, such as production.")
@connection_options
def install(
    app_key: str,
    site_key: str,
    descriptor: str | None,
    environment: str | None,
    platform: str,
    token_file: Path | None,
) -> None:
    """Install the cloud app APP_KEY on a site.

    A Connect app is called at its `installed` address and must accept. Of a Forge app an
    environment is put there. Exits 0 when it is installed.
    """
    client = open_platform(platform, token_file)
    client.put_site(site_key, site_key)
    if environment is not None:
        put = client.install_forge_app(site_key, app_key, environment)
        click.echo(f"{put['appKey']} {put['environment']} on {put['siteKey']}: installed.")
        return
    address = descriptor or _published_descriptor(client.app(app_key))
    if not address:
        raise click.UsageError(
            "The manifest names no descriptor_url; give --descriptor, or --environment for a Forge"
            " app."
        )
    answer = client.install_app(site_key, app_key, address)
    click.echo(f"{answer['appKey']} on {answer['siteKey']}: {answer['status'].lower()}.")


@command.command("show")
@click.argument("app_key")
@connection_options
def show(app_key: str, platform: str, token_file: Path | None) -> None:
    """Print what the catalogue holds of APP_KEY, as JSON."""
    answer = open_platform(platform, token_file).app(app_key)
    click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))


def _published_descriptor(app: dict[str, Any]) -> str | None:
    cloud = app["manifest"].get("cloud") or {}
    return cloud.get("descriptor_url")
