"""Entry point of `portway`: finds the command's module and loads only that."""

import importlib
import sys
from typing import Any

import click

COMMANDS = {
    "app": "Publish, enrol and install apps.",
    "assess": "Decide what becomes of a server's apps.",
    "consent": "Show, give, withdraw and verify agreements.",
    "demo": "Move a real export and one app, end to end.",
    "domains": "Trust e-mail domains, or not.",
    "dialect": "Show and set how a site answers where the contract is open.",
    "explain": "Explain an error code.",
    "inspect": "Say what a Confluence export holds.",
    "ledger": "Verify what was agreed and done.",
    "links": "Print old addresses with their new ones.",
    "migrate": "Move an export, and apps with it, to a cloud site.",
    "plan": "Save plans, run, stop and resume them.",
    "proof": "Verify the signed report of a run.",
    "retry": "Send again what failed in a run.",
    "sample": "Make up a Confluence export of any size.",
    "people": "See who would arrive as what; claim placeholders.",
    "serve": "Run platform, cloud site and assistant in one process.",
}


class _LazyGroup(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"portway_cli.commands.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        # The summaries stand here, so that `portway --help` loads no command.
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="portway", prog_name="portway")
def portway() -> None:
    """Move apps, spaces and people from Confluence Server to Cloud, with consent."""


def main(arguments: list[str] | None = None) -> Any:
    """Run `portway`; expected failures end in three lines, never in a traceback."""
    from portway_cli.failures import exit_with_reason

    try:
        return portway.main(args=arguments, prog_name="portway")
    except Exception as error:
        sys.exit(exit_with_reason(error))
