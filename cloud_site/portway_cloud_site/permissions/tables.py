"""Restrictions and space permissions.

A restriction is one set: whoever is in it, or in one of its groups, passes. Of several on one
content each must be passed. A subject that is nobody here keeps the key it was sent with, and
nobody passes by it.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, UniqueConstraint

from portway_cloud_site.metadata import ByteOrderedText, id_column, metadata, site_column

READ = "read"
UPDATE = "update"
USER = "user"
GROUP = "group"
ANONYMOUS = "anonymous"
NOBODY = 0
"""Stands for the subject of what everybody holds."""

restrictions = Table(
    "wiki_restrictions",
    metadata,
    site_column(),
    id_column(),
    Column("container_id", BigInteger, nullable=False),
    Column("operation", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Index(None, "site_id", "container_id", "operation"),
)

restriction_subjects = Table(
    "wiki_restriction_subjects",
    metadata,
    site_column(),
    Column("restriction_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", BigInteger),  # null for nobody here
    Column("subject_key", ByteOrderedText, nullable=False),  # as sent
    Index(None, "site_id", "subject_id"),
)

space_permissions = Table(
    "wiki_space_permissions",
    metadata,
    site_column(),
    id_column(),
    Column("space_id", BigInteger, nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("operation", String(32), nullable=False),
    Column("target", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint(
        "site_id",
        "space_id",
        "subject_kind",
        "subject_id",
        "operation",
        "target",
        name="uq_wiki_space_permissions_once",
    ),
    Index(None, "site_id", "subject_id"),
)
