"""Gathering what the pages about people and groups show."""

from collections.abc import Sequence

from sqlalchemy import func, select

from portway_cloud_site.groups.tables import groups, memberships
from portway_cloud_site.pages.contexts import (
    GroupLine,
    GroupPage,
    GroupsPage,
    Link,
    PeoplePage,
    PersonLine,
    person,
)
from portway_cloud_site.pages.service import PageReader
from portway_cloud_site.paging import read_id
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import AnyRow, AnySelect, same_entity
from portway_cloud_site.sites.rules import Site
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal

_LINES_PER_PAGE = 100


class PeopleReader(PageReader):
    """Reads who has an account, and who is in which group."""

    def people(self, site_key: str, after: str | None) -> PeoplePage:
        """Return the next accounts of the site, in the order in which they came."""
        site = self._get_site(site_key)
        here = f"{self._base_path(site)}/people"
        lines, following = self._lines(select(people), site, here, after)
        return PeoplePage(
            frame=self._frame(site, "People"),
            heading="People",
            accounts=self._count(people, site),
            groups=Link(f"{self._base_path(site)}/groups", "Groups"),
            lines=lines,
            following=following,
        )

    def groups(self, site_key: str, after: str | None) -> GroupsPage:
        """Return the next groups of the site, in the order in which they came."""
        site = self._get_site(site_key)
        here = f"{self._base_path(site)}/groups"
        counts = (
            select(func.count())
            .select_from(memberships)
            .where(memberships.c.site_id == groups.c.site_id, memberships.c.group_id == groups.c.id)
            .scalar_subquery()
        )
        statement = select(groups, counts.label("members")).where(groups.c.site_id == site.id)
        if after is not None:
            statement = statement.where(groups.c.id > read_id(after, "after"))
        rows = self.connection.execute(
            statement.order_by(groups.c.id).limit(_LINES_PER_PAGE + 1)
        ).all()
        return GroupsPage(
            frame=self._frame(site, "Groups"),
            lines=tuple(
                GroupLine(
                    Link(f"{here}/{row.group_id}", row.name), row.description or "", row.members
                )
                for row in rows[:_LINES_PER_PAGE]
            ),
            following=_following(rows, here),
        )

    def group(self, site_key: str, group_id: str, after: str | None) -> GroupPage:
        """Return a group with the next of its members."""
        site = self._get_site(site_key)
        group = self.connection.execute(
            select(groups).where(groups.c.site_id == site.id, groups.c.group_id == group_id)
        ).first()
        if group is None:
            raise Refusal(NOT_FOUND)
        base_path = self._base_path(site)
        members = (
            select(people)
            .join(memberships, same_entity(people, memberships.c.site_id, memberships.c.person_id))
            .where(memberships.c.group_id == group.id)
        )
        lines, following = self._lines(members, site, f"{base_path}/groups/{group_id}", after)
        return GroupPage(
            frame=self._frame(site, group.name, Link(f"{base_path}/groups", "Groups")),
            name=group.name,
            description=group.description or "",
            lines=lines,
            following=following,
        )

    def _lines(
        self, statement: AnySelect, site: Site, here: str, after: str | None
    ) -> tuple[tuple[PersonLine, ...], Link | None]:
        statement = statement.where(people.c.site_id == site.id)
        if after is not None:
            statement = statement.where(people.c.id > read_id(after, "after"))
        rows = self.connection.execute(
            statement.order_by(people.c.id).limit(_LINES_PER_PAGE + 1)
        ).all()
        lines = tuple(_person_line(row) for row in rows[:_LINES_PER_PAGE])
        return lines, _following(rows, here)


def _person_line(row: AnyRow) -> PersonLine:
    if row.account_type == "app":
        standing = "App"
    elif row.placeholder:
        standing = "Placeholder"
    elif not row.active:
        standing = "Deactivated"
    else:
        standing = "" if row.access else "No product access"
    return PersonLine(person(row.display_name), row.email or "", row.account_id, standing)


def _following(rows: Sequence[AnyRow], here: str) -> Link | None:
    if len(rows) <= _LINES_PER_PAGE:
        return None
    return Link(f"{here}?after={rows[_LINES_PER_PAGE - 1].id}", "Next")
