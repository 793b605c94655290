"""One query a kind: the fields that count, read from where they are kept now.

References come out as the keys they have at the source.
"""

from collections.abc import Callable

from sqlalchemy import case, false, func

from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.tables import origins
from portway_cloud_site.comments.tables import comments
from portway_cloud_site.content.tables import contents
from portway_cloud_site.groups.tables import groups, memberships
from portway_cloud_site.history.tables import attachment_versions, versions
from portway_cloud_site.inventory import access_queries, mark_queries
from portway_cloud_site.inventory.references import References
from portway_cloud_site.labels.tables import labellings, labels
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import AnySelect, same_entity
from portway_cloud_site.spaces.tables import spaces


def _users() -> AnySelect:
    columns = (people.c.account_id, people.c.email, people.c.display_name, people.c.access)
    return References().select("user", people, *columns)


def _groups() -> AnySelect:
    columns = (groups.c.group_id, groups.c.name, groups.c.description)
    return References().select("group", groups, *columns)


def _memberships() -> AnySelect:
    keys = References()
    return keys.select(
        "membership",
        memberships,
        keys.key_of("group", memberships.c.group_id),
        keys.key_of("user", memberships.c.person_id, origins.c.author_alias),
    )


def _spaces() -> AnySelect:
    # A space in the trash is nowhere to be seen: that is a difference.
    status = case((spaces.c.trashed_at.is_not(None), "trashed"), else_=spaces.c.status)
    columns = (
        spaces.c.key,
        spaces.c.name,
        spaces.c.description,
        spaces.c.type,
        status.label("status"),
    )
    return References().select("space", spaces, *columns)


def _contents(kind: str) -> AnySelect:
    keys = References()
    columns = [
        keys.key_of("space", contents.c.space_id),
        contents.c.title,
        contents.c.status,
        contents.c.restricted,
        contents.c.body,
        contents.c.representation,
        keys.author(contents.c.author_id),
        contents.c.created_at,
        keys.last_author(contents.c.last_author_id),
        contents.c.updated_at,
        contents.c.version,
        contents.c.version_message,
    ]
    if kind == "page":
        home = func.coalesce(spaces.c.homepage_id == contents.c.id, false())
        columns += [
            keys.key_of("parent", contents.c.parent_id),
            contents.c.position,
            home.label("home"),
        ]
    in_space = same_entity(spaces, contents.c.site_id, contents.c.space_id)
    return keys.select(kind, contents, *columns, joins=((spaces, in_space),))


def _comments() -> AnySelect:
    keys = References()
    return keys.select(
        "comment",
        comments,
        keys.key_of("container", comments.c.container_id),
        keys.key_of("parent", comments.c.parent_id),
        comments.c.body,
        comments.c.representation,
        keys.author(comments.c.author_id),
        comments.c.created_at,
        keys.last_author(comments.c.last_author_id),
        comments.c.updated_at,
        comments.c.version,
        comments.c.marker_ref,
        comments.c.selection,
        comments.c.resolved,
        keys.key_of("resolved_by", comments.c.resolved_by_id, comments.c.resolved_by_key),
        comments.c.resolved_at,
    )


def _attachments() -> AnySelect:
    keys = References()
    return keys.select(
        "attachment",
        attachments,
        keys.key_of("container", attachments.c.container_id, ahead=True),
        attachments.c.title,
        attachments.c.media_type,
        attachments.c.comment,
        attachments.c.size_bytes,
        attachments.c.sha256,
        attachments.c.stored,
        keys.author(attachments.c.author_id),
        attachments.c.created_at,
        attachments.c.version,
    )


def _labels() -> AnySelect:
    keys = References()
    of_labelling = same_entity(labels, labellings.c.site_id, labellings.c.label_id)
    return keys.select(
        "label",
        labellings,
        labellings.c.label_id,
        keys.key_of("container", labellings.c.container_id),
        labels.c.name,
        labels.c.prefix,
        joins=((labels, of_labelling),),
    )


def _attachment_versions() -> AnySelect:
    keys = References()
    return keys.select(
        "attachmentVersion",
        attachment_versions,
        keys.key_of("of", attachment_versions.c.attachment_id),
        attachment_versions.c.title,
        attachment_versions.c.media_type,
        attachment_versions.c.comment,
        attachment_versions.c.size_bytes,
        attachment_versions.c.sha256,
        attachment_versions.c.stored,
        keys.author(attachment_versions.c.author_id),
        attachment_versions.c.created_at,
        attachment_versions.c.version,
    )


def _versions() -> AnySelect:
    keys = References()
    return keys.select(
        "version",
        versions,
        keys.key_of("of", versions.c.content_id),
        versions.c.title,
        versions.c.body,
        versions.c.representation,
        keys.author(versions.c.author_id),
        versions.c.created_at,
        versions.c.version,
        versions.c.message.label("version_message"),
    )


QUERIES: dict[str, Callable[[], AnySelect]] = {
    "attachment": _attachments,
    "attachmentVersion": _attachment_versions,
    "blogPost": lambda: _contents("blogPost"),
    "comment": _comments,
    "group": _groups,
    "label": _labels,
    "like": mark_queries.likes_query,
    "membership": _memberships,
    "page": lambda: _contents("page"),
    "property": mark_queries.properties_query,
    "restriction": access_queries.restrictions_query,
    "space": _spaces,
    "spacePermission": access_queries.space_permissions_query,
    "template": mark_queries.templates_query,
    "user": _users,
    "version": _versions,
    "watch": mark_queries.watches_query,
}
"""The kinds in the order of the inventory, which is that of their names."""
