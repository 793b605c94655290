"""Whether a viewer sees what something hangs on: a file on a comment on a page, for example."""

from sqlalchemy import Connection, select

from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.comments.tables import comments
from portway_cloud_site.content.service import get_content
from portway_cloud_site.permissions.viewer import Viewer
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.spaces.service import get_space
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

_HANGING = {"comment": comments, "attachment": attachments}


def refuse_hidden(
    connection: Connection, site: Site, viewer: Viewer, kind: str, entity_id: int
) -> None:
    """Refuse, as for something that is not there, what the viewer does not see.

    Args:
        kind: `space`, `page`, `blogPost`, `comment` or `attachment`.
        entity_id: What it is the kind of.
    """
    if viewer.sees_all:
        return
    while kind in _HANGING:
        table = _HANGING[kind]
        row = connection.execute(
            select(table.c.container_kind, table.c.container_id).where(
                table.c.site_id == site.id, table.c.id == entity_id
            )
        ).first()
        if row is None:
            raise Refusal(NOT_FOUND)
        kind, entity_id = row.container_kind, row.container_id
    if kind == "space":
        get_space(connection, site, entity_id, viewer)
    else:
        get_content(connection, site, kind, entity_id, viewer=viewer)
