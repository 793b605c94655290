"""Keeping what content is now, before it becomes something else."""

from sqlalchemy import insert

from portway_cloud_site.history.tables import versions
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.sites.service import SiteWriter


def keep_version(writer: SiteWriter, content: AnyRow) -> None:
    """Write down the present version of a page or blog post, body and all."""
    written_by = content.author_id if content.last_author_id is None else content.last_author_id
    writer.connection.execute(
        insert(versions).values(
            site_id=writer.site.id,
            id=writer.take_id(),
            content_id=content.id,
            version=content.version,
            title=content.title,
            representation=content.representation,
            author_id=written_by,
            created_at=content.updated_at or content.created_at,
            message=content.version_message,
            revision=1,
            body=content.body,
        )
    )
