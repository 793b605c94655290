"""Cloud apps installed on sites."""

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint

from portway_platform.catalogue.tables import apps
from portway_platform.metadata import Id, Json, Key, id_column, metadata
from portway_platform.sites.tables import sites
from portway_service.database import Instant
from portway_service.vault import Sealed, SealedJson

installations = Table(
    "installations",
    metadata,
    id_column(),
    Column("site_id", Id, ForeignKey(sites.c.id), nullable=False),
    Column("app_key", Key, ForeignKey(apps.c.key), nullable=False),
    Column("descriptor_url", Text, nullable=False),
    Column("descriptor", Json, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Json, nullable=False),  # Connect scopes such as READ, WRITE
    Column("shared_secret", Sealed("installation shared secret"), nullable=False),
    Column(
        "status", String(20), nullable=False
    ),  # INSTALLING, INSTALLED, ENABLED, DISABLED, UNINSTALLED
    Column("endpoints", Json, nullable=False),  # registered by PUT webhook
    # An installation that is being changed: what takes the place of the columns from
    # descriptor_url to shared_secret once the app accepted it.
    Column("pending", SealedJson("pending installation")),
    Column("installed_at", Instant, nullable=False),
    UniqueConstraint("site_id", "app_key"),
)
