"""Options several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from portway_cli.connections import DEFAULT_URL

if TYPE_CHECKING:
    from portway_assistant.clients import PlatformClient

Command = TypeVar("Command", bound=Callable[..., Any])


def connection_options(command: Command) -> Command:
    """Add `--platform` and `--token-file`."""
    token_file = click.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="File with the admin token; else PORTWAY_ADMIN_TOKEN, else that of a"
        " `portway serve` of yours on this machine.",
    )
    platform = click.option(
        "--platform",
        default=DEFAULT_URL,
        show_default=True,
        envvar="PORTWAY_PLATFORM_URL",
        show_envvar=True,
        help="Address of the platform.",
    )
    return platform(token_file(command))


def _database_url(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> str | None:
    if value and not value.startswith(("postgresql+psycopg://", "postgresql://")):
        raise click.BadParameter("use postgresql+psycopg://USER@HOST/NAME")
    return value or None


def database_option(command: Command) -> Command:
    """Add `--database-url`."""
    return click.option(
        "--database-url",
        envvar="DATABASE_URL",
        show_envvar=True,
        callback=_database_url,
        help="PostgreSQL that keeps the rows of platform and cloud site, as"
        " postgresql+psycopg://USER@HOST/NAME.  [default: SQLite files in the data folder]",
    )(command)


def check_database(url: str) -> None:
    """Refuse a database that cannot be reached, before anything is begun."""
    import psycopg

    from portway_cli.error_codes import DATABASE_UNREACHABLE
    from portway_service.errors import Refusal

    try:
        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        psycopg.connect(plain, connect_timeout=10).close()
    except psycopg.Error as error:
        problem = str(error).strip().splitlines()[0]
        raise Refusal(DATABASE_UNREACHABLE, problem=problem) from error


def open_platform(url: str, token_file: Path | None) -> "PlatformClient":
    """Return the client of a platform, as admin."""
    from portway_assistant.clients import PlatformClient
    from portway_cli.connections import connect

    return PlatformClient(connect(url, token_file).caller(patience_seconds=10.0))


def folder_option(command: Command) -> Command:
    """Add `--data`."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="PORTWAY_DATA",
        show_envvar=True,
        required=True,
        help="Folder that keeps everything.",
    )(command)


def place_options(command: Command) -> Command:
    """Add what says which source, which site, and where the platform runs."""
    options = (
        click.option("--server", "server_key", default="server", show_default=True,
                     help="Key of the source server."),
        click.option("--site", "site_key", default="cloud", show_default=True,
                     help="Key of the destination site."),
        click.option("--platform", help="Address of a running platform; without it, one runs in"
                     " here."),
        click.option("--token-file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
                     help="File with the platform's admin token; else PORTWAY_ADMIN_TOKEN."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return database_option(command)
