"""Who may enrol, what may be declared, when work is handed out again, how checks read.

Source: docs/reference/gateway-api.md; wire contract, 2.5.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from portway_scopes import AccessScope
from portway_sdk.wire import CHECKS_LIMIT, CheckResult, CheckSpec, Declaration, ListenerError

ATTEMPTS_LIMIT = 3
"""How often work is handed out before it counts as failed."""

CONNECTED_FOR = timedelta(seconds=60)
"""A listener that called within this time is taken to be running."""

_PLACE = re.compile(r"\{([A-Za-z0-9_]+)\}")


class WorkStatus(StrEnum):
    """Where one piece of a listener's work stands."""

    WAITING = "WAITING"
    LEASED = "LEASED"
    DONE = "DONE"
    FAILED = "FAILED"
    DROPPED = "DROPPED"
    """Nobody needs it any more: its transfer settled or is being cancelled."""


OPEN = (WorkStatus.WAITING, WorkStatus.LEASED)


class CheckOutcome(StrEnum):
    """What an admin reads about one vendor check."""

    PASSED = "passed"
    WARNED = "warned"
    BROKEN = "broken"
    """The check itself failed or never answered; it says nothing about the data."""


def is_connected(last_seen_at: datetime | None, now: datetime) -> bool:
    """Tell whether a listener is running, as far as one can see from here."""
    return last_seen_at is not None and now - last_seen_at <= CONNECTED_FOR


def find_scopes_not_offered(
    declared: frozenset[AccessScope], offered: frozenset[AccessScope]
) -> list[AccessScope]:
    """Return the scopes a listener declares and the catalogue's app version does not list."""
    return sorted(declared - offered)


def lease_lost_error(attempts: int) -> ListenerError:
    """Return what is told of a listener that fell silent each time it held the work."""
    return ListenerError(
        exception_type="portway.ListenerLost",
        safe_stack_trace=f"The listener took the work {attempts} times and fell silent each time.",
    )


def checks_to_run(declaration: Declaration) -> list[CheckSpec]:
    """Return the checks of a declaration that are run: the first three, cut to the limits.

    Of two checks with the same id the first counts.
    """
    by_id: dict[str, CheckSpec] = {}
    for spec in declaration.checks:
        by_id.setdefault(spec.check_id, spec)
    return [spec.cut_to_limits() for spec in list(by_id.values())[:CHECKS_LIMIT]]


def fill_places(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each `{name}` replaced by its value; unknown names stay as they are."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def judge_check(
    spec: CheckSpec, status: WorkStatus, result: CheckResult | None, error: ListenerError | None
) -> tuple[CheckOutcome, str, str | None]:
    """Return outcome, message and steps to resolve of a check that is over."""
    if status is not WorkStatus.DONE or result is None:
        if error is None:
            return CheckOutcome.BROKEN, "The check did not answer in time.", None
        return CheckOutcome.BROKEN, f"The check itself failed: {error.exception_type}.", None
    if result.passed:
        return CheckOutcome.PASSED, "Nothing to mend.", None
    template = spec.steps_to_resolve.get(result.steps_to_resolve or "")
    steps = None if template is None else fill_places(template, result.values)
    return CheckOutcome.WARNED, spec.description or spec.title, steps
