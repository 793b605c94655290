"""Accounts of a site."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, UniqueConstraint

from portway_cloud_site.metadata import id_column, metadata, site_column
from portway_service.database import Instant

people = Table(
    "wiki_people",
    metadata,
    site_column(),
    id_column(),
    Column("account_id", String(128), nullable=False),
    Column("account_type", String(16), nullable=False),  # atlassian or app, as in the product REST
    Column("email", Text),
    Column("email_key", Text),  # folded; null without an e-mail address
    Column("display_name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("access", Boolean, nullable=False),  # whether the product may be used
    Column("placeholder", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("site_id", "account_id"),
    UniqueConstraint("site_id", "email_key"),
)
