"""The one function that decides an access to an app's migration.

It looks at what is asked, what the app declares, what the admin agreed to, where the transfer
stands and what time it is; it touches nothing else. Default is refusal.
Source: docs/explanation/consent-and-the-gate.md; wire contract, sections 1.6, 5 and 6.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portway_scopes.access_scopes import DATA_SCOPES, AccessScope
from portway_scopes.consent import ConsentRecord, Terms
from portway_scopes.namespaces import find_scope_for_namespace
from portway_scopes.transfers import TransferStatus, is_settled


class Access(StrEnum):
    """What an endpoint does with an app's migration. Every endpoint states one."""

    START_TRANSFER = "start a transfer"
    READ_TRANSFER = "read a transfer"
    READ_MAPPINGS = "read mappings"
    READ_CONTAINERS = "read containers"
    UPLOAD_APP_DATA = "upload app data"
    LIST_APP_DATA = "list app data"
    DOWNLOAD_APP_DATA = "download app data"
    REPORT_PROGRESS = "report progress"
    LEAVE_FEEDBACK = "leave feedback"
    READ_FEEDBACK = "read feedback"
    READ_ERROR = "read the listener's error"
    FILL_SITE = "fill in data of the site"


DATA_ACCESSES = frozenset({Access.UPLOAD_APP_DATA, Access.LIST_APP_DATA, Access.DOWNLOAD_APP_DATA})


class RefusalReason(StrEnum):
    """Why an access is refused. The values are the stable codes of the answers."""

    CONSENT_REQUIRED = "consent_required"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_STALE = "consent_stale"
    TRANSFER_SETTLED = "transfer_settled"
    NAMESPACE_UNKNOWN = "namespace_unknown"
    DATA_CLASS_UNKNOWN = "data_class_unknown"
    SCOPE_NOT_DECLARED = "scope_not_declared"
    SCOPE_NOT_GRANTED = "scope_not_granted"
    SCOPE_NOT_OF_TRANSFER = "scope_not_of_transfer"


@dataclass(frozen=True)
class Request:
    """One access somebody asks for."""

    access: Access
    namespace: str | None = None
    """Required for READ_MAPPINGS."""
    data_class: str | None = None
    """The class an upload names; None when it names none."""


@dataclass(frozen=True)
class Allowed:
    """The access may go ahead, now. It says nothing about the next one."""


@dataclass(frozen=True)
class Refused:
    """The access may not go ahead."""

    reason: RefusalReason
    missing: frozenset[AccessScope] = frozenset()
    """The scopes any one of which would have opened it; empty when scopes are not the reason."""


def decide(
    request: Request,
    *,
    terms: Terms,
    consent: ConsentRecord | None,
    transfer: TransferStatus | None,
    transfer_scopes: frozenset[AccessScope] | None = None,
    now: datetime,
) -> Allowed | Refused:
    """Decide one access.

    Args:
        request: What is asked.
        terms: What the app's catalogue entry declares and offers today.
        consent: The newest record for the app, server and site, whatever became of it.
        transfer: Where the transfer stands; None for an access that starts one.
        transfer_scopes: The scopes the transfer declares for itself, where an app has several
            transfers; None for one that has all of the app's.
        now: The present instant.

    Returns:
        `Allowed`, or `Refused` with the first reason that applies, in this order: no standing
        consent, a settled transfer, a namespace or class nobody knows, a missing scope.
    """
    standing = _decide_consent(consent, terms=terms, now=now)
    if isinstance(standing, Refused):
        return standing
    if transfer is None and request.access is not Access.START_TRANSFER:
        return Refused(RefusalReason.TRANSFER_SETTLED)
    if transfer is not None and is_settled(transfer):
        return Refused(RefusalReason.TRANSFER_SETTLED)
    opening = _scopes_that_open(request)
    if isinstance(opening, Refused):
        return opening
    if opening and not opening & terms.scopes:
        return Refused(RefusalReason.SCOPE_NOT_DECLARED, missing=opening)
    if opening and not opening & standing.scopes & terms.scopes:
        return Refused(RefusalReason.SCOPE_NOT_GRANTED, missing=opening)
    if (
        opening
        and transfer_scopes is not None
        and not opening & standing.scopes & terms.scopes & transfer_scopes
    ):
        return Refused(RefusalReason.SCOPE_NOT_OF_TRANSFER, missing=opening)
    return Allowed()


def _decide_consent(
    consent: ConsentRecord | None, *, terms: Terms, now: datetime
) -> ConsentRecord | Refused:
    if consent is None or now < consent.given_at:
        return Refused(RefusalReason.CONSENT_REQUIRED)
    if consent.withdrawn_at is not None and consent.withdrawn_at <= now:
        return Refused(RefusalReason.CONSENT_WITHDRAWN)
    if consent.expires_at is not None and consent.expires_at <= now:
        return Refused(RefusalReason.CONSENT_EXPIRED)
    if consent.terms != terms or not consent.stands_at(now):
        return Refused(RefusalReason.CONSENT_STALE)
    return consent


def _scopes_that_open(request: Request) -> frozenset[AccessScope] | Refused:
    """Return the scopes any one of which opens the access; empty when consent alone does."""
    if request.access is Access.READ_MAPPINGS:
        scope = find_scope_for_namespace(request.namespace or "")
        return frozenset({scope}) if scope else Refused(RefusalReason.NAMESPACE_UNKNOWN)
    if request.access is Access.UPLOAD_APP_DATA and request.data_class is not None:
        named = {scope for scope in DATA_SCOPES if scope == request.data_class}
        return frozenset(named) if named else Refused(RefusalReason.DATA_CLASS_UNKNOWN)
    return DATA_SCOPES if request.access in DATA_ACCESSES else frozenset()
