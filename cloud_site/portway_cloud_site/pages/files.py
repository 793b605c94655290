"""Attachments as lines of a list."""

from portway_cloud_site.addresses import download_link
from portway_cloud_site.pages.contexts import FileLine, Link, moment, size
from portway_cloud_site.queries import AnyRow


def file_line(row: AnyRow, base_path: str) -> FileLine:
    """Return the line of an attachment."""
    href = base_path + download_link(row.container_id, row.id, row.title, row.version)
    return FileLine(
        link=Link(href, row.title),
        size=size(row.size_bytes),
        media_type=row.media_type,
        version=row.version,
        author=row.author_name or "",
        when=moment(row.created_at),
        comment=row.comment or "",
    )
