"""Properties, templates, inline tasks, drafts and app content: what goes with pages, or beside."""

from collections.abc import Iterator

from portway_assistant.exports.records import (
    ContentProperty,
    CustomContent,
    Draft,
    InlineTask,
    LostPage,
    PageTemplate,
)
from portway_assistant.exports.store_reader import (
    BODY,
    LABELS,
    PEOPLE,
    StoreReader,
    body_type,
    container_kind,
    read_labels,
    scope,
    text_id,
    whole_number,
)

_KNOWN_SPACE = "(SELECT s.id FROM spaces s WHERE s.id = c.space_id)"


class PropertyQueries(StoreReader):
    """Queries over what goes with content, or stands beside it."""

    def content_properties(
        self, space_id: str, *, archived: bool = False
    ) -> Iterator[ContentProperty]:
        """Yield the named values of everything that is taken."""
        for row in self._rows(
            "SELECT p.owner_kind, p.owner_id, p.name, p.text, p.number, p.date FROM properties p"
            " JOIN contents c ON c.id = p.owner_id AND c.kind = p.owner_kind"
            " WHERE c.space_id = ? AND c.scope = ? AND p.name IS NOT NULL"
            " ORDER BY p.owner_kind, p.owner_id, p.name, p.id",
            space_id,
            scope(archived),
        ):
            number = row[4] if isinstance(row[4], int) else None
            yield ContentProperty(
                container_kind(row[0]), str(row[1]), row[2], row[3], number, row[5]
            )

    def templates(self, space_id: str | None) -> Iterator[PageTemplate]:
        """Yield the page templates of a space, or with None those of the whole site."""
        labels = LABELS.format(id="t.id", kind="'PageTemplate'")
        for row in self._rows(
            "SELECT t.id, t.name, t.description, t.text, t.type, t.version, t.module_key,"  # noqa: S608
            f" t.creator_key, t.created, {labels} FROM templates t WHERE t.space_id IS ?"
            " ORDER BY t.name, t.id",
            space_id,
        ):
            yield PageTemplate(
                id=str(row[0]),
                space_id=space_id,
                name=row[1] or "",
                description=row[2] or "",
                body=row[3] or "",
                body_type=body_type(row[4]),
                version=whole_number(row[5], 1),
                module_key=row[6],
                creator_key=row[7],
                created_at=self._dates.read(row[8]),
                labels=read_labels(row[9]),
            )

    def inline_tasks(self, space_id: str, *, archived: bool = False) -> Iterator[InlineTask]:
        """Yield the tasks on current pages and blog posts, from the table newer exports carry."""
        for row in self._rows(
            "SELECT i.content_id, i.task_id, i.body, i.status, i.creator_key, i.assignee_key,"
            " i.completed_by_key, i.created, i.due, i.completed FROM inline_tasks i"
            " JOIN contents c ON c.id = i.content_id"
            " WHERE c.space_id = ? AND c.scope = ? ORDER BY i.content_id, i.rowid",
            space_id,
            scope(archived),
        ):
            dates = map(self._dates.read_any, row[7:])
            yield InlineTask(
                str(row[0]), row[1] or "", row[2] or "", row[3] or "", *row[4:7], *dates
            )

    def drafts(self, space_id: str | None) -> Iterator[Draft]:
        """Yield the drafts of pages and blog posts of a space, or with None those of no space."""
        for row in self._rows(
            f"SELECT c.id, c.kind, c.original_id, c.parent_id, c.title, {PEOPLE}, x.text, b.type,"  # noqa: S608
            f" o.kind, c.media_type FROM contents c"
            " LEFT JOIN contents o ON o.id = c.original_id AND o.kind IN ('Page', 'BlogPost')"
            f" {BODY} WHERE c.kind IN ('Page', 'BlogPost', 'Draft') AND c.reason = 'draft'"
            f" AND {_KNOWN_SPACE} IS ? ORDER BY c.kind DESC, c.id",
            space_id,
        ):
            # Before Confluence 6.0 a draft is a class of its own and names its kind in draftType.
            own = row[1] if row[1] != "Draft" else row[11] or row[12] or "Page"
            is_post = str(own).lower() == "blogpost"
            yield Draft(
                id=str(row[0]),
                space_id=space_id,
                kind=container_kind("BlogPost" if is_post else "Page"),
                edits_id=text_id(row[2]),
                parent_id=text_id(row[3]),
                title=row[4] or "",
                creator_key=row[5],
                created_at=self._dates.read(row[6]),
                modifier_key=row[7],
                modified_at=self._dates.read(row[8]),
                body=row[9] or "",
                body_type=body_type(row[10]),
            )

    def lost_pages(self) -> Iterator[LostPage]:
        """Yield the pages that other objects refer to and the package lacks."""
        for row in self._rows(
            "SELECT id, space_id, title, children, versions, bodies, comments, attachments"
            " FROM lost_pages ORDER BY id"
        ):
            yield LostPage(str(row[0]), text_id(row[1]), *row[2:])

    def custom_contents(self, space_id: str | None) -> Iterator[CustomContent]:
        """Yield what belongs to apps in a space, or with None in none."""
        for row in self._rows(
            f"SELECT c.id, c.container_kind, c.container_id, c.module_key, c.title, c.version,"  # noqa: S608
            f" {PEOPLE}, x.text, b.type FROM contents c {BODY}"
            " WHERE c.kind = 'CustomContentEntityObject' AND c.reason = 'app_content'"
            f" AND {_KNOWN_SPACE} IS ? ORDER BY c.module_key, c.id",
            space_id,
        ):
            yield CustomContent(
                id=str(row[0]),
                space_id=space_id,
                container_kind=None if row[1] is None else container_kind(row[1]),
                container_id=text_id(row[2]),
                module_key=row[3],
                title=row[4] or "",
                version=whole_number(row[5], 1),
                creator_key=row[6],
                created_at=self._dates.read(row[7]),
                modifier_key=row[8],
                modified_at=self._dates.read(row[9]),
                body=row[10] or "",
                body_type=body_type(row[11]),
            )
