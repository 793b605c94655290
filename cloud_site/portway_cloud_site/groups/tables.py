"""Groups of a site, and the memberships that put accounts into them."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from portway_cloud_site.metadata import id_column, metadata, site_column
from portway_service.database import Instant

MAX_GROUP_NAME = 255

groups = Table(
    "wiki_groups",
    metadata,
    site_column(),
    id_column(),
    Column("group_id", String(36), nullable=False),  # as apps and callers know it
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # folded
    Column("description", Text),
    Column("created_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("site_id", "group_id"),
    UniqueConstraint("site_id", "name_key"),
)

memberships = Table(
    "wiki_memberships",
    metadata,
    site_column(),
    id_column(),
    Column("group_id", BigInteger, nullable=False),  # the number of the group
    Column("person_id", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("site_id", "group_id", "person_id"),
    Index(None, "site_id", "person_id"),
)
