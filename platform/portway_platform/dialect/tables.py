"""What was switched on which site. A site with every default has no row."""

from sqlalchemy import Column, ForeignKey, Table

from portway_platform.metadata import Id, Json, metadata
from portway_platform.sites.tables import sites
from portway_service.database import Instant

dialects = Table(
    "dialects",
    metadata,
    Column("site_id", Id, ForeignKey(sites.c.id), primary_key=True),
    Column("switches", Json, nullable=False),  # name to value, only those that were set
    Column("changed_at", Instant, nullable=False),
)
