"""What each entry says: ids, digests and instants. Pure.

Source: docs/reference/ledger.md#entries
"""

import hashlib
from datetime import datetime

from portway_platform.error_codes import APP_DATA_UNKNOWN, REFUSALS, TRANSFER_UNKNOWN
from portway_scopes import ConsentRecord, Request
from portway_scopes.ledger import Draft, EntryKind
from portway_service.instants import format_instant

PLATFORM = "platform"
"""The actor of what nobody in particular did."""

GATE_CODES = frozenset(
    {*(error.code for error in REFUSALS.values()), TRANSFER_UNKNOWN.code, APP_DATA_UNKNOWN.code}
)
"""The answers of the gate to accesses it does not allow."""

TransferOfApp = tuple[str, str]
"""A transfer's id and its app's key."""


def consent_given(record: ConsentRecord, receipt: str) -> Draft:
    """Tell of an agreement."""
    return Draft(
        EntryKind.CONSENT_GIVEN,
        record.given_by,
        {
            **_consent(record),
            "version": record.terms.app_version,
            "terms": record.terms.digest,
            "scopes": sorted(record.scopes),
            "refused": sorted(record.terms.scopes - record.scopes),
            "givenAt": format_instant(record.given_at),
            "expiresAt": record.expires_at and format_instant(record.expires_at),
            "receipt": hashlib.sha256(receipt.encode()).hexdigest(),
        },
    )


def consent_withdrawn(record: ConsentRecord, withdrawn_by: str, at: datetime) -> Draft:
    """Tell of an agreement that was taken back."""
    facts = {**_consent(record), "withdrawnAt": format_instant(at)}
    return Draft(EntryKind.CONSENT_WITHDRAWN, withdrawn_by, facts)


def consent_superseded(record: ConsentRecord, newer: ConsentRecord) -> Draft:
    """Tell of an agreement that another one took the place of."""
    return Draft(
        EntryKind.CONSENT_SUPERSEDED,
        newer.given_by,
        {
            **_consent(record),
            "supersededAt": format_instant(newer.given_at),
            "by": newer.record_id,
        },
    )


def app_decided(
    server_app_key: str, server_id: str, site_id: str, decision: str, decided_by: str
) -> Draft:
    """Tell what an admin decided about an installed app."""
    facts = {
        "serverApp": server_app_key,
        "server": server_id,
        "site": site_id,
        "decision": str(decision),
    }
    return Draft(EntryKind.APP_DECIDED, decided_by, facts)


def transfer_started(
    transfer: TransferOfApp, migration_id: str, agreed: ConsentRecord, rerun_of: str | None
) -> Draft:
    """Tell of a transfer, and of the agreement it rests on."""
    facts = {
        **_transfer(transfer),
        "migration": migration_id,
        "record": agreed.record_id,
        "rerunOf": rerun_of,
    }
    return Draft(EntryKind.TRANSFER_STARTED, PLATFORM, facts)


def cancellation_requested(transfer: TransferOfApp) -> Draft:
    """Tell that an admin asked a transfer to stop."""
    return Draft(EntryKind.TRANSFER_CANCELLATION_REQUESTED, "admin", _transfer(transfer))


def transfer_settled(transfer: TransferOfApp, status: str, by: str, reason: str | None) -> Draft:
    """Tell how a transfer ended."""
    facts = {**_transfer(transfer), "status": str(status), "reason": reason and str(reason)}
    return Draft(EntryKind.TRANSFER_SETTLED, str(by), facts)


def access_refused(app_key: str, asked: Request, code: str, transfer_id: str | None) -> Draft:
    """Tell of an access that the gate did not allow."""
    facts = {
        "app": app_key,
        "access": str(asked.access),
        "namespace": asked.namespace and asked.namespace[:100],
        "dataClass": asked.data_class and asked.data_class[:40],
        "code": code,
        # A caller may name any text as its transfer; only what can be an id is kept.
        "transfer": transfer_id if transfer_id and len(transfer_id) == 36 else None,
    }
    return Draft(EntryKind.ACCESS_REFUSED, app_key, facts)


def _consent(record: ConsentRecord) -> dict[str, str]:
    return {
        "record": record.record_id,
        "app": record.app_key,
        "server": record.server_id,
        "site": record.site_id,
    }


def _transfer(transfer: TransferOfApp) -> dict[str, str]:
    transfer_id, app_key = transfer
    return {"transfer": transfer_id, "app": app_key}
