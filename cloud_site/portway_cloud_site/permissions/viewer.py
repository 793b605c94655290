"""What one reader may see, as conditions for queries: rows nobody may see never leave the database.

Source: docs/reference/permissions.md#who-may-see-what
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from portway_cloud_site.content.tables import contents
from portway_cloud_site.permissions.tables import (
    ANONYMOUS,
    GROUP,
    READ,
    USER,
    restriction_subjects,
    restrictions,
    space_permissions,
)
from portway_cloud_site.queries import AnySelect
from portway_cloud_site.sites.rules import Site


@dataclass(frozen=True)
class Viewer:
    """Somebody who reads.

    Attributes:
        sees_all: An admin's program, or an app while its migration runs.
        in_all_spaces: An app: it is in every space, and in no restriction.
        may_enter: Has access to the product; without it nothing is to be seen.
        person_id: None for somebody who has not signed in.
    """

    sees_all: bool = False
    in_all_spaces: bool = False
    may_enter: bool = True
    person_id: int | None = None
    group_ids: frozenset[int] = frozenset()

    def limit(
        self,
        statement: AnySelect,
        site: Site,
        *,
        space_id: ColumnElement[Any],
        content_id: ColumnElement[Any] | None = None,
    ) -> AnySelect:
        """Return the query for those of its rows whose space, and content, the viewer may see."""
        if self.sees_all:
            return statement
        if not self.may_enter:
            return statement.where(false())
        if not self.in_all_spaces:
            statement = statement.where(space_id.in_(self._readable_spaces(site)))
        if content_id is not None:
            statement = statement.where(content_id.not_in(self._hidden_contents(site)))
        return statement

    def _readable_spaces(self, site: Site) -> Any:
        columns = space_permissions.c
        return select(columns.space_id).where(
            columns.site_id == site.id,
            columns.operation == READ,
            columns.target == "space",
            or_(columns.subject_kind == ANONYMOUS, self._is_me(columns)),
        )

    def _hidden_contents(self, site: Site) -> Any:
        """Return the ids of what is closed to the viewer, and of every page below."""
        passes = exists().where(
            restriction_subjects.c.site_id == restrictions.c.site_id,
            restriction_subjects.c.restriction_id == restrictions.c.id,
            self._is_me(restriction_subjects.c),
        )
        closed = select(restrictions.c.container_id.label("id")).where(
            restrictions.c.site_id == site.id, restrictions.c.operation == READ, ~passes
        )
        has_restriction = exists().where(
            restrictions.c.site_id == contents.c.site_id,
            restrictions.c.container_id == contents.c.id,
            restrictions.c.operation == READ,
        )
        unfinished = select(contents.c.id).where(
            contents.c.site_id == site.id, contents.c.restricted.is_(True), ~has_restriction
        )
        seeds = closed.union(unfinished).subquery("closed")
        hidden = select(seeds.c.id).cte("hidden", recursive=True)
        below = contents.alias("below_hidden")
        hidden = hidden.union(
            select(below.c.id).where(below.c.site_id == site.id, below.c.parent_id == hidden.c.id)
        )
        return select(hidden.c.id)

    def _is_me(self, columns: Any) -> ColumnElement[bool]:
        ways: list[ColumnElement[bool]] = [false()]
        if self.person_id is not None:
            ways.append(and_(columns.subject_kind == USER, columns.subject_id == self.person_id))
        if self.group_ids:
            ways.append(
                and_(columns.subject_kind == GROUP, columns.subject_id.in_(sorted(self.group_ids)))
            )
        return or_(*ways)


EVERYTHING = Viewer(sees_all=True)
APP = Viewer(in_all_spaces=True)
PUBLIC = Viewer()
