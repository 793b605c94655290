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


def open_platform(url: str, token_file: Path | None) -> "PlatformClient":
    """Return the client of a platform, as admin."""
    from portway_assistant.clients import PlatformClient
    from portway_cli.connections import connect

    return PlatformClient(connect(url, token_file).caller(patience_seconds=10.0))
