"""Consent records. A row is written once; only its endings are filled in later."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, text

from portway_platform.catalogue.tables import apps
from portway_platform.metadata import Id, Json, Key, id_column, metadata
from portway_platform.sites.tables import servers, sites
from portway_service.database import Instant

consent_records = Table(
    "consent_records",
    metadata,
    id_column(),
    Column("app_key", Key, ForeignKey(apps.c.key), nullable=False),
    Column("server_id", Id, ForeignKey(servers.c.id), nullable=False),
    Column("site_id", Id, ForeignKey(sites.c.id), nullable=False),
    Column("app_version", String(64), nullable=False),
    Column("offered_scopes", Json, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("policy_digests", Json, nullable=False),  # {"privacy": sha256, …}
    Column("notice_digest", String(64), nullable=False),
    Column("notice_text", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("method", String(40), nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", Text),
    Column("superseded_at", Instant),
    Column("receipt", Text, nullable=False),  # compact JWS, EdDSA
    Index(None, "app_key", "server_id", "site_id", "given_at"),
    # At most one record of an app, server and site is not superseded: the newest.
    Index(
        "uq_consent_records_newest",
        "app_key",
        "server_id",
        "site_id",
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    ),
)
