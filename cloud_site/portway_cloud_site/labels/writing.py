"""`rest/api/content/{id}/label`: labels are put on content, and taken off."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy import delete, insert, select

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.content.service import get_content
from portway_cloud_site.labels.tables import labellings, labels
from portway_cloud_site.messages import Message
from portway_cloud_site.paging import read_id
from portway_cloud_site.queries import AnyRow, same_entity
from portway_cloud_site.services import Interfaces, Services, Visit
from portway_cloud_site.sites.service import SiteWriter, writing
from portway_service.endpoints import Call
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal


class LabelWrite(Message):
    """A label to put on something."""

    model_config = ConfigDict(extra="ignore")

    prefix: Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f]{1,64}$")] = "global"
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,255}$")]


class LabelQuery(Message):
    """Which label to take off."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(min_length=1, max_length=255)


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the writing of labels."""
    path = "/content/<content_id>/label"

    @interfaces.classic.endpoint(
        "POST", path, access=SiteAccess.WRITE, body=list[LabelWrite] | LabelWrite
    )
    def add_labels(call: Call) -> dict[str, Any]:
        """Put labels on a page or blog post; those that are there already stay."""
        wanted = call.body if isinstance(call.body, list) else [call.body]
        visit = call.admitted
        with writing(services.database, visit.site) as writer:
            content = _see(writer, visit, call)
            for one in wanted:
                _put(writer, content, one)
            rows = writer.connection.execute(_select(visit, content.id)).all()
        results = [{"prefix": row.prefix, "name": row.name, "id": str(row.id)} for row in rows]
        return {"results": results, "start": 0, "limit": 200, "size": len(results)}

    @interfaces.classic.endpoint(
        "DELETE", path, access=SiteAccess.WRITE, query=LabelQuery, status=204
    )
    def remove_label(call: Call) -> None:
        """Take a label off a page or blog post."""
        visit = call.admitted
        with writing(services.database, visit.site) as writer:
            content = _see(writer, visit, call)
            found = _select(visit, content.id).where(labels.c.name == call.query.name)
            ids = [row.id for row in writer.connection.execute(found)]
            if not ids:
                raise Refusal(NOT_FOUND)
            writer.connection.execute(
                delete(labellings).where(
                    labellings.c.site_id == visit.site.id,
                    labellings.c.container_id == content.id,
                    labellings.c.label_id.in_(ids),
                )
            )


def _see(writer: SiteWriter, visit: Visit, call: Call) -> AnyRow:
    content_id = read_id(call.path["content_id"])
    return get_content(writer.connection, visit.site, None, content_id, viewer=visit.viewer)


def _put(writer: SiteWriter, content: AnyRow, wanted: LabelWrite) -> None:
    connection, site_id = writer.connection, writer.site.id
    name = {"prefix": wanted.prefix, "name": wanted.name}
    label_id = connection.execute(
        select(labels.c.id).filter_by(site_id=site_id, **name)
    ).scalar_one_or_none()
    if label_id is None:
        label_id = writer.take_id()
        connection.execute(insert(labels).values(site_id=site_id, id=label_id, **name))
    place = {"site_id": site_id, "container_id": content.id, "label_id": label_id}
    if connection.execute(select(labellings.c.id).filter_by(**place)).first() is None:
        connection.execute(
            insert(labellings).values(
                **place, id=writer.take_id(), container_kind=content.kind, revision=1
            )
        )


def _select(visit: Visit, content_id: int) -> Any:
    return (
        select(labels)
        .join(labellings, same_entity(labels, labellings.c.site_id, labellings.c.label_id))
        .where(labellings.c.site_id == visit.site.id, labellings.c.container_id == content_id)
        .order_by(labels.c.name, labels.c.prefix)
    )
