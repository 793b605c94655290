"""Loading as much of a space's tree of pages as one page should show."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from portway_cloud_site.addresses import content_link
from portway_cloud_site.content.service import position_order
from portway_cloud_site.content.tables import CURRENT, PAGE, contents
from portway_cloud_site.pages.contexts import Link, Tree, TreeNode
from portway_cloud_site.queries import AnyRow, fetch_by
from portway_cloud_site.sites.rules import Site

SHOWN_PAGES = 400
_SHOWN_SIBLINGS = 60
_SHOWN_LEVELS = 10


@dataclass(frozen=True)
class TreeReader:
    """Reads the pages of one space."""

    connection: Connection
    site: Site
    base_path: str
    space_id: int
    space_key: str
    home_id: int | None

    def read_from_top(self) -> Tree:
        """Return the tree level by level, as long as it holds no more than `SHOWN_PAGES`."""
        roots = self._roots()
        by_parent: dict[int, list[AnyRow]] = {}
        shown, level = len(roots), [row.id for row in roots]
        for _ in range(_SHOWN_LEVELS - 1):
            if not level or shown >= SHOWN_PAGES:
                break
            below = self._children(level, limit=SHOWN_PAGES - shown + 1)
            if shown + len(below) > SHOWN_PAGES:
                break
            for row in below:
                by_parent.setdefault(row.parent_id, []).append(row)
            shown, level = shown + len(below), [row.id for row in below]
        counts = self._count_children(level)
        hidden = self._count_roots() - len(roots)
        return Tree(
            tuple(self._node(row, by_parent, counts) for row in self._home_first(roots)), hidden
        )

    def read_around(self, page: AnyRow) -> tuple[Tree, list[AnyRow]]:
        """Return the tree around a page, and its nearest ancestors from the top.

        Shown are the ancestors, the page among its siblings, and its children.
        """
        ancestors = self._ancestors(page)
        siblings = self._children([page.parent_id], limit=_SHOWN_SIBLINGS)
        if all(row.id != page.id for row in siblings):
            siblings = [page, *siblings[: _SHOWN_SIBLINGS - 1]]
        children = self._children([page.id], limit=_SHOWN_SIBLINGS)
        by_parent = {page.id: children}
        counts = self._count_children([row.id for row in [*siblings, *children]])
        nodes = tuple(
            self._node(row, by_parent, counts, current_id=page.id)
            for row in self._home_first(siblings)
        )
        for ancestor in reversed(ancestors):
            nodes = (TreeNode(self._link(ancestor), nodes, is_home=ancestor.id == self.home_id),)
        return Tree(nodes), ancestors

    def children_of(self, page_id: int, *, limit: int) -> tuple[tuple[Link, ...], int]:
        """Return the first children of a page in their order, and how many more there are."""
        rows = self._children([page_id], limit=limit)
        total = self._count_children([page_id]).get(page_id, 0)
        return tuple(self._link(row) for row in rows), total - len(rows)

    def _roots(self) -> list[AnyRow]:
        """Return the first pages that have no parent; the home page always among them."""
        roots = self._children([None], limit=SHOWN_PAGES)
        if self.home_id is not None and all(row.id != self.home_id for row in roots):
            home = self._find(self.home_id)
            if home is not None and home.parent_id is None:
                roots = [home, *roots[: SHOWN_PAGES - 1]]
        return roots

    def _find(self, page_id: int) -> AnyRow | None:
        return self.connection.execute(
            select(contents.c.id, contents.c.parent_id, contents.c.title, contents.c.kind).where(
                contents.c.site_id == self.site.id, contents.c.id == page_id
            )
        ).first()

    def _children(self, parent_ids: list[int] | list[None], *, limit: int) -> list[AnyRow]:
        statement = (
            select(contents.c.id, contents.c.parent_id, contents.c.title, contents.c.kind)
            .where(
                contents.c.site_id == self.site.id,
                contents.c.space_id == self.space_id,
                contents.c.kind == PAGE,
                contents.c.status == CURRENT,
            )
            .order_by(contents.c.parent_id, position_order, contents.c.title, contents.c.id)
            .limit(limit)
        )
        if parent_ids == [None]:
            statement = statement.where(contents.c.parent_id.is_(None))
            return list(self.connection.execute(statement))
        rows = fetch_by(self.connection, statement, contents.c.parent_id, parent_ids)
        return list(rows)[:limit]

    def _count_children(self, parent_ids: Iterable[int]) -> dict[int, int]:
        statement = (
            select(contents.c.parent_id, func.count())
            .where(
                contents.c.site_id == self.site.id,
                contents.c.space_id == self.space_id,
                contents.c.status == CURRENT,
            )
            .group_by(contents.c.parent_id)
        )
        rows = fetch_by(self.connection, statement, contents.c.parent_id, parent_ids)
        return {row[0]: row[1] for row in rows}

    def _count_roots(self) -> int:
        statement = select(func.count()).where(
            contents.c.site_id == self.site.id,
            contents.c.space_id == self.space_id,
            contents.c.kind == PAGE,
            contents.c.status == CURRENT,
            contents.c.parent_id.is_(None),
        )
        return self.connection.execute(statement).scalar_one()

    def _ancestors(self, page: AnyRow) -> list[AnyRow]:
        """Return the nearest pages above one, from the top; a damaged tree's circle is cut."""
        found: list[AnyRow] = []
        seen = {page.id}
        parent_id = page.parent_id
        while parent_id is not None and parent_id not in seen and len(found) < _SHOWN_LEVELS:
            seen.add(parent_id)
            row = self._find(parent_id)
            if row is None:
                break
            found.append(row)
            parent_id = row.parent_id
        return found[::-1]

    def _node(
        self,
        row: AnyRow,
        by_parent: dict[int, list[AnyRow]],
        counts: dict[int, int],
        *,
        current_id: int | None = None,
    ) -> TreeNode:
        children = by_parent.get(row.id, [])
        return TreeNode(
            self._link(row),
            tuple(self._node(child, by_parent, counts) for child in children),
            below=max(counts.get(row.id, 0) - len(children), 0),
            is_current=row.id == current_id,
            is_home=row.id == self.home_id,
        )

    def _home_first(self, rows: list[AnyRow]) -> list[AnyRow]:
        return sorted(rows, key=lambda row: row.id != self.home_id)

    def link(self, row: AnyRow) -> Link:
        """Return the link to a page of the space."""
        return self._link(row)

    def _link(self, row: AnyRow) -> Link:
        href = content_link(self.space_key, row.kind, row.id, row.title)
        return Link(self.base_path + href, row.title)
