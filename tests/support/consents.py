"""Builders for terms and consent records."""

from collections.abc import Iterable
from datetime import UTC, datetime

from portway_scopes import AccessScope, ConsentRecord, Terms

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def some_terms(
    *,
    scopes: Iterable[str] = ("APP_DATA_UGC", "MIGRATION_TRACING_IDENTITY"),
    app_version: str = "1.0.0",
    privacy: str = "p1",
    notice: str = "n1",
) -> Terms:
    """Terms that offer `scopes`."""
    return Terms(
        app_version=app_version,
        scopes=frozenset(map(AccessScope, scopes)),
        policy_digests=frozenset({("privacy", privacy), ("terms", "t1")}),
        notice_digest=notice,
    )


def a_consent(
    *,
    terms: Terms | None = None,
    scopes: Iterable[str] | None = None,
    given_at: datetime = datetime(2026, 3, 1, tzinfo=UTC),
    expires_at: datetime | None = None,
    withdrawn_at: datetime | None = None,
    superseded_at: datetime | None = None,
) -> ConsentRecord:
    """A record that grants all it was shown, unless told otherwise."""
    shown = terms or some_terms()
    return ConsentRecord(
        record_id="record-1",
        app_key="com.example.notes.cloud",
        server_id="server-1",
        site_id="site-1",
        terms=shown,
        scopes=shown.scopes if scopes is None else frozenset(map(AccessScope, scopes)),
        given_at=given_at,
        given_by="admin",
        expires_at=expires_at,
        withdrawn_at=withdrawn_at,
        superseded_at=superseded_at,
    )
