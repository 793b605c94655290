"""Options that say what moves and where things lie, shared by every command about plans."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from portway_cli.options import database_option
from portway_cli.plan_options import plan_options

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_DATA = Path("~/.local/share/portway")
_PLACE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def _place_key(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not _PLACE.fullmatch(value):
        raise click.BadParameter("use lower-case letters, digits and hyphens, like acme-wiki")
    return value


_ORDER = (
    click.argument("export", type=click.Path(path_type=Path)),
    click.option(
        "--people",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="CSV with userkey or username, e-mail and name: fills what a space export lacks.",
    ),
    click.option(
        "--space",
        "spaces",
        multiple=True,
        metavar="KEY",
        help="Take this space; repeat it.  [default: all]",
    ),
    click.option(
        "--app",
        "manifests",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="MANIFEST",
        help="Move this app's data too; repeat it. Naming an app agrees, as admin, to the scopes"
        " and policies of its manifest; they are printed first.",
    ),
    click.option(
        "--no-agree", is_flag=True, help="Agree to nothing: use recorded agreements only."
    ),
    click.option(
        "--server",
        "server_key",
        default="server",
        show_default=True,
        callback=_place_key,
        help="Key of the source server. Ids of two servers must not meet under one key.",
    ),
    click.option(
        "--site",
        "site_key",
        default="cloud",
        show_default=True,
        callback=_place_key,
        help="Key of the destination site.",
    ),
    click.option(
        "--trust-domain",
        "trusted_domains",
        multiple=True,
        metavar="DOMAIN",
        help="Trust an e-mail domain, now and in later runs; repeat it; `all` trusts every domain"
        " that nobody has decided about. Domains of addresses in --people are trusted too: they"
        " are your word. A distrusted domain stays so.",
    ),
    click.option("--name", help="Name of the plan.  [default: the export's name]"),
    click.option(
        "--label",
        type=click.Choice(["production", "testing"]),
        default="production",
        show_default=True,
        help="What the plan is for.",
    ),
    plan_options,
)


def order_options(command: Command) -> Command:
    """Add the options that make a plan, and hand the command one argument `order`."""

    @functools.wraps(command)
    def with_order(**arguments: Any) -> Any:
        from portway_assistant.runs.plan import PlanLabel
        from portway_cli.migration import PlanOrder

        export = arguments.pop("export")
        order = PlanOrder(
            export=export,
            name=arguments.pop("name") or export.name,
            server_key=arguments.pop("server_key"),
            site_key=arguments.pop("site_key"),
            people=arguments.pop("people"),
            space_keys=arguments.pop("spaces"),
            manifests=arguments.pop("manifests"),
            agree=not arguments.pop("no_agree"),
            settings=arguments.pop("settings"),
            trusted_domains=arguments.pop("trusted_domains"),
            label=PlanLabel(arguments.pop("label")),
            newer_export=arguments.pop("newer_export", False),
        )
        return command(**arguments, order=order)

    decorated: Any = with_order
    for option in reversed(_ORDER):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="PORTWAY_DATA",
    show_envvar=True,
    help="Folder that keeps everything; made when absent. With --platform: where this side keeps"
    " its ledger and reports.  [default with --platform: ~/.local/share/portway]",
)
_PLATFORM = click.option(
    "--platform", help="Address of a running platform; without it, one runs in here."
)
_TOKEN_FILE = click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the platform's admin token; else PORTWAY_ADMIN_TOKEN.",
)
_PATIENCE = click.option(
    "--patience",
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(0),
    help="How long to wait for a platform that is away.",
)
_APP_PATIENCE = click.option(
    "--app-patience",
    default=1800.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(1),
    help="How long to follow an app's transfer.",
)


def where_options(command: Command) -> Command:
    """Add the options of commands that run something; they get an argument `where`."""

    @functools.wraps(command)
    def with_where(**arguments: Any) -> Any:
        from portway_cli.sessions import Where

        data, platform = arguments.pop("data"), arguments.pop("platform")
        if data is None and platform is None:
            raise click.UsageError("Give --data, the folder that keeps everything, or --platform.")
        where = Where(
            data=data or DEFAULT_DATA.expanduser(),
            platform_url=platform,
            database_url=arguments.pop("database_url"),
            token_file=arguments.pop("token_file"),
            patience_seconds=arguments.pop("patience"),
        )
        return command(**arguments, where=where)

    decorated: Any = with_where
    for option in (_APP_PATIENCE, _PATIENCE, database_option, _TOKEN_FILE, _PLATFORM, _DATA):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def data_option(command: Command) -> Command:
    """Add `--data` to commands that only look at the book of plans; they get `where`."""

    @functools.wraps(command)
    def with_data(**arguments: Any) -> Any:
        from portway_cli.sessions import Where

        data = arguments.pop("data") or DEFAULT_DATA.expanduser()
        return command(**arguments, where=Where(data=data))

    decorated: Any = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="PORTWAY_DATA",
        show_envvar=True,
        help="Folder the plans are kept in.  [default: ~/.local/share/portway]",
    )(with_data)
    return decorated  # type: ignore[no-any-return]


def dry_run_options(command: Command) -> Command:
    """Add `--dry-run` and `--list`; the command gets `dry_run` and `list_path`."""
    listed = click.option(
        "--list",
        "list_path",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write the list of a dry run into FILE, one JSON object a line.",
    )
    dry = click.option(
        "--dry-run",
        is_flag=True,
        help="List every write with its reason, and write nothing. Exits 3 when checks would keep"
        " everything from moving.",
    )
    return dry(listed(command))
