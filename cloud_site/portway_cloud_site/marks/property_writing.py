"""Writing the named values of pages and blog posts: `POST`, `PUT` and `DELETE` of properties.

A value is any JSON. Text that reads as JSON counts as JSON, as in Confluence, whose server keeps
its properties as text.
"""

from typing import Any

import orjson
from pydantic import ConfigDict, Field
from sqlalchemy import delete, insert, select, update

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.content.messages import VersionWrite
from portway_cloud_site.content.service import get_content
from portway_cloud_site.content.tables import BLOG_POST, PAGE
from portway_cloud_site.error_codes import PROPERTY_TAKEN, VERSION_CONFLICT
from portway_cloud_site.marks.messages import Property
from portway_cloud_site.marks.tables import properties
from portway_cloud_site.messages import Message, Version
from portway_cloud_site.paging import read_id
from portway_cloud_site.queries import AnyRow
from portway_cloud_site.services import Interfaces, Services, Visit
from portway_cloud_site.sites.service import SiteWriter, writing
from portway_service.endpoints import Call
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal
from portway_service.instants import format_instant

MAX_NUMBER = (1 << 63) - 1


class PropertyWrite(Message):
    """A property to make."""

    model_config = ConfigDict(extra="ignore")

    key: str = Field(min_length=1, max_length=255)
    value: Any = None


class PropertyUpdate(PropertyWrite):
    """What a property shall be from now on."""

    version: VersionWrite


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the writing of properties, and the reading of one."""
    for path, kind in (("pages", PAGE), ("blogposts", BLOG_POST)):
        _add_all(services, interfaces, f"/{path}/<content_id>/properties", kind)


def _add_all(services: Services, interfaces: Interfaces, path: str, kind: str) -> None:
    one = f"{path}/<property_id>"

    @interfaces.product.endpoint("GET", one, access=SiteAccess.READ)
    def get_property(call: Call) -> dict[str, Any]:
        """Return one property."""
        with services.database.read() as connection:
            visit, content_id = call.admitted, read_id(call.path["content_id"])
            get_content(connection, visit.site, kind, content_id, viewer=visit.viewer)
            row = connection.execute(_select(call)).first()
        if row is None:
            raise Refusal(NOT_FOUND)
        return as_property(row).as_json()

    @interfaces.product.endpoint("POST", path, access=SiteAccess.WRITE, body=PropertyWrite)
    def create_property(call: Call) -> dict[str, Any]:
        """Give a page or blog post a property it does not have yet."""
        visit, content_id = call.admitted, read_id(call.path["content_id"])
        with writing(services.database, visit.site) as writer:
            _see(writer, visit, kind, content_id)
            here = (
                properties.c.site_id == visit.site.id,
                properties.c.container_id == content_id,
                properties.c.name == call.body.key,
            )
            if writer.connection.execute(select(properties.c.id).where(*here)).first():
                raise Refusal(PROPERTY_TAKEN, key=call.body.key)
            values = {
                "site_id": visit.site.id,
                "id": writer.take_id(),
                "container_id": content_id,
                "container_kind": kind,
                "name": call.body.key,
                "revision": 1,
                **_stored(call.body.value),
            }
            writer.connection.execute(insert(properties).values(**values))
            row = writer.connection.execute(select(properties).where(*here)).one()
        return as_property(row).as_json()

    @interfaces.product.endpoint("PUT", one, access=SiteAccess.WRITE, body=PropertyUpdate)
    def update_property(call: Call) -> dict[str, Any]:
        """Write a property's next version; one made on an older version is refused."""
        visit, content_id = call.admitted, read_id(call.path["content_id"])
        with writing(services.database, visit.site) as writer:
            _see(writer, visit, kind, content_id)
            row = writer.connection.execute(_select(call)).first()
            if row is None or row.name != call.body.key:
                raise Refusal(NOT_FOUND)
            if call.body.version.number != row.revision + 1:
                raise Refusal(
                    VERSION_CONFLICT,
                    kind="property",
                    current=row.revision,
                    expected=row.revision + 1,
                    sent=call.body.version.number,
                )
            here = (properties.c.site_id == visit.site.id, properties.c.id == row.id)
            values = {"revision": row.revision + 1, "instant": None, **_stored(call.body.value)}
            writer.connection.execute(update(properties).where(*here).values(**values))
            row = writer.connection.execute(_select(call)).one()
        return as_property(row).as_json()

    @interfaces.product.endpoint("DELETE", one, access=SiteAccess.WRITE, status=204)
    def delete_property(call: Call) -> None:
        """Remove a property."""
        visit, content_id = call.admitted, read_id(call.path["content_id"])
        with writing(services.database, visit.site) as writer:
            _see(writer, visit, kind, content_id)
            row = writer.connection.execute(_select(call)).first()
            if row is None:
                raise Refusal(NOT_FOUND)
            here = (properties.c.site_id == visit.site.id, properties.c.id == row.id)
            writer.connection.execute(delete(properties).where(*here))


def as_property(row: AnyRow) -> Property:
    """Return a property as the product REST shows it."""
    value: Any = row.text
    if row.number is not None:
        value = row.number
    elif row.instant is not None:
        value = format_instant(row.instant)
    elif row.text is not None:
        value = _read(row.text)
    version = Version(
        number=row.revision, message="", minor_edit=False, author_id=None, created_at=None
    )
    return Property(id=str(row.id), key=row.name, value=value, version=version)


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _stored(value: Any) -> dict[str, Any]:
    """Return the columns that hold a value so that it reads the same again."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER:
        return {"number": value, "text": None}
    if isinstance(value, str) and "\x00" not in value and _read(value) is value:
        return {"number": None, "text": value}
    return {"number": None, "text": orjson.dumps(value).decode()}


def _see(writer: SiteWriter, visit: Visit, kind: str, content_id: int) -> None:
    get_content(writer.connection, visit.site, kind, content_id, viewer=visit.viewer)


def _select(call: Call) -> Any:
    return select(properties).where(
        properties.c.site_id == call.admitted.site.id,
        properties.c.container_id == read_id(call.path["content_id"]),
        properties.c.id == read_id(call.path["property_id"]),
    )
