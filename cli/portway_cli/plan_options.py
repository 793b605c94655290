"""The options that make a plan's settings, shared by every command that makes a plan."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_NAMES = (
    "people_scope",
    "invalid_emails",
    "duplicate_emails",
    "generated_domain",
    "undecided_domains",
    "group_clash",
    "missing_groups",
    "space_clash",
    "renamed_spaces",
    "source_urls",
    "content",
    "edited",
    "deletions",
)


def plan_options(command: Command) -> Command:
    """Add the options, and hand the command one argument `settings`."""

    @functools.wraps(command)
    def with_settings(**arguments: Any) -> Any:
        from portway_assistant.runs.settings import PlanSettings

        given = {name: arguments.pop(name) for name in _NAMES}
        given["people"] = given.pop("people_scope")
        given["renamed_spaces"] = dict(given["renamed_spaces"])
        return command(**arguments, settings=PlanSettings.from_chosen(given))

    decorated: Any = with_settings
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def _renaming(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    from portway_service.folding import fold

    pairs = []
    for value in values:
        old, equals, new = value.partition("=")
        if not (old and equals and new):
            raise click.BadParameter("write OLD=NEW, like DOCS=DOCS2")
        pairs.append((fold(old), new))
    return tuple(pairs)


def _base_url(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    for value in values:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query:
            raise click.BadParameter("write a base URL, like https://wiki.example/wiki")
    return tuple(value.rstrip("/") for value in values)


_OPTIONS = (
    click.option(
        "--people-scope",
        type=click.Choice(["all", "related"]),
        default="all",
        show_default=True,
        help="Everybody the export knows, or those the chosen spaces refer to: name and e-mail"
        " only, without access or groups.",
    ),
    click.option(
        "--invalid-emails",
        type=click.Choice(["placeholder", "generate", "stop"]),
        default="placeholder",
        show_default=True,
        help="People with a missing or malformed address: a named placeholder each, a made-up"
        " address each, or nothing moves until it is mended.",
    ),
    click.option(
        "--duplicate-emails",
        type=click.Choice(["placeholder", "generate", "merge", "stop"]),
        default="placeholder",
        show_default=True,
        help="People who share an address: the first keeps it and the others are as above, or all"
        " become one account, which holds only what each of them held.",
    ),
    click.option("--generated-domain", metavar="DOMAIN", help="The domain of made-up addresses."),
    click.option(
        "--undecided-domains",
        type=click.Choice(["placeholder", "stop"]),
        default="placeholder",
        show_default=True,
        help="People of e-mail domains that nobody has trusted: placeholders without access, or"
        " nothing moves until every domain is decided. See `portway domains`.",
    ),
    click.option(
        "--group-clash",
        type=click.Choice(["skip", "merge", "stop"]),
        default="skip",
        show_default=True,
        help="Groups whose name the site has already: leave out, join, or nothing moves.",
    ),
    click.option(
        "--missing-groups",
        type=click.Choice(["report", "create"]),
        default="report",
        show_default=True,
        help="Permissions of groups the site lacks: report them, or make the groups.",
    ),
    click.option(
        "--space-clash",
        type=click.Choice(["stop", "skip", "rename"]),
        default="stop",
        show_default=True,
        help="Spaces whose key the site has already: nothing moves, leave them out, or give them"
        " another key.",
    ),
    click.option(
        "--rename-space",
        "renamed_spaces",
        multiple=True,
        metavar="OLD=NEW",
        callback=_renaming,
        help="Move a space under another key; repeat it.",
    ),
    click.option(
        "--source-url",
        "source_urls",
        multiple=True,
        metavar="URL",
        callback=_base_url,
        help="Base URL under which people reached the source, such as https://wiki.example/wiki;"
        " repeat it. Links to it are rewritten.  [default: what the export holds]",
    ),
    click.option(
        "--content",
        type=click.Choice(["all", "attachments", "none"]),
        default="all",
        show_default=True,
        help="Everything in the chosen spaces, their attachments ahead of the rest, or only"
        " people and groups.",
    ),
    click.option(
        "--edited",
        type=click.Choice(["leave", "newer", "source", "both"]),
        default="leave",
        show_default=True,
        help="What changed at the source and was edited at the destination since: leave the"
        " destination's, let the newer win, let the source win, or keep both.",
    ),
    click.option(
        "--deletions",
        is_flag=True,
        help="Delete at the destination what an earlier export held and this one does not.",
    ),
)
