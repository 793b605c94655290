"""What was agreed: the terms of an app, the record of a consent, and the state of both.

Source: assistant features F053-F086. Field names of the record follow ISO/IEC TS 27560.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portway_scopes.access_scopes import AccessScope


@dataclass(frozen=True)
class Terms:
    """What an admin is asked to agree to: exactly this is shown, and exactly this is recorded."""

    app_version: str
    """The catalogue's version of the app. An update voids consent (F076)."""
    scopes: frozenset[AccessScope]
    policy_digests: frozenset[tuple[str, str]]
    """Pairs of a policy's kind (`privacy`, `terms`) and the SHA-256 of its text."""
    notice_digest: str
    """SHA-256 of the privacy notice the admin reads on the card."""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all of it: equal exactly when the terms are equal."""
        parts = {
            "app_version": self.app_version,
            "scopes": sorted(self.scopes),
            "policies": sorted(self.policy_digests),
            "notice": self.notice_digest,
        }
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class ConsentRecord:
    """Who agreed to which terms, for which app on which server and site, and until when."""

    record_id: str
    app_key: str
    server_id: str
    site_id: str
    terms: Terms
    """The terms as shown."""
    scopes: frozenset[AccessScope]
    """The scopes granted: those shown, less any the admin refused."""
    given_at: datetime
    given_by: str
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None
    superseded_at: datetime | None = None

    def stands_at(self, now: datetime) -> bool:
        """Tell whether the record is given, and neither withdrawn, expired nor superseded."""
        ends = (self.withdrawn_at, self.superseded_at, self.expires_at)
        return self.given_at <= now and all(end is None or now < end for end in ends)


class MigrationPath(StrEnum):
    """What the vendor offers for an app's data. Source: wire contract, 7.3."""

    AUTOMATED = "AUTOMATED"
    INSTALL_ONLY = "INSTALL_ONLY"
    MANUAL = "MANUAL"
    DISCARDED = "DISCARDED"
    UNKNOWN = "UNKNOWN"


class Decision(StrEnum):
    """What the admin decided about an installed app. Source: wire contract, 7.4."""

    NEEDED_IN_CLOUD = "NEEDED_IN_CLOUD"
    NOT_NEEDED = "NOT_NEEDED"
    USE_ALTERNATIVE = "USE_ALTERNATIVE"
    NO_DECISION = "NO_DECISION"


class ConsentState(StrEnum):
    """Where an app stands on its way to an agreement (F080-F086)."""

    CONSENTED = "CONSENTED"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    CONSENT_STALE = "CONSENT_STALE"
    NO_DATA_MIGRATION_NEEDED = "NO_DATA_MIGRATION_NEEDED"
    ALTERNATIVE_CHOSEN = "ALTERNATIVE_CHOSEN"
    NO_AUTOMATED_PATH = "NO_AUTOMATED_PATH"
    SERVER_APP_TOO_OLD = "SERVER_APP_TOO_OLD"


@dataclass(frozen=True)
class StateText:
    """What an admin reads about a state, and what to do next."""

    message: str
    next_step: str


STATE_TEXTS: dict[ConsentState, StateText] = {
    ConsentState.CONSENTED: StateText(
        "You agreed that this app's data is migrated by its vendor.",
        "Nothing more to do. You can withdraw the agreement at any time.",
    ),
    ConsentState.CONSENT_REQUIRED: StateText(
        "Nobody has agreed to this app's data migration yet.",
        "Read what the vendor will be able to see, then agree. Until then its data stays put.",
    ),
    ConsentState.CONSENT_STALE: StateText(
        "What you agreed to has changed since.",
        "Look at the changes and agree again. Until then the app's data stays put.",
    ),
    ConsentState.NO_DATA_MIGRATION_NEEDED: StateText(
        "This app keeps no data that would have to move.",
        "Install it in the cloud and migrate your spaces.",
    ),
    ConsentState.ALTERNATIVE_CHOSEN: StateText(
        "You chose another app instead, and data does not move between different apps by itself.",
        "Ask both vendors whether they can help.",
    ),
    ConsentState.NO_AUTOMATED_PATH: StateText(
        "The vendor has built no automated migration for this app.",
        "Ask the vendor: there may be a procedure by hand.",
    ),
    ConsentState.SERVER_APP_TOO_OLD: StateText(
        "The version of the app on your server cannot migrate its data.",
        "Update the app on your server, then agree.",
    ),
}


def decide_consent_state(
    *,
    path: MigrationPath,
    decision: Decision,
    server_app_supported: bool,
    terms: Terms,
    record: ConsentRecord | None,
    now: datetime,
) -> ConsentState:
    """Decide what an admin is told about an app.

    `record` is the newest one for the app, server and site, whatever became of it.
    """
    if decision is Decision.USE_ALTERNATIVE:
        return ConsentState.ALTERNATIVE_CHOSEN
    if path is MigrationPath.INSTALL_ONLY:
        return ConsentState.NO_DATA_MIGRATION_NEEDED
    if path is not MigrationPath.AUTOMATED:
        return ConsentState.NO_AUTOMATED_PATH
    if not server_app_supported:
        return ConsentState.SERVER_APP_TOO_OLD
    if record is None or not record.stands_at(now):
        return ConsentState.CONSENT_REQUIRED
    if record.terms != terms:
        return ConsentState.CONSENT_STALE
    return ConsentState.CONSENTED
