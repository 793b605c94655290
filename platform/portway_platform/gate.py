"""The gate every access to an app's migration passes: load the present state, decide, refuse.

Nothing is kept between requests: the terms, the consent record and the transfer are read anew each
time, and again for each chunk of a running upload or download.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, and_, bindparam, select

from portway_platform import error_codes
from portway_platform.app_data.tables import app_data
from portway_platform.catalogue.messages import Manifest
from portway_platform.catalogue.tables import app_versions, apps
from portway_platform.consents.rules import terms_of
from portway_platform.consents.tables import consent_records
from portway_platform.dialect.rules import DEFAULT, Dialect, dialect_of
from portway_platform.dialect.tables import dialects
from portway_platform.forge.tables import forge_transfers
from portway_platform.migrations.tables import migrations
from portway_platform.sites.tables import pairs
from portway_platform.transfers.tables import transfer_definitions, transfers
from portway_scopes import (
    Access,
    AccessScope,
    ConsentRecord,
    RefusalReason,
    Refused,
    Request,
    Terms,
    TransferStatus,
    decide,
)
from portway_service.clock import Clock
from portway_service.errors import Refusal


@dataclass(frozen=True)
class TransferAccess:
    """A transfer somebody was admitted to, as it stood when the gate looked."""

    transfer_id: str
    status: TransferStatus
    migration_id: str
    pair_id: str
    server_id: str
    site_id: str
    app_key: str
    installation_id: str
    listener_id: str
    granted_scopes: frozenset[AccessScope]
    forge_installation_id: str | None = None
    """The environment of a Forge app it goes to; None for a Connect app."""
    dialect: Dialect = DEFAULT
    """How the site speaks the contract."""


@dataclass(frozen=True)
class Owner:
    """Whose transfers a caller may reach.

    Those of the Connect app of an installation, of an environment of a Forge app, or of a listener.
    """

    installation_id: str | None = None
    listener_id: str | None = None
    forge_installation_id: str | None = None

    def __post_init__(self) -> None:
        if (
            sum(map(bool, (self.installation_id, self.listener_id, self.forge_installation_id)))
            != 1
        ):
            raise ValueError("an owner is a Connect app, a Forge app or a listener")

    @property
    def id(self) -> str:
        """The id of whichever it is."""
        return str(self.installation_id or self.listener_id or self.forge_installation_id)


def owner_of(installation_id: str, forge_installation_id: str | None) -> Owner:
    """Return the cloud app that a transfer goes to."""
    if forge_installation_id is None:
        return Owner(installation_id=installation_id)
    return Owner(forge_installation_id=forge_installation_id)


def check_transfer(
    connection: Connection, transfer_id: str, request: Request, *, owner: Owner, clock: Clock
) -> TransferAccess:
    """Admit `owner` to one access to a transfer, or refuse.

    Raises:
        Refusal: `transfer_unknown` for a transfer that is absent or somebody else's, alike; else
            the code of the decision's reason.
    """
    row = connection.execute(
        _restricted(owner, _TRANSFERS_OF), {"transfer_id": transfer_id, "owner_id": owner.id}
    ).first()
    if row is None:
        raise Refusal(error_codes.TRANSFER_UNKNOWN, transfer_id=transfer_id)
    status = TransferStatus(row.status)
    own = None if row.transfer_scopes is None else frozenset(map(AccessScope, row.transfer_scopes))
    consent = _check(
        connection,
        request,
        _get_terms(connection, row.app_key, row.manifest_digest),
        app_key=row.app_key,
        server_id=row.server_id,
        site_id=row.site_id,
        transfer_id=transfer_id,
        transfer=status,
        transfer_scopes=own,
        clock=clock,
    )
    return TransferAccess(
        transfer_id=transfer_id,
        status=status,
        migration_id=row.migration_id,
        pair_id=row.pair_id,
        server_id=row.server_id,
        site_id=row.site_id,
        app_key=row.app_key,
        installation_id=row.installation_id,
        listener_id=row.listener_id,
        granted_scopes=consent.scopes if own is None else consent.scopes & own,
        forge_installation_id=row.forge_installation_id,
        dialect=dialect_of(row.switches or {}),
    )


def check_start(
    connection: Connection, *, app_key: str, server_id: str, site_id: str, clock: Clock
) -> ConsentRecord:
    """Return the agreement that lets a transfer of the app start now, or refuse."""
    return _check(
        connection,
        Request(Access.START_TRANSFER),
        get_terms(connection, app_key),
        app_key=app_key,
        server_id=server_id,
        site_id=site_id,
        clock=clock,
    )


def find_file(
    connection: Connection, app_data_key: str, owner: Owner
) -> tuple[str, str | None] | None:
    """Return the transfer and the data class of a file of one of the owner's transfers."""
    row = connection.execute(
        _restricted(owner, _FILES_OF), {"app_data_key": app_data_key, "owner_id": owner.id}
    ).first()
    return None if row is None else (row.transfer_id, row.data_class)


def _restricted(owner: Owner, statements: tuple[Select[Any], ...]) -> Select[Any]:
    """Return the statement that finds only what is the owner's."""
    connect, forge, listener = statements
    if owner.listener_id is not None:
        return listener
    return connect if owner.forge_installation_id is None else forge


def refusal(refused: Refused, request: Request, *, app_key: str, transfer_id: str = "") -> Refusal:
    """Return the answer to a refused access."""
    missing = sorted(refused.missing)
    facts: dict[str, Any] = {"details": {"missing": missing}} if missing else {}
    return Refusal(
        error_codes.REFUSALS[refused.reason],
        app_key=app_key,
        transfer_id=transfer_id,
        namespace=request.namespace,
        data_class=request.data_class,
        missing=" or ".join(missing),
        **facts,
    )


def get_manifest(connection: Connection, app_key: str) -> Manifest:
    """Return the manifest of an app's current version; `LookupError` when there is no such app."""
    raw = connection.execute(_current_version(app_versions.c.manifest, app_key)).scalar()
    if raw is None:
        raise LookupError(app_key)
    return Manifest.model_validate(raw)


def get_terms(connection: Connection, app_key: str) -> Terms:
    """Return what an app offers for agreement today; `LookupError` when there is no such app."""
    digest = connection.execute(_current_version(app_versions.c.digest, app_key)).scalar()
    return _get_terms(connection, app_key, digest or "")


def _get_terms(connection: Connection, app_key: str, digest: str) -> Terms:
    """Return what the current version, whose manifest has this digest, offers.

    Which version is current is read at each request. What a published version offers never
    changes, so that is worked out once and found again by the digest.
    """
    terms = _TERMS_BY_DIGEST.get(digest)
    if terms is None:
        terms = terms_of(get_manifest(connection, app_key))
        if len(_TERMS_BY_DIGEST) >= _TERMS_KEPT:
            _TERMS_BY_DIGEST.clear()
        _TERMS_BY_DIGEST[digest] = terms
    return terms


_TERMS_KEPT = 1000
_TERMS_BY_DIGEST: dict[str, Terms] = {}


def _current_version(column: Column[Any], app_key: str) -> Select[Any]:
    return (
        select(column)
        .join(apps, apps.c.key == app_versions.c.app_key)
        .where(apps.c.key == app_key, app_versions.c.version == apps.c.current_version)
    )


def find_newest_consent(
    connection: Connection, app_key: str, server_id: str, site_id: str
) -> ConsentRecord | None:
    """Return the newest record for an app, server and site, whatever became of it."""
    row = connection.execute(
        _NEWEST_CONSENT, {"app_key": app_key, "server_id": server_id, "site_id": site_id}
    ).first()
    return None if row is None else consent_from_row(row._mapping)


def consent_from_row(row: Mapping[Any, Any]) -> ConsentRecord:
    """Return the consent record that a row of `consent_records` holds."""
    return ConsentRecord(
        record_id=row["id"],
        app_key=row["app_key"],
        server_id=row["server_id"],
        site_id=row["site_id"],
        terms=Terms(
            app_version=row["app_version"],
            scopes=frozenset(map(AccessScope, row["offered_scopes"])),
            policy_digests=frozenset(row["policy_digests"].items()),
            notice_digest=row["notice_digest"],
        ),
        scopes=frozenset(map(AccessScope, row["scopes"])),
        given_at=row["given_at"],
        given_by=row["given_by"],
        expires_at=row["expires_at"],
        withdrawn_at=row["withdrawn_at"],
        superseded_at=row["superseded_at"],
    )


def _check(
    connection: Connection,
    request: Request,
    terms: Terms,
    *,
    app_key: str,
    server_id: str,
    site_id: str,
    transfer_id: str = "",
    transfer: TransferStatus | None = None,
    transfer_scopes: frozenset[AccessScope] | None = None,
    clock: Clock,
) -> ConsentRecord:
    consent = find_newest_consent(connection, app_key, server_id, site_id)
    decision = decide(
        request,
        terms=terms,
        consent=consent,
        transfer=transfer,
        transfer_scopes=transfer_scopes,
        now=clock.now(),
    )
    if isinstance(decision, Refused) or consent is None:
        refused = decision if isinstance(decision, Refused) else _NOTHING_AGREED
        raise refusal(refused, request, app_key=app_key, transfer_id=transfer_id)
    return consent


_NOTHING_AGREED = Refused(RefusalReason.CONSENT_REQUIRED)


# Built once: putting a statement together takes longer than carrying it out.
_NEWEST_CONSENT = select(consent_records).where(
    consent_records.c.app_key == bindparam("app_key"),
    consent_records.c.server_id == bindparam("server_id"),
    consent_records.c.site_id == bindparam("site_id"),
    consent_records.c.superseded_at.is_(None),
)
_TRANSFER = (
    select(
        transfers.c.status,
        transfers.c.migration_id,
        transfers.c.app_key,
        transfers.c.installation_id,
        transfers.c.listener_id,
        migrations.c.pair_id,
        pairs.c.server_id,
        pairs.c.site_id,
        app_versions.c.digest.label("manifest_digest"),
        forge_transfers.c.forge_installation_id,
        transfer_definitions.c.scopes.label("transfer_scopes"),
        dialects.c.switches,
    )
    .outerjoin(forge_transfers, forge_transfers.c.transfer_id == transfers.c.id)
    .outerjoin(transfer_definitions, transfer_definitions.c.transfer_id == transfers.c.id)
    .join(migrations, migrations.c.id == transfers.c.migration_id)
    .join(pairs, pairs.c.id == migrations.c.pair_id)
    .outerjoin(dialects, dialects.c.site_id == pairs.c.site_id)
    .join(apps, apps.c.key == transfers.c.app_key)
    .join(
        app_versions,
        (app_versions.c.app_key == apps.c.key) & (app_versions.c.version == apps.c.current_version),
    )
    .where(transfers.c.id == bindparam("transfer_id"))
)
_FILE = (
    select(app_data.c.transfer_id, app_data.c.data_class)
    .join(transfers, transfers.c.id == app_data.c.transfer_id)
    .outerjoin(forge_transfers, forge_transfers.c.transfer_id == transfers.c.id)
    .where(app_data.c.id == bindparam("app_data_key"))
)
_CONDITIONS = (
    and_(
        transfers.c.installation_id == bindparam("owner_id"),
        forge_transfers.c.forge_installation_id.is_(None),
    ),
    forge_transfers.c.forge_installation_id == bindparam("owner_id"),
    transfers.c.listener_id == bindparam("owner_id"),
)
_TRANSFERS_OF = tuple(_TRANSFER.where(condition) for condition in _CONDITIONS)
_FILES_OF = tuple(_FILE.where(condition) for condition in _CONDITIONS)
