"""Attachments that came ahead of their pages, and are gone at the source since.

Nothing else hangs on them yet, so they go with their bytes, as if they had never come.
"""

from collections.abc import Sequence

from sqlalchemy import and_, delete, select

from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.messages import IdResult
from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.queries import fetch_by, same_entity
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import writing

UNLINKED, ABSENT, KEPT = "unlinked", "absent", "kept"


def unlink(
    services: Services, site: Site, source: str, source_keys: Sequence[str]
) -> list[IdResult]:
    """Remove attachments, and return what became of each: `unlinked`, `absent`, or `kept` where
    somebody changed it here."""
    with writing(services.database, site) as writer:
        of_source = and_(origins.c.site_id == site.id, origins.c.source == source)
        statement = (
            select(
                origins.c.source_key,
                attachments.c.id,
                attachments.c.sha256,
                (origins.c.revision == attachments.c.revision).label("untouched"),
            )
            .join(attachments, same_entity(attachments, origins.c.site_id, origins.c.entity_id))
            .where(of_source)
        )
        keys = [key for key in source_keys if key.startswith("attachment/")]
        rows = list(fetch_by(writer.connection, statement, origins.c.source_key, keys))
        gone = [row for row in rows if row.untouched]
        outcomes = {row.source_key: KEPT for row in rows}
        outcomes |= {row.source_key: UNLINKED for row in gone}
        for row in gone:
            writer.connection.execute(
                delete(attachments).where(
                    attachments.c.site_id == site.id, attachments.c.id == row.id
                )
            )
            writer.connection.execute(
                delete(origins).where(of_source, origins.c.source_key == row.source_key)
            )
    for row in gone:
        services.files.discard(site.key, row.id, row.sha256)
    return [{"sourceKey": key, "outcome": outcomes.get(key, ABSENT)} for key in source_keys]
