"""How comments enter through the bulk door."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portway_cloud_site.bulk.intake import Batch, Intake, ItemRefusedError, Written
from portway_cloud_site.bulk.items import CommentItem
from portway_cloud_site.comments.tables import comments
from portway_cloud_site.error_codes import INVALID_ITEM


@dataclass(slots=True)
class _Comment:
    container_id: int
    parent_id: int | None
    inline: bool
    revision: int


class CommentsIntake(Intake[CommentItem]):
    """Takes comment items."""

    table = comments

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._comments: dict[int, _Comment] = {}

    def load(self, items: Sequence[CommentItem]) -> None:
        """Read the comments with these keys, and those they answer."""
        ids = self._batch.entity_ids(item.source_key for item in items)
        ids |= self._batch.entity_ids(item.parent for item in items)
        statement = select(
            comments.c.id,
            comments.c.container_id,
            comments.c.parent_id,
            comments.c.inline,
            comments.c.revision,
        ).where(comments.c.site_id == self._batch.site_id)
        for row in self._batch.fetch(statement, comments.c.id, ids):
            self._comments[row.id] = _Comment(*row[1:])

    def create(self, item: CommentItem) -> Written:
        """Make a comment."""
        comment, row, aliases = self._decide(item)
        comment_id = self._batch.take_id(item.source_key)
        self._comments[comment_id] = comment
        self._add(comment_id, row)
        return Written(comment_id, comment.revision, False, *aliases)

    def find_revision(self, entity_id: int) -> int | None:
        """Return the comment's revision."""
        comment = self._comments.get(entity_id)
        return None if comment is None else comment.revision

    def update(self, item: CommentItem, entity_id: int) -> Written:
        """Change the comment. It keeps its place in its thread."""
        before = self._comments[entity_id]
        comment, row, aliases = self._decide(item, entity_id)
        if (comment.container_id, comment.parent_id) != (before.container_id, before.parent_id):
            problem = "a comment keeps its `container` and its `parent`"
            raise ItemRefusedError(INVALID_ITEM, problem=problem)
        self._comments[entity_id] = comment
        self._change(entity_id, row)
        return Written(entity_id, comment.revision, False, *aliases)

    def _decide(
        self, item: CommentItem, own_id: int | None = None
    ) -> tuple[_Comment, dict[str, Any], tuple[str | None, str | None]]:
        """Return what the comment becomes, its row, and its authors' aliases; or refuse."""
        batch = self._batch
        container_id = batch.refer("container", item.container)
        parent_id = None
        in_inline_thread = item.inline is not None
        if item.parent is not None:
            parent_id = batch.refer("parent", item.parent)
            parent = self._comments.get(parent_id)
            if parent is None or parent.container_id != container_id:
                raise ItemRefusedError(INVALID_ITEM, problem="`parent` is on another container")
            in_inline_thread = in_inline_thread or parent.inline
        author_id, author_alias = batch.refer_to_author("author", item.author)
        last_author_id, last_author_alias = batch.refer_to_author("lastAuthor", item.last_author)
        inline = item.inline
        resolver_id, _ = batch.refer_to_author("resolvedBy", inline.resolved_by if inline else None)
        revision = 1 if own_id is None else self._comments[own_id].revision + 1
        row = {
            "container_id": container_id,
            "container_kind": item.container.partition("/")[0],
            "parent_id": parent_id,
            "inline": in_inline_thread,
            "marker_ref": inline.marker_ref if inline else None,
            "selection": inline.selection if inline else None,
            "resolved": inline.resolved if inline else None,
            "resolved_by_id": resolver_id,
            "resolved_by_key": inline.resolved_by if inline else None,
            "resolved_at": inline.resolved_at if inline else None,
            "representation": item.representation,
            "author_id": author_id,
            "created_at": item.created_at,
            "last_author_id": last_author_id,
            "updated_at": item.updated_at,
            "version": item.version,
            "revision": revision,
            "body": item.body,
        }
        comment = _Comment(container_id, parent_id, in_inline_thread, revision)
        return comment, row, (author_alias, last_author_alias)
