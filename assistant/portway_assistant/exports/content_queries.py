"""Spaces, pages, blog posts, comments and attachments, each as a stream in load order.

With `archived` a query answers for the archived pages and blog posts of a space and what hangs on
them, instead of for its current content.
"""

import json
from collections.abc import Iterator

from portway_assistant.exports.people_join import RESOLVER
from portway_assistant.exports.records import (
    Attachment,
    AttachmentRevision,
    BlogPost,
    Comment,
    InlineAnchor,
    Page,
    Revision,
    Space,
)
from portway_assistant.exports.store_reader import (
    BODY,
    FILE,
    LABELS,
    PEOPLE,
    StoreReader,
    body_type,
    container_kind,
    read_file,
    read_labels,
    scope,
    text_id,
    whole_number,
)

_CONTENT_LABELS = LABELS.format(id="c.id", kind="c.kind")
_PROPERTY = (
    "(SELECT ifnull(p.number, p.text) FROM properties p WHERE p.owner_id = c.id"
    " AND p.owner_kind = c.kind AND p.name = '{name}' LIMIT 1)"
)
_COMMENT_FACTS = (
    "('inline-comment', 'inline-marker-ref', 'inline-original-selection', 'status',"
    " 'status-lastmodifier', 'status-lastmoddate', 'ANCHOR')"
)


class ContentQueries(StoreReader):
    """Queries over content."""

    def spaces(self, *, with_strays: bool = False) -> Iterator[Space]:
        """Yield the spaces the export is about, by key; on request the strays too."""
        labels = LABELS.format(id="s.description_id", kind="'SpaceDescription'")
        for row in self._rows(
            f"SELECT s.id, s.key, s.name, s.type, s.status, NOT s.chosen, x.text, b.type,"  # noqa: S608
            f" (SELECT t.id FROM tree t WHERE t.space_id = s.id AND t.home), s.creator_key,"
            f" s.created, s.modifier_key, s.modified, {labels} FROM spaces s"
            " LEFT JOIN bodies b ON b.owner_id = s.description_id"
            " AND b.owner_kind = 'SpaceDescription' AND b.chosen"
            " LEFT JOIN body_texts x ON x.n = b.n"
            " WHERE s.id IS NOT NULL AND (s.chosen OR ?) ORDER BY s.folded_key, s.id",
            with_strays,
        ):
            yield Space(
                id=str(row[0]),
                key=row[1] or "",
                name=row[2] or row[1] or "",
                type=row[3] or ("personal" if (row[1] or "").startswith("~") else "global"),
                is_archived=(row[4] or "").upper() == "ARCHIVED",
                is_stray=bool(row[5]),
                description=row[6] or "",
                description_type=body_type(row[7]),
                home_page_id=text_id(row[8]),
                creator_key=row[9],
                created_at=self._dates.read(row[10]),
                modifier_key=row[11],
                modified_at=self._dates.read(row[12]),
                labels=read_labels(row[13]),
            )

    def pages(self, space_id: str, *, archived: bool = False) -> Iterator[Page]:
        """Yield the current pages, parents before children, siblings by position then title.

        An archived page may lie below a current one.
        """
        read_date = self._dates.read
        for row in self._rows(
            f"SELECT t.id, t.parent_id, t.depth, t.home, c.title, c.position, c.version,"  # noqa: S608
            f" c.version_comment, {PEOPLE}, x.text, b.type, {_CONTENT_LABELS}"
            f" FROM tree t JOIN contents c ON c.id = t.id AND c.kind = 'Page' {BODY}"
            " WHERE t.space_id = ? AND t.scope = ? ORDER BY t.place",
            space_id,
            scope(archived),
        ):
            yield Page(
                id=str(row[0]),
                space_id=space_id,
                title=row[4] or "",
                parent_id=text_id(row[1]),
                depth=row[2],
                position=row[5] if isinstance(row[5], int) else None,
                is_home=bool(row[3]),
                version=whole_number(row[6], 1),
                version_comment=row[7] or "",
                creator_key=row[8],
                created_at=read_date(row[9]),
                modifier_key=row[10],
                modified_at=read_date(row[11]),
                body=row[12] or "",
                body_type=body_type(row[13]),
                labels=read_labels(row[14]),
            )

    def blog_posts(self, space_id: str, *, archived: bool = False) -> Iterator[BlogPost]:
        """Yield the current blog posts, the oldest first."""
        for row in self._rows(
            f"SELECT c.id, c.title, c.version, c.version_comment, {PEOPLE}, x.text, b.type,"  # noqa: S608
            f" {_CONTENT_LABELS} FROM contents c {BODY} WHERE c.rowid IN"
            " (SELECT rowid FROM contents WHERE kind = 'BlogPost' AND space_id = ?"
            " AND scope = ?) ORDER BY c.created, c.id",
            space_id,
            scope(archived),
        ):
            yield BlogPost(
                id=str(row[0]),
                space_id=space_id,
                title=row[1] or "",
                version=whole_number(row[2], 1),
                version_comment=row[3] or "",
                creator_key=row[4],
                created_at=self._dates.read(row[5]),
                modifier_key=row[6],
                modified_at=self._dates.read(row[7]),
                body=row[8] or "",
                body_type=body_type(row[9]),
                labels=read_labels(row[10]),
            )

    def comments(self, space_id: str, *, archived: bool = False) -> Iterator[Comment]:
        """Yield the current comments container by container, parents before replies."""
        for row in self._rows(
            f"SELECT t.id, t.parent_id, t.depth, c.container_kind, c.container_id, c.version,"  # noqa: S608
            f" {PEOPLE}, x.text, b.type,"
            " (SELECT json_group_object(p.name, ifnull(p.text, ifnull(p.number, p.date)))"
            " FROM properties p"
            f" WHERE p.owner_id = c.id AND p.owner_kind = c.kind AND p.name IN {_COMMENT_FACTS})"
            f" FROM threads t JOIN contents c ON c.id = t.id AND c.kind = 'Comment' {BODY}"
            " WHERE t.space_id = ? AND t.scope = ? ORDER BY t.place",
            space_id,
            scope(archived),
        ):
            facts = json.loads(row[12])
            yield Comment(
                id=str(row[0]),
                space_id=space_id,
                container_kind=container_kind(row[3]),
                container_id=str(row[4]),
                parent_id=text_id(row[1]),
                depth=row[2],
                version=whole_number(row[5], 1),
                creator_key=row[6],
                created_at=self._dates.read(row[7]),
                modifier_key=row[8],
                modified_at=self._dates.read(row[9]),
                body=row[10] or "",
                body_type=body_type(row[11]),
                inline=_inline_anchor(facts),
                is_resolved=str(facts.get("status", "")).lower() == "resolved",
                anchor=text_id(facts.get("ANCHOR")),
                resolved_by_key=self._identity(facts.get(RESOLVER)),
                resolved_at=self._dates.read_any(facts.get("status-lastmoddate")),
            )

    def _identity(self, named: object) -> str | None:
        """Return the identity of the person whom a property names by key or by username."""
        if named is None:
            return None
        for column, value in (("key", str(named)), ("lower_name", str(named).strip().lower())):
            for (key,) in self._rows(f"SELECT key FROM people WHERE {column} = ?", value):  # noqa: S608
                return str(key)
        return None

    def attachments(self, space_id: str, *, archived: bool = False) -> Iterator[Attachment]:
        """Yield the current attachments container by container, by title, with or without file."""
        media_type = _PROPERTY.format(name="MEDIA_TYPE")
        size = _PROPERTY.format(name="FILESIZE")
        for row in self._rows(
            f"SELECT c.id, c.container_kind, c.container_id, c.title,"  # noqa: S608
            f" ifnull(c.media_type, {media_type}), ifnull(c.file_size, {size}), c.version,"
            f" c.version_comment, {PEOPLE}, {_CONTENT_LABELS}, {FILE} FROM contents c"
            " LEFT JOIN attachment_files f ON f.rowid = c.file_row"
            " WHERE c.kind = 'Attachment' AND c.space_id = ? AND c.scope = ?"
            " ORDER BY c.container_kind DESC, c.container_id, c.folded_title, c.id",
            space_id,
            scope(archived),
        ):
            yield Attachment(
                id=str(row[0]),
                space_id=space_id,
                container_kind=container_kind(row[1]),
                container_id=str(row[2]),
                title=row[3] or "",
                media_type=text_id(row[4]),
                declared_size=_size(row[5]),
                version=whole_number(row[6], 1),
                version_comment=row[7] or "",
                creator_key=row[8],
                created_at=self._dates.read(row[9]),
                modifier_key=row[10],
                modified_at=self._dates.read(row[11]),
                labels=read_labels(row[12]),
                file=read_file(row[13:]),
            )

    def revisions(self, space_id: str, *, archived: bool = False) -> Iterator[Revision]:
        """Yield the older versions of the current pages and blog posts, the oldest first."""
        for row in self._rows(
            f"SELECT c.id, c.kind, c.original_id, c.title, c.version, c.version_comment,"  # noqa: S608
            f" {PEOPLE}, x.text, b.type FROM contents c"
            " JOIN contents o ON o.id = c.original_id AND o.kind = c.kind"
            f" {BODY} WHERE c.kind IN ('Page', 'BlogPost')"
            " AND (c.reason IN ('history', 'deleted') OR (c.reason = 'archived' AND o.scope = 2))"
            " AND o.space_id = ? AND o.scope = ?"
            " ORDER BY c.kind DESC, c.original_id, c.version, c.modified, c.id",
            space_id,
            scope(archived),
        ):
            yield Revision(
                id=str(row[0]),
                space_id=space_id,
                kind=container_kind(row[1]),
                original_id=str(row[2]),
                title=row[3] or "",
                version=whole_number(row[4], 1),
                version_comment=row[5] or "",
                creator_key=row[6],
                created_at=self._dates.read(row[7]),
                modifier_key=row[8],
                modified_at=self._dates.read(row[9]),
                body=row[10] or "",
                body_type=body_type(row[11]),
            )

    def attachment_revisions(
        self, space_id: str, *, archived: bool = False
    ) -> Iterator[AttachmentRevision]:
        """Yield the older versions of the current attachments, the oldest first."""
        media_type = _PROPERTY.format(name="MEDIA_TYPE")
        of_newest = media_type.replace("c.id", "o.id").replace("c.kind", "o.kind")
        for row in self._rows(
            f"SELECT c.id, c.original_id, c.title, c.version, c.version_comment, {PEOPLE},"  # noqa: S608
            f" coalesce(c.media_type, {media_type}, o.media_type, {of_newest}),"
            f" {FILE} FROM contents c JOIN contents o ON o.id = c.original_id"
            " AND o.kind = c.kind LEFT JOIN attachment_files f ON f.rowid = c.file_row"
            " WHERE c.kind = 'Attachment' AND c.reason = 'history' AND o.space_id = ?"
            " AND o.scope = ? ORDER BY c.original_id, c.version, c.modified, c.id",
            space_id,
            scope(archived),
        ):
            yield AttachmentRevision(
                id=str(row[0]),
                original_id=str(row[1]),
                title=row[2] or "",
                version=whole_number(row[3], 1),
                version_comment=row[4] or "",
                creator_key=row[5],
                created_at=self._dates.read(row[6]),
                modifier_key=row[7],
                modified_at=self._dates.read(row[8]),
                media_type=text_id(row[9]),
                file=read_file(row[10:]),
            )


def _inline_anchor(facts: dict[str, object]) -> InlineAnchor | None:
    reference = facts.get("inline-marker-ref")
    is_inline = str(facts.get("inline-comment", "")).lower() in {"true", "1"}
    if reference is None and not is_inline:
        return None
    selection = facts.get("inline-original-selection")
    return InlineAnchor(text_id(reference), text_id(selection))


def _size(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and value >= 0 else None
