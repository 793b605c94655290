"""What a person reads when a command fails: what happened, why, and what cures it."""

import logging
from collections.abc import Mapping

import click

from portway_sdk import APIError, ConfigurationError, TransportError
from portway_service.errors import Refusal

EXIT_FAILED = 3
log = logging.getLogger(__name__)


def exit_with_reason(error: Exception) -> int:
    """Print an expected failure and return the exit code; raise an unexpected one again."""
    lines = describe(error)
    if lines is None:
        raise error
    click.echo("\n".join(lines), err=True)
    return EXIT_FAILED


def describe(error: Exception) -> list[str] | None:
    """Return what to print for an expected failure, or None for a fault of our own."""
    if isinstance(error, Refusal):
        lines = [f"error: {error.message}"]
        details = error.facts.get("details")
        if isinstance(details, list):
            lines += [f"  - {_place(fault)}: {fault['problem']}" for fault in details]
        return [*lines, f"cause: {error.error.cause}", f"fix: {error.error.fix}", _more(error.code)]
    if isinstance(error, APIError):
        lines = [f"error: {error.message}"]
        if error.cause:
            lines.append(f"cause: {error.cause}")
        if error.fix:
            lines.append(f"fix: {error.fix}")
        return [*lines, _more(error.code)]
    if isinstance(error, TransportError):
        return [
            f"error: Portway did not answer ({error}).",
            "cause: It is not running there, or the network lies between.",
            "fix: Start it with `portway serve`, check the address, then run the command again.",
        ]
    if isinstance(error, ConfigurationError):
        return [f"error: {problem}" for problem in error.problems]
    return None


def _place(fault: Mapping[str, object]) -> str:
    return str(fault["field"]) if "field" in fault else f"row {fault['row']}"


def _more(code: str) -> str:
    return f"code: {code} (portway explain {code})"
