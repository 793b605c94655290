"""What an assessment says about an app, and when it is done. Pure.

Source: assistant features F021-F033 and F059-F062; docs/reference/assessment.md
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portway_scopes import ConsentState, Decision, MigrationPath

DECISION_WORDS = {
    Decision.NEEDED_IN_CLOUD: "Needed in cloud",
    Decision.NOT_NEEDED: "Not needed",
    Decision.USE_ALTERNATIVE: "Use alternative",
    Decision.NO_DECISION: "No decision made",
}
PATH_WORDS = {
    MigrationPath.AUTOMATED: "Automated: the vendor moves the app's data",
    MigrationPath.INSTALL_ONLY: "Install only: there is no data to move",
    MigrationPath.MANUAL: "By hand: the vendor describes how",
    MigrationPath.DISCARDED: "None, and the vendor plans none",
    MigrationPath.UNKNOWN: "None yet: ask the vendor",
}
NOT_IN_CATALOGUE = "Not known: the vendor has published nothing about it"


class Gap(StrEnum):
    """What is still missing before the assessment is done (F059-F061)."""

    UNDECIDED = "undecided"
    NOT_INSTALLED = "not_installed"
    NOT_AGREED = "not_agreed"
    NOT_AVAILABLE = "not_available"
    """Needed in the cloud, and nobody offers it there."""
    TOO_OLD = "too_old"
    ALTERNATIVE_MISSING = "alternative_missing"


GAP_SENTENCES = {
    Gap.UNDECIDED: "Decide what becomes of it.",
    Gap.NOT_INSTALLED: "Install it on the cloud site.",
    Gap.NOT_AGREED: "Read what its vendor will be able to see, and agree.",
    Gap.NOT_AVAILABLE: "It does not exist in the cloud: choose an alternative, or do without it.",
    Gap.TOO_OLD: "Update it on the server: this version cannot move its data.",
    Gap.ALTERNATIVE_MISSING: "Say which app you will use instead.",
}


@dataclass(frozen=True)
class AppFacts:
    """What is known about one installed app, for a server and a site."""

    server_app_key: str
    decision: Decision
    alternative: str | None
    path: MigrationPath | None
    """None for an app the catalogue does not know."""
    installed_in_cloud: bool
    consent: ConsentState | None
    """None for an app the catalogue does not know."""


def find_gap(app: AppFacts) -> Gap | None:
    """Return what is missing for one app, or None when it is settled."""
    if app.decision is Decision.NO_DECISION:
        return Gap.UNDECIDED
    if app.decision is Decision.USE_ALTERNATIVE:
        return None if app.alternative else Gap.ALTERNATIVE_MISSING
    if app.decision is Decision.NOT_NEEDED:
        return None
    if app.path is None:
        return Gap.NOT_AVAILABLE
    if app.consent is ConsentState.SERVER_APP_TOO_OLD:
        return Gap.TOO_OLD
    if not app.installed_in_cloud:
        return Gap.NOT_INSTALLED
    asks = app.consent in {ConsentState.CONSENT_REQUIRED, ConsentState.CONSENT_STALE}
    return Gap.NOT_AGREED if asks else None


def explain_incomplete(gaps: Sequence[Gap | None]) -> list[str]:
    """Return why the assessment is not done: one sentence for each of its three conditions."""
    undecided = sum(gap in {Gap.UNDECIDED, Gap.ALTERNATIVE_MISSING} for gap in gaps)
    absent = sum(gap in {Gap.NOT_INSTALLED, Gap.NOT_AVAILABLE, Gap.TOO_OLD} for gap in gaps)
    unread = sum(gap is Gap.NOT_AGREED for gap in gaps)
    return [
        f"{_apps(count)} {verb[count != 1]} {what}"
        for count, verb, what in (
            (undecided, ("waits", "wait"), "for your decision."),
            (absent, ("is", "are"), "needed in the cloud and not ready there."),
            (unread, ("has", "have"), "an agreement you have not given yet."),
        )
        if count
    ]


def _apps(count: int) -> str:
    return "1 app" if count == 1 else f"{count} apps"
