"""Finding what the bodies of one site refer to, in its database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from portway_cloud_site.addresses import content_link, download_link, space_link
from portway_cloud_site.attachments.reading import find_by_name
from portway_cloud_site.attachments.rules import is_shown_inline
from portway_cloud_site.bulk.tables import origins, sources
from portway_cloud_site.content.tables import BLOG_POST, PAGE, contents
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import same_entity
from portway_cloud_site.rendering.references import File, PageName, Target
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.spaces.tables import spaces
from portway_service.folding import fold

T = TypeVar("T")


class SiteReferences:
    """Answers from one state of the database; asks it once for each thing.

    Args:
        base_path: Goes before the links found, which are relative to the site.
        container_ids: Whose attachments a body without a page name means, in this order.
    """

    def __init__(
        self,
        connection: Connection,
        site: Site,
        *,
        base_path: str,
        space_id: int,
        container_ids: tuple[int, ...],
    ) -> None:
        self._connection = connection
        self._site = site
        self._base_path = base_path
        self._space_id = space_id
        self._container_ids = container_ids
        self._known: dict[tuple[Any, ...], Any] = {}

    def find_page(self, page: PageName) -> Target | None:
        """Return a page by title."""
        return self._once(("page", page), lambda: self._find_titled(PAGE, page, None))

    def find_blog_post(self, post: PageName, posting_day: str | None) -> Target | None:
        """Return a blog post by title and, where given, its day."""
        key = ("blog", post, posting_day)
        return self._once(key, lambda: self._find_titled(BLOG_POST, post, posting_day))

    def find_content(self, content_id: str) -> Target | None:
        """Return a page or blog post by id."""
        if not (content_id.isascii() and content_id.isdecimal() and len(content_id) <= 18):
            return None
        statement = self._select_contents().where(contents.c.id == int(content_id))
        return self._once(("content", content_id), lambda: self._target(statement))

    def find_space(self, space_key: str) -> Target | None:
        """Return a space by key."""
        row = self._once(("space", fold(space_key)), lambda: self._find_space_row(space_key))
        return None if row is None else Target(self._base_path + space_link(row.key), row.name)

    def find_file(self, name: str, page: PageName | None) -> File | None:
        """Return an attachment by name."""
        return self._once(("file", name, page), lambda: self._find_file(name, page))

    def find_person(
        self, *, account_id: str | None, user_key: str | None, user_name: str | None
    ) -> str | None:
        """Return a display name, by account or by the key at a source."""
        statement = select(people.c.display_name).where(people.c.site_id == self._site.id)
        if account_id:
            statement = statement.where(people.c.account_id == account_id)
        elif user_key:
            of_site = select(sources.c.name).where(sources.c.site_id == self._site.id)
            statement = statement.join(
                origins, same_entity(people, origins.c.site_id, origins.c.entity_id)
            ).where(origins.c.source.in_(of_site), origins.c.source_key == f"user/{user_key}")
        else:
            return None
        key = ("person", account_id, user_key)
        return self._once(key, lambda: self._connection.execute(statement.limit(1)).scalar())

    def _once(self, key: tuple[Any, ...], find: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = find()
        found: T = self._known[key]
        return found

    def _select_contents(self) -> Any:
        return (
            select(contents.c.id, contents.c.kind, contents.c.title, spaces.c.key)
            .join(spaces, same_entity(spaces, contents.c.site_id, contents.c.space_id))
            .where(contents.c.site_id == self._site.id)
            .order_by(contents.c.id)
            .limit(1)
        )

    def _find_titled(self, kind: str, name: PageName, day: str | None) -> Target | None:
        space_id: int | None = self._space_id
        if name.space_key is not None:
            row = self._once(
                ("space", fold(name.space_key)), lambda: self._find_space_row(name.space_key or "")
            )
            space_id = None if row is None else row.id
        if space_id is None:
            return None
        statement = self._select_contents().where(
            contents.c.space_id == space_id, contents.c.kind == kind
        )
        if kind == PAGE:
            statement = statement.where(contents.c.title_key == fold(name.title))
        else:
            statement = statement.where(contents.c.title == name.title)
        begin = _start_of(day)
        if begin is not None:
            # A posting day is the author's; twelve hours on either side cover every time zone.
            half = timedelta(hours=12)
            statement = statement.where(
                contents.c.created_at.between(begin - half, begin + 3 * half)
            )
        return self._target(statement)

    def _target(self, statement: Any) -> Target | None:
        row = self._connection.execute(statement).first()
        if row is None:
            return None
        link = content_link(row.key, row.kind, row.id, row.title)
        return Target(self._base_path + link, row.title)

    def _find_space_row(self, space_key: str) -> Any:
        statement = select(spaces.c.id, spaces.c.key, spaces.c.name).where(
            spaces.c.site_id == self._site.id, spaces.c.key_folded == fold(space_key)
        )
        return self._connection.execute(statement).first()

    def _find_file(self, name: str, page: PageName | None) -> File | None:
        container_ids = self._container_ids
        if page is not None:
            container_ids = self._find_page_id(page)
        for container_id in container_ids:
            row = find_by_name(self._connection, self._site, container_id, name)
            if row is not None:
                link = download_link(row.container_id, row.id, row.title, row.version)
                return File(self._base_path + link, is_shown_inline(row.media_type))
        return None

    def _find_page_id(self, page: PageName) -> tuple[int, ...]:
        target = self.find_page(page)
        if target is None:
            return ()
        space_id = self._space_id
        if page.space_key is not None:
            space_id = self._find_space_row(page.space_key).id
        statement = select(contents.c.id).where(
            contents.c.site_id == self._site.id,
            contents.c.space_id == space_id,
            contents.c.title_key == fold(page.title),
        )
        return tuple(self._connection.execute(statement).scalars())


def _start_of(day: str | None) -> datetime | None:
    try:
        return datetime.strptime(day or "", "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError:
        return None
