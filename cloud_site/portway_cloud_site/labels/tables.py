"""Labels of a site, and the labellings that put them on content."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, UniqueConstraint

from portway_cloud_site.metadata import id_column, metadata, site_column

labels = Table(
    "wiki_labels",
    metadata,
    site_column(),
    id_column(),
    Column("prefix", String(64), nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("site_id", "name", "prefix"),
)

labellings = Table(
    "wiki_labellings",
    metadata,
    site_column(),
    id_column(),
    Column("container_id", BigInteger, nullable=False),
    Column("container_kind", String(16), nullable=False),
    Column("label_id", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("site_id", "container_id", "label_id"),
)
