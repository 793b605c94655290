"""The comments on a page or blog post, as threads with their files."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, func, select

from portway_cloud_site.attachments.reading import select_attachments
from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.comments.service import select_comments
from portway_cloud_site.comments.tables import comments
from portway_cloud_site.pages.contexts import (
    Comments,
    CommentView,
    FileLine,
    InlineMark,
    moment,
    person,
)
from portway_cloud_site.pages.files import file_line
from portway_cloud_site.queries import AnyRow, fetch_by
from portway_cloud_site.rendering.resolver import SiteReferences
from portway_cloud_site.rendering.service import render_body
from portway_cloud_site.rendering.storage import anchor_id
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site

SHOWN_COMMENTS = 500
_MAX_THREAD_DEPTH = 6
"""Answers deeper than this stand side by side, so that a narrow screen still has room for them."""


def read_comments(
    services: Services, connection: Connection, site: Site, content: AnyRow
) -> Comments:
    """Return the discussion of a page or blog post, oldest first."""
    rows = connection.execute(
        select_comments(site)
        .where(comments.c.container_id == content.id)
        .order_by(comments.c.id)
        .limit(SHOWN_COMMENTS)
    ).all()
    total = len(rows)
    if total == SHOWN_COMMENTS:
        count = select(func.count()).where(
            comments.c.site_id == site.id, comments.c.container_id == content.id
        )
        total = connection.execute(count).scalar_one()
    builder = _Threads(services, connection, site, content, rows)
    roots = [builder.view(row) for row in builder.roots]
    tied = [view for view in roots if view.inline is not None]
    return Comments(
        footer=tuple(view for view in roots if view.inline is None),
        inline=tuple(view for view in tied if not view.is_resolved),
        resolved=tuple(view for view in tied if view.is_resolved),
        count=total,
        hidden=total - len(rows),
    )


class _Threads:
    def __init__(
        self,
        services: Services,
        connection: Connection,
        site: Site,
        content: AnyRow,
        rows: Any,
    ) -> None:
        self._connection = connection
        self._site = site
        self._space_id = content.space_id
        self._content_id = content.id
        self._base_path = services.addresses.path(site.key)
        self._answers: dict[int, list[AnyRow]] = defaultdict(list)
        ids = {row.id for row in rows}
        self.roots = []
        for row in rows:
            if row.parent_id in ids:
                self._answers[row.parent_id].append(row)
            else:
                self.roots.append(row)
        self._files: dict[int, list[FileLine]] = defaultdict(list)
        for row in fetch_by(connection, select_attachments(site), attachments.c.container_id, ids):
            self._files[row.container_id].append(file_line(row, self._base_path))

    def view(self, row: AnyRow, depth: int = 0) -> CommentView:
        references = SiteReferences(
            self._connection,
            self._site,
            base_path=self._base_path,
            space_id=self._space_id,
            container_ids=(row.id, self._content_id),
        )
        was_edited = row.updated_at is not None and row.updated_at != row.created_at
        return CommentView(
            id=row.id,
            author=person(row.author_name),
            written=moment(row.created_at),
            edited=moment(row.updated_at if was_edited else None),
            body=render_body(row.body, row.representation, references, anchors=f"c{row.id}"),
            inline=_mark(row) if row.resolved is not None else None,
            is_resolved=bool(row.resolved),
            files=tuple(self._files[row.id]),
            answers=tuple(self.view(answer, depth + 1) for answer in self._answers_to(row, depth)),
        )

    def _answers_to(self, row: AnyRow, depth: int) -> list[AnyRow]:
        if depth < _MAX_THREAD_DEPTH:
            return self._answers[row.id]
        if depth > _MAX_THREAD_DEPTH:
            return []
        found = list(self._answers[row.id])
        for answer in found:  # grows as it is walked
            found += self._answers[answer.id]
        return found


def _mark(row: AnyRow) -> InlineMark:
    href = f"#{anchor_id(row.marker_ref, kind='marker')}" if row.marker_ref else ""
    return InlineMark((row.selection or "")[:500], href)
