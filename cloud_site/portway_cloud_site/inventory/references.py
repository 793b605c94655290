"""How the inventory's queries turn ids into source keys.

Where several keys of the source stand for one account, the key that was sent is given back as long
as it still stands for that account; what does not come from the source at all is `site/<id>`, so
that it equals nothing there.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, and_, cast, func, literal, select

from portway_cloud_site.bulk.tables import origins, reservations
from portway_cloud_site.queries import AnySelect, same_entity


class References:
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

    def join(self, target: FromClause, condition: Any) -> None:
        """Join a table further references lie in, where it has a row."""
        self._joins.append((target, condition))

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
