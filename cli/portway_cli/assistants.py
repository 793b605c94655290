"""Opening the assistant of a data folder, and the site it moved to, for commands beside a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from portway_assistant.folder import AssistantFolder
from portway_cli.connections import connect
from portway_cli.data_folder import DataFolder
from portway_cli.options import database_option
from portway_sdk.http import Caller
from portway_service.clock import SystemClock
from portway_service.ids import RandomIds

Command = TypeVar("Command", bound=Callable[..., Any])

PATIENCE_SECONDS = 10.0


def data_option(command: Command) -> Command:
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


@contextmanager
def open_assistant(data: Path) -> Iterator[AssistantFolder]:
    """Open the assistant's part of a data folder."""
    folder = DataFolder.open(data)
    assistant = AssistantFolder.open(folder.assistant, SystemClock(), RandomIds())
    try:
        yield assistant
    finally:
        assistant.close()


@contextmanager
def open_caller(
    data: Path, platform_url: str | None, token_file: Path | None, database_url: str | None
) -> Iterator[Caller]:
    """Reach a running platform, or the one on the data folder in this process."""
    if platform_url is not None:
        yield connect(platform_url, token_file).caller(patience_seconds=PATIENCE_SECONDS)
        return
    from portway_cli.sessions import in_process

    with in_process(DataFolder.open(data), database_url) as (connection, transport):
        yield connection.caller(transport=transport)
