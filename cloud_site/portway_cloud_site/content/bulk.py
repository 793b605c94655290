"""How pages and blog posts enter through the bulk door."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from portway_cloud_site.bulk.intake import Batch, Intake, ItemRefusedError, Written
from portway_cloud_site.bulk.items import BlogPostItem, PageItem
from portway_cloud_site.content.service import is_below
from portway_cloud_site.content.tables import ARCHIVED, contents
from portway_cloud_site.error_codes import INVALID_ITEM, TITLE_TAKEN
from portway_cloud_site.spaces.tables import spaces
from portway_service.folding import fold


@dataclass(slots=True)
class _Content:
    space_id: int
    parent_id: int | None
    title_key: str | None
    revision: int


class ContentsIntake(Intake[PageItem | BlogPostItem]):
    """Takes page items and blog post items."""

    table = contents
    can_stand_beside = True

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._contents: dict[int, _Content] = {}
        self._titles: dict[tuple[int, str], int] = {}
        # Space, the home it must have to be changed, the home it gets.
        self._homes: list[tuple[int, int | None, int | None]] = []

    def load(self, items: Sequence[PageItem | BlogPostItem]) -> None:
        """Read the content with these keys and its parents, and who has these titles."""
        pages = [item for item in items if isinstance(item, PageItem)]
        ids = self._batch.entity_ids(item.source_key for item in items)
        ids |= self._batch.entity_ids(item.parent for item in pages)
        titles = {fold(item.title) for item in pages}
        for column, values in ((contents.c.id, ids), (contents.c.title_key, titles)):
            statement = select(
                contents.c.id,
                contents.c.space_id,
                contents.c.parent_id,
                contents.c.title_key,
                contents.c.revision,
            ).where(contents.c.site_id == self._batch.site_id)
            for row in self._batch.fetch(statement, column, values):
                self._remember(row.id, _Content(*row[1:]))

    def create(self, item: PageItem | BlogPostItem) -> Written:
        """Make a page or blog post."""
        content, row, aliases = self._decide(item)
        content_id = self._batch.take_id(item.source_key)
        self._remember(content_id, content)
        self._add(content_id, row)
        if isinstance(item, PageItem) and item.home:
            self._homes.append((content.space_id, None, content_id))
        return Written(content_id, content.revision, False, *aliases)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the content's revision."""
        content = self._contents.get(entity_id)
        return None if content is None else content.revision

    def update(self, item: PageItem | BlogPostItem, entity_id: int) -> Written:
        """Change the page or blog post, its place included."""
        before = self._contents[entity_id]
        content, row, aliases = self._decide(item, entity_id)
        if content.parent_id not in {None, before.parent_id}:
            self.flush()  # the tree is read as it stands now
            if is_below(self._batch.writer, content.parent_id, entity_id):
                problem = "`parent` is the page itself, or lies below it"
                raise ItemRefusedError(INVALID_ITEM, problem=problem)
        if before.title_key is not None:
            del self._titles[before.space_id, before.title_key]
        self._remember(entity_id, content)
        self._change(entity_id, row)
        if isinstance(item, PageItem):
            self._homes.append((before.space_id, entity_id, None))
            if item.home:
                self._homes.append((content.space_id, None, entity_id))
        if (before.space_id, before.title_key) != (content.space_id, content.title_key):
            self.flush()  # before a new page takes the title
        return Written(entity_id, content.revision, False, *aliases)

    def flush(self) -> None:
        """Write new and changed content, and which pages are the homes of their spaces."""
        super().flush()
        connection, site_id = self._batch.writer.connection, self._batch.site_id
        for space_id, only_if, page_id in self._homes:
            where = [spaces.c.site_id == site_id, spaces.c.id == space_id]
            if only_if is not None:
                where.append(spaces.c.homepage_id == only_if)
            connection.execute(update(spaces).where(*where).values(homepage_id=page_id))
        self._homes = []

    def _decide(
        self, item: PageItem | BlogPostItem, own_id: int | None = None
    ) -> tuple[_Content, dict[str, Any], tuple[str | None, str | None]]:
        """Return what the content becomes, its row, and its authors' aliases; or refuse."""
        batch = self._batch
        space_id = batch.refer("space", item.space)
        parent_id = position = title_key = None
        if isinstance(item, PageItem):
            position = item.position
            title_key = None if item.status == ARCHIVED else fold(item.title)
            if item.parent is not None:
                parent_id = batch.refer("parent", item.parent)
                parent = self._contents.get(parent_id)
                if parent is None or parent.space_id != space_id:
                    raise ItemRefusedError(INVALID_ITEM, problem="`parent` is in another space")
            if title_key and self._titles.get((space_id, title_key), own_id) != own_id:
                raise ItemRefusedError(TITLE_TAKEN, title=item.title)
        author_id, author_alias = batch.refer_to_author("author", item.author)
        last_author_id, last_author_alias = batch.refer_to_author("lastAuthor", item.last_author)
        revision = 1 if own_id is None else self._contents[own_id].revision + 1
        row = {
            "kind": item.kind,
            "space_id": space_id,
            "parent_id": parent_id,
            "position": position,
            "status": item.status,
            "restricted": item.restricted,
            "title": item.title,
            "title_key": title_key,
            "representation": item.representation,
            "author_id": author_id,
            "created_at": item.created_at,
            "last_author_id": last_author_id,
            "updated_at": item.updated_at,
            "version": item.version,
            "version_message": item.version_message,
            "revision": revision,
            "body": item.body,
        }
        content = _Content(space_id, parent_id, title_key, revision)
        return content, row, (author_alias, last_author_alias)

    def _remember(self, content_id: int, content: _Content) -> None:
        self._contents[content_id] = content
        if content.title_key is not None:
            self._titles[content.space_id, content.title_key] = content_id
