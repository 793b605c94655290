"""`POST blogposts` and `PUT blogposts/{id}`: the caller is the author."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict
from sqlalchemy import insert, select, update

from portway_cloud_site.access import SiteAccess
from portway_cloud_site.content.messages import BodyWrite, IdText, TitleText, VersionWrite
from portway_cloud_site.content.service import as_content, get_content
from portway_cloud_site.content.tables import BLOG_POST, contents
from portway_cloud_site.error_codes import VERSION_CONFLICT
from portway_cloud_site.history.keeping import keep_version
from portway_cloud_site.messages import Message
from portway_cloud_site.paging import read_id
from portway_cloud_site.people.service import ensure_actor
from portway_cloud_site.rendering.service import content_body
from portway_cloud_site.services import Interfaces, Services, Visit
from portway_cloud_site.sites.service import writing
from portway_cloud_site.spaces.tables import spaces
from portway_service.endpoints import Call, invalid_fields
from portway_service.errors import Refusal


class BlogPostCreate(Message):
    """A blog post to create. It may be dated back."""

    model_config = ConfigDict(extra="ignore")

    space_id: IdText
    status: Literal["current"] = "current"
    title: TitleText
    body: BodyWrite
    created_at: datetime | None = None


class BlogPostUpdate(Message):
    """What a blog post shall be from now on."""

    model_config = ConfigDict(extra="ignore")

    id: IdText
    status: Literal["current"]
    title: TitleText
    body: BodyWrite
    version: VersionWrite


def add_endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the writing of blog posts."""
    limit = services.limits.batch_bytes

    @interfaces.product.endpoint(
        "POST",
        "/blogposts",
        access=SiteAccess.WRITE,
        body=BlogPostCreate,
        max_body_bytes=limit,
    )
    def create_blog_post(call: Call) -> dict[str, Any]:
        """Create a blog post."""
        return _show(services, call.admitted, create(services, call.admitted, call.body))

    @interfaces.product.endpoint(
        "PUT",
        "/blogposts/<content_id>",
        access=SiteAccess.WRITE,
        body=BlogPostUpdate,
        max_body_bytes=limit,
    )
    def update_blog_post(call: Call) -> dict[str, Any]:
        """Write a blog post's next version; one made on an older version is refused."""
        post_id = read_id(call.path["content_id"])
        change(services, call.admitted, post_id, call.body)
        return _show(services, call.admitted, post_id)


def create(services: Services, visit: Visit, wanted: BlogPostCreate) -> int:
    """Create a blog post and return its id."""
    now = services.clock.now()
    created_at = wanted.created_at or now
    if created_at.tzinfo is None:
        raise invalid_fields([{"field": "createdAt", "problem": "has no offset from UTC"}])
    with writing(services.database, visit.site) as writer:
        here = select(spaces.c.id).where(
            spaces.c.site_id == visit.site.id,
            spaces.c.id == int(wanted.space_id),
            spaces.c.trashed_at.is_(None),
        )
        seen = visit.viewer.limit(here, visit.site, space_id=spaces.c.id)
        if writer.connection.execute(seen).first() is None:
            raise invalid_fields([{"field": "spaceId", "problem": "names no space of this site"}])
        actor_id = ensure_actor(writer, visit.caller, clock=services.clock)
        post_id = writer.take_id()
        writer.connection.execute(
            insert(contents).values(
                site_id=visit.site.id,
                id=post_id,
                kind=BLOG_POST,
                space_id=int(wanted.space_id),
                status=wanted.status,
                title=wanted.title,
                representation=wanted.body.representation,
                body=wanted.body.value,
                author_id=actor_id,
                created_at=created_at,
                last_author_id=actor_id,
                updated_at=now,
                version=1,
                revision=1,
            )
        )
    return post_id


def change(services: Services, visit: Visit, post_id: int, wanted: BlogPostUpdate) -> None:
    """Write the next version of a blog post; refuse one made on an older version."""
    if int(wanted.id) != post_id:
        raise invalid_fields([{"field": "id", "problem": "is not the id in the address"}])
    with writing(services.database, visit.site) as writer:
        post = get_content(
            writer.connection, visit.site, BLOG_POST, post_id, with_body=True, viewer=visit.viewer
        )
        if wanted.version.number != post.version + 1:
            raise Refusal(
                VERSION_CONFLICT,
                kind="blog post",
                current=post.version,
                expected=post.version + 1,
                sent=wanted.version.number,
            )
        actor_id = ensure_actor(writer, visit.caller, clock=services.clock)
        keep_version(writer, post)
        writer.connection.execute(
            update(contents)
            .where(contents.c.site_id == visit.site.id, contents.c.id == post_id)
            .values(
                title=wanted.title,
                representation=wanted.body.representation,
                body=wanted.body.value,
                last_author_id=actor_id,
                updated_at=services.clock.now(),
                version=wanted.version.number,
                version_message=wanted.version.message,
                revision=post.revision + 1,
            )
        )


def _show(services: Services, visit: Visit, post_id: int) -> dict[str, Any]:
    with services.database.read() as connection:
        row = get_content(connection, visit.site, BLOG_POST, post_id, with_body=True)
        body = content_body(services, connection, visit.site, row, "storage")
    return as_content(row, body=body, base=services.addresses.base(visit.site.key)).as_json()
