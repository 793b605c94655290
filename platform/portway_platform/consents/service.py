"""Cards, agreements and withdrawals. Records are never changed; only their endings are filled in.

At most one record of an app, server and site is not superseded: the newest, and the gate reads it
at each request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from portway_platform import error_codes
from portway_platform.app_data.keys import destroy_keys_of_consent
from portway_platform.assessment.decisions import find_decision
from portway_platform.catalogue.messages import Manifest
from portway_platform.catalogue.service import get_app, lock_app
from portway_platform.consents.messages import ConsentInput
from portway_platform.consents.receipts import sign_receipt, sign_withdrawal
from portway_platform.consents.rules import notice_text, terms_of
from portway_platform.consents.tables import consent_records
from portway_platform.gate import consent_from_row
from portway_platform.ledger.telling import (
    consent_given,
    consent_superseded,
    consent_withdrawn,
)
from portway_platform.listeners.tables import listeners
from portway_platform.services import Services
from portway_platform.sites.service import Server, Site, get_server, get_site
from portway_platform.sites.tables import servers, sites
from portway_platform.transfers.service import cancel_for_withdrawn_consent
from portway_scopes import (
    STATE_TEXTS,
    ConsentRecord,
    ConsentState,
    Decision,
    Terms,
    decide_consent_state,
)
from portway_service.endpoints import invalid_fields
from portway_service.errors import Refusal


@dataclass(frozen=True)
class KeptRecord:
    """A consent record, with what only its readers need to know."""

    record: ConsentRecord
    server_key: str
    site_key: str
    method: str
    withdrawn_by: str | None
    receipt: str


@dataclass(frozen=True)
class CardView:
    """Where an app stands for a server and site, and what there is to agree to."""

    state: ConsentState
    manifest: Manifest
    newest: KeptRecord | None


def get_card(
    connection: Connection, services: Services, app_key: str, server_key: str, site_key: str
) -> CardView:
    """Return the card of an app, and the state of its agreement."""
    manifest = get_app(connection, app_key).manifest
    server, site = get_server(connection, server_key), get_site(connection, site_key)
    newest = _find_newest(connection, app_key, server, site)
    state = decide_state(connection, services, manifest, server, site)
    return CardView(state=state, manifest=manifest, newest=newest)


def give_consent(connection: Connection, services: Services, given: ConsentInput) -> KeptRecord:
    """Keep an agreement in place of the one before.

    Raises:
        Refusal: `consent_not_asked`, `consent_terms_changed` or `scope_not_offered`.
    """
    lock_app(connection, given.app_key)
    manifest = get_app(connection, given.app_key).manifest
    server, site = get_server(connection, given.server_key), get_site(connection, given.site_key)
    now = services.clock.now()
    _check_asked(manifest, _decide_state(connection, manifest, server, site, None, now=now))
    terms = terms_of(manifest)
    _check_terms(given, terms)
    if given.expires_at is not None and given.expires_at <= now:
        raise invalid_fields([{"field": "expiresAt", "problem": "it lies in the past"}])
    record = ConsentRecord(
        record_id=services.ids.uuid(),
        app_key=given.app_key,
        server_id=server.id,
        site_id=site.id,
        terms=terms,
        scopes=given.scopes,
        given_at=now,
        given_by=given.given_by,
        expires_at=given.expires_at,
    )
    receipt = sign_receipt(
        record,
        manifest,
        method=given.method,
        issuer=services.settings.public_url,
        keys=services.keys,
    )
    _supersede(connection, services, record)
    _insert(connection, record, manifest, given.method, receipt)
    services.ledger.note(connection, consent_given(record, receipt))
    return get_record(connection, record.record_id)


def withdraw_consent(
    connection: Connection, services: Services, record_id: str, withdrawn_by: str
) -> KeptRecord:
    """End an agreement, and with it the running transfers that relied on it. Twice is once.

    The keys of what its transfers stored are destroyed.

    Raises:
        Refusal: `consent_superseded` for a record that a newer one has replaced.
    """
    kept = get_record(connection, record_id)
    lock_app(connection, kept.record.app_key)
    kept = get_record(connection, record_id)
    if kept.record.withdrawn_at is not None:
        return kept
    if kept.record.superseded_at is not None:
        raise Refusal(error_codes.CONSENT_SUPERSEDED, record_id=record_id)
    now = services.clock.now()
    connection.execute(
        update(consent_records)
        .where(consent_records.c.id == record_id)
        .values(
            withdrawn_at=now,
            withdrawn_by=withdrawn_by,
            receipt=sign_withdrawal(
                kept.receipt, withdrawn_by=withdrawn_by, withdrawn_at=now, keys=services.keys
            ),
        )
    )
    record = kept.record
    services.ledger.note(connection, consent_withdrawn(record, withdrawn_by, now))
    cancel_for_withdrawn_consent(
        connection, services, record.app_key, record.server_id, record.site_id
    )
    destroy_keys_of_consent(
        connection,
        services,
        app_key=record.app_key,
        server_id=record.server_id,
        site_id=record.site_id,
    )
    return get_record(connection, record_id)


def get_record(connection: Connection, record_id: str) -> KeptRecord:
    """Return a consent record, or refuse."""
    row = connection.execute(_records().where(consent_records.c.id == record_id)).first()
    if row is None:
        raise Refusal(error_codes.CONSENT_UNKNOWN, record_id=record_id)
    return _kept(row._mapping)


def list_records(
    connection: Connection, *, app_key: str | None, server_key: str | None, site_key: str | None
) -> list[KeptRecord]:
    """Return consent records, newest first."""
    query = _records().order_by(
        consent_records.c.given_at.desc(),
        consent_records.c.superseded_at.desc().nulls_first(),
        consent_records.c.id,
    )
    if app_key is not None:
        query = query.where(consent_records.c.app_key == app_key)
    if server_key is not None:
        query = query.where(servers.c.key == server_key)
    if site_key is not None:
        query = query.where(sites.c.key == site_key)
    return [_kept(row._mapping) for row in connection.execute(query)]


def decide_state(
    connection: Connection,
    services: Services,
    manifest: Manifest,
    server: Server,
    site: Site,
    *,
    decision: Decision | None = None,
    server_app_version: str | None = None,
) -> ConsentState:
    """Decide where an app stands for a server and site.

    Args:
        decision: What was decided about the app; by default what the assessment keeps, and
            needed in cloud where nobody assessed it.
        server_app_version: The version installed; by default what its listener declares.
    """
    newest = _find_newest(connection, manifest.app_key, server, site)
    return _decide_state(
        connection,
        manifest,
        server,
        site,
        newest,
        now=services.clock.now(),
        decision=decision,
        server_app_version=server_app_version,
    )


def _decide_state(
    connection: Connection,
    manifest: Manifest,
    server: Server,
    site: Site,
    newest: KeptRecord | None,
    *,
    now: datetime,
    decision: Decision | None = None,
    server_app_version: str | None = None,
) -> ConsentState:
    version = server_app_version or _find_server_app_version(connection, manifest.app_key, server)
    return decide_consent_state(
        path=manifest.migration_path,
        decision=decision
        or find_decision(connection, manifest.server_app_key, server, site)
        or Decision.NEEDED_IN_CLOUD,
        server_app_supported=version is None or manifest.supports_server_version(version),
        terms=terms_of(manifest),
        record=newest.record if newest else None,
        now=now,
    )


def _find_server_app_version(connection: Connection, app_key: str, server: Server) -> str | None:
    """Return the version the listener on this server declares; None before there is one."""
    declaration = connection.execute(
        select(listeners.c.declaration).where(
            listeners.c.app_key == app_key, listeners.c.server_id == server.id
        )
    ).scalar()
    return None if declaration is None else declaration["version"]


def _check_asked(manifest: Manifest, state: ConsentState) -> None:
    if state is not ConsentState.CONSENT_REQUIRED:
        raise Refusal(
            error_codes.CONSENT_NOT_ASKED,
            key=manifest.app_key,
            message=STATE_TEXTS[state].message,
            details={"state": state, "nextStep": STATE_TEXTS[state].next_step},
        )


def _check_terms(given: ConsentInput, terms: Terms) -> None:
    changed = [
        name
        for name, shown, present in (
            ("appVersion", given.app_version, terms.app_version),
            ("policyDigests", given.policy_digests, dict(terms.policy_digests)),
            ("noticeDigest", given.notice_digest, terms.notice_digest),
        )
        if shown != present
    ]
    if changed:
        raise Refusal(
            error_codes.CONSENT_TERMS_CHANGED,
            key=given.app_key,
            changed=", ".join(changed),
            details={"changed": changed},
        )
    not_offered = sorted(given.scopes - terms.scopes)
    if not_offered:
        raise Refusal(
            error_codes.SCOPE_NOT_OFFERED,
            key=given.app_key,
            scopes=", ".join(not_offered),
            details={"notOffered": not_offered},
        )


def _supersede(connection: Connection, services: Services, newer: ConsentRecord) -> None:
    older = (
        consent_records.c.app_key == newer.app_key,
        consent_records.c.server_id == newer.server_id,
        consent_records.c.site_id == newer.site_id,
        consent_records.c.superseded_at.is_(None),
    )
    for row in connection.execute(select(consent_records).where(*older)).all():
        superseded = consent_from_row(row._mapping)
        services.ledger.note(connection, consent_superseded(superseded, newer))
    connection.execute(update(consent_records).where(*older).values(superseded_at=newer.given_at))


def _insert(
    connection: Connection, record: ConsentRecord, manifest: Manifest, method: str, receipt: str
) -> None:
    connection.execute(
        consent_records.insert().values(
            id=record.record_id,
            app_key=record.app_key,
            server_id=record.server_id,
            site_id=record.site_id,
            app_version=record.terms.app_version,
            offered_scopes=sorted(record.terms.scopes),
            scopes=sorted(record.scopes),
            policy_digests=dict(record.terms.policy_digests),
            notice_digest=record.terms.notice_digest,
            notice_text=notice_text(manifest),
            given_by=record.given_by,
            method=method,
            given_at=record.given_at,
            expires_at=record.expires_at,
            receipt=receipt,
        )
    )


def _find_newest(
    connection: Connection, app_key: str, server: Server, site: Site
) -> KeptRecord | None:
    row = connection.execute(
        _records().where(
            consent_records.c.app_key == app_key,
            consent_records.c.server_id == server.id,
            consent_records.c.site_id == site.id,
            consent_records.c.superseded_at.is_(None),
        )
    ).first()
    return None if row is None else _kept(row._mapping)


def _records() -> Select[Any]:
    return (
        select(consent_records, servers.c.key.label("server_key"), sites.c.key.label("site_key"))
        .join(servers, servers.c.id == consent_records.c.server_id)
        .join(sites, sites.c.id == consent_records.c.site_id)
    )


def _kept(row: Mapping[Any, Any]) -> KeptRecord:
    return KeptRecord(
        record=consent_from_row(row),
        server_key=row["server_key"],
        site_key=row["site_key"],
        method=row["method"],
        withdrawn_by=row["withdrawn_by"],
        receipt=row["receipt"],
    )
