"""One query a kind: the fields that count, read from where they are kept now.

References come out as the keys they have at the source. Where several keys of the source stand for
one account, the key that was sent is given back as long as it still stands for that account; what
does not come from the source at all is `site/<id>`, so that it equals nothing there.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, false, func, literal, select

from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.tables import origins, reservations
from portway_cloud_site.comments.tables import comments
from portway_cloud_site.content.tables import contents
from portway_cloud_site.labels.tables import labellings, labels
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import AnySelect, same_entity
from portway_cloud_site.spaces.tables import spaces


class _References:
    """Collects the joins that turn ids into source keys."""

    def __init__(self) -> None:
        self._joins: list[tuple[Any, Any]] = []

    def key_of(
        self,
        name: str,
        entity_id: ColumnElement[Any],
        sent_alias: ColumnElement[Any] | None = None,
        *,
        ahead: bool = False,
    ) -> ColumnElement[Any]:
        """Return the column `name`: the source key of the entity in column `entity_id`.

        With `ahead`, that of one which is still to come, too.
        """
        canonical = origins.alias(f"{name}_origin")
        self._joins.append(
            (
                canonical,
                and_(
                    canonical.c.site_id == origins.c.site_id,
                    canonical.c.source == origins.c.source,
                    canonical.c.canonical_for == entity_id,
                ),
            )
        )
        keys = [canonical.c.source_key, literal("site/") + cast(entity_id, String)]
        if sent_alias is not None:
            sent = origins.alias(f"{name}_alias")
            self._joins.append(
                (
                    sent,
                    and_(
                        sent.c.site_id == origins.c.site_id,
                        sent.c.source == origins.c.source,
                        sent.c.source_key == sent_alias,
                        sent.c.entity_id == entity_id,
                    ),
                )
            )
            keys.insert(0, sent.c.source_key)
        if ahead:
            kept = reservations.alias(f"{name}_kept")
            self._joins.append(
                (
                    kept,
                    and_(
                        kept.c.site_id == origins.c.site_id,
                        kept.c.source == origins.c.source,
                        kept.c.entity_id == entity_id,
                    ),
                )
            )
            keys.insert(1, kept.c.source_key)
        return func.coalesce(*keys).label(name)

    def author(self, entity_id: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the column `author`."""
        return self.key_of("author", entity_id, origins.c.author_alias)

    def last_author(self, entity_id: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the column `last_author`."""
        return self.key_of("last_author", entity_id, origins.c.last_author_alias)

    def select(
        self, kind: str, table: Any, *columns: Any, joins: tuple[tuple[Any, Any], ...] = ()
    ) -> AnySelect:
        """Return the query over the items of a kind whose entities lie in `table`."""
        edited = (origins.c.revision != table.c.revision).label("edited_here")
        came_from = origins.join(table, same_entity(table, origins.c.site_id, origins.c.entity_id))
        for target, condition in joins:
            came_from = came_from.join(target, condition)
        for target, condition in self._joins:
            came_from = came_from.outerjoin(target, condition)
        return (
            select(
                origins.c.source_key,
                origins.c.entity_id,
                origins.c.outcome,
                edited,
                *columns,
            )
            .select_from(came_from)
            .where(origins.c.source_key > f"{kind}/", origins.c.source_key < f"{kind}0")
            .order_by(origins.c.source_key)
        )


def _users() -> AnySelect:
    return _References().select(
        "user", people, people.c.account_id, people.c.email, people.c.display_name
    )


def _spaces() -> AnySelect:
    columns = (spaces.c.key, spaces.c.name, spaces.c.description, spaces.c.type, spaces.c.status)
    return _References().select("space", spaces, *columns)


def _contents(kind: str) -> AnySelect:
    keys = _References()
    columns = [
        keys.key_of("space", contents.c.space_id),
        contents.c.title,
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
    keys = _References()
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
    )


def _attachments() -> AnySelect:
    keys = _References()
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
    keys = _References()
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


QUERIES: dict[str, Callable[[], AnySelect]] = {
    "attachment": _attachments,
    "blogPost": lambda: _contents("blogPost"),
    "comment": _comments,
    "label": _labels,
    "page": lambda: _contents("page"),
    "space": _spaces,
    "user": _users,
}
"""The kinds in the order of the inventory, which is that of their names."""
