"""The data of Jira sites that migrating apps fill in and look up."""

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, String, Table

from portway_platform.metadata import Id, Json, metadata
from portway_platform.migrations.tables import ByteOrdered
from portway_platform.sites.tables import sites
from portway_service.database import Instant

site_data = Table(
    "site_data",
    metadata,
    Column("site_id", Id, ForeignKey(sites.c.id), nullable=False),
    Column("kind", String(40), nullable=False),  # issue, field, value, rule, IssueProperty, ...
    Column("key", ByteOrdered, nullable=False),
    Column("value", Json, nullable=False),
    Column("transfer_id", Id),  # the transfer that wrote it; none when an admin did
    Column("changed_at", Instant, nullable=False),
    PrimaryKeyConstraint("site_id", "kind", "key"),
)
