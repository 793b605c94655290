"""The history of a page or blog post, as lines with links."""

from sqlalchemy import Connection

from portway_cloud_site.addresses import content_link
from portway_cloud_site.history.service import read_history
from portway_cloud_site.pages.contexts import Link, VersionLine, moment
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.sites.rules import Site

_SHOWN_VERSIONS = 100


def history_lines(
    connection: Connection, site: Site, content: AnyRow, shown: int, base_path: str
) -> tuple[VersionLine, ...]:
    """Return the versions of something, the newest first; none where there is just the one."""
    lines = read_history(connection, site, content)[:_SHOWN_VERSIONS]
    if len(lines) < 2:
        return ()
    here = base_path + content_link(content.space_key, content.kind, content.id, content.title)
    return tuple(
        VersionLine(
            link=Link(
                here if line.row_id is None else f"{here}?version={line.number}",
                f"Version {line.number}",
            ),
            number=line.number,
            author=line.author_name or "Anonymous",
            when=moment(line.created_at),
            message=line.message,
            is_shown=line.number == shown,
        )
        for line in lines
    )
