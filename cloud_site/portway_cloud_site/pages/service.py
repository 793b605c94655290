"""Gathering what the pages show."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, select

from portway_cloud_site.addresses import content_link, space_link
from portway_cloud_site.attachments.reading import select_attachments
from portway_cloud_site.attachments.tables import attachments
from portway_cloud_site.bulk.tables import origins, sources
from portway_cloud_site.content.service import get_content, select_contents
from portway_cloud_site.content.tables import ARCHIVED, BLOG_POST, CURRENT, PAGE, contents
from portway_cloud_site.error_codes import SITE_UNKNOWN
from portway_cloud_site.history.service import get_version
from portway_cloud_site.labels.tables import labellings, labels
from portway_cloud_site.marks.tables import likes, templates
from portway_cloud_site.pages.access import closed_to, space_access
from portway_cloud_site.pages.contexts import (
    ContentLine,
    ContentPage,
    ContentsPage,
    FileLine,
    Frame,
    Link,
    Provenance,
    SiteLine,
    SitesPage,
    SourceLine,
    SpaceLine,
    SpacePage,
    SpacesPage,
    Tree,
    moment,
    person,
)
from portway_cloud_site.pages.discussion import read_comments
from portway_cloud_site.pages.files import file_line
from portway_cloud_site.pages.history import history_lines
from portway_cloud_site.pages.tree import TreeReader
from portway_cloud_site.paging import read_id
from portway_cloud_site.people.tables import people
from portway_cloud_site.queries import AnyRow, same_entity
from portway_cloud_site.rendering.descriptions import plain_text, render_description
from portway_cloud_site.rendering.resolver import SiteReferences
from portway_cloud_site.rendering.service import content_references, render_body
from portway_cloud_site.services import Services
from portway_cloud_site.sites.rules import Site
from portway_cloud_site.sites.service import find_site, list_sites
from portway_cloud_site.spaces.service import find_space_by_key
from portway_cloud_site.spaces.tables import spaces
from portway_service.database import by_bytes
from portway_service.error_codes import NOT_FOUND
from portway_service.errors import Refusal
from portway_service.folding import fold

SHOWN_SPACES = 500
SHOWN_FILES = 200
SHOWN_CHILDREN = 100
_RECENT_POSTS = 10
_LINES_PER_PAGE = 100


@dataclass(frozen=True)
class PageReader:
    """Reads one page's worth from one state of the database.

    Attributes:
        bare: The frame every page's own is made from.
    """

    services: Services
    connection: Connection
    bare: Frame

    def sites(self) -> SitesPage:
        """Return the list of sites."""
        rows = self.connection.execute(
            select(spaces.c.site_id, func.count())
            .where(spaces.c.trashed_at.is_(None))
            .group_by(spaces.c.site_id)
        )
        counts = {row[0]: row[1] for row in rows}
        lines = tuple(
            SiteLine(self._site_link(site), site.key, counts.get(site.id, 0))
            for site in list_sites(self.connection)
        )
        return SitesPage(replace(self.bare, title="Sites"), lines)

    def spaces(self, site_key: str) -> SpacesPage:
        """Return the list of a site's spaces."""
        site = self._get_site(site_key)
        kinds = self.connection.execute(
            select(contents.c.space_id, contents.c.kind, func.count())
            .where(contents.c.site_id == site.id, contents.c.status == CURRENT)
            .group_by(contents.c.space_id, contents.c.kind)
        )
        counts = {(row[0], row[1]): row[2] for row in kinds}
        rows = self.connection.execute(
            select(spaces)
            .where(spaces.c.site_id == site.id, spaces.c.trashed_at.is_(None))
            .order_by(spaces.c.name, spaces.c.id)
        ).all()
        base_path = self._base_path(site)
        lines = tuple(
            SpaceLine(
                link=Link(base_path + space_link(row.key), row.name or row.key),
                key=row.key,
                type=row.type,
                is_archived=row.status == "archived",
                description=plain_text(row.description or ""),
                pages=counts.get((row.id, PAGE), 0),
                blog_posts=counts.get((row.id, BLOG_POST), 0),
            )
            for row in rows[:SHOWN_SPACES]
        )
        return SpacesPage(
            frame=replace(self.bare, title="Spaces", site=self._site_link(site)),
            spaces=lines,
            hidden=len(rows) - len(lines),
            people=self._count(people, site),
            all_people=Link(f"{base_path}/people", "People and groups"),
            sources=tuple(
                SourceLine(row.name, moment(row.first_seen_at))
                for row in self.connection.execute(
                    select(sources)
                    .where(sources.c.site_id == site.id)
                    .order_by(sources.c.first_seen_at, sources.c.name)
                )
            ),
        )

    def space(self, site_key: str, space_key: str) -> SpacePage:
        """Return a space with its tree of pages."""
        site, space = self._get_space(site_key, space_key)
        tree_reader = self._tree_reader(site, space)
        here = self._base_path(site) + space_link(space.key)
        home = None
        if space.homepage_id is not None:
            page = get_content(self.connection, site, PAGE, space.homepage_id)
            home = tree_reader.link(page)
        files = self._files(site, space.id)
        references = SiteReferences(
            self.connection,
            site,
            base_path=self._base_path(site),
            space_id=space.id,
            container_ids=(space.id,),
        )
        return SpacePage(
            frame=self._frame(site, space.name or space.key),
            name=space.name or space.key,
            key=space.key,
            type=space.type,
            is_archived=space.status == "archived",
            description=render_description(space.description or "", references),
            logo=_logo(files, space.key_folded),
            home=home,
            created=moment(space.created_at),
            author=self._name_of(site, space.author_id),
            pages=self._count_contents(site, space, PAGE),
            blog_posts=self._count_contents(site, space, BLOG_POST),
            tree=tree_reader.read_from_top(),
            all_pages=Link(f"{here}/pages", "All pages"),
            archived=self._archived_link(site, space, here),
            templates=self._templates(site, space),
            permissions=space_access(self.connection, site, space.id),
            posts=self._recent_posts(site, space),
            all_posts=Link(f"{here}/blog", "All blog posts"),
            files=files,
            labels=self._labels(site, space.id),
            provenance=self._provenance(site, space),
        )

    def contents(
        self,
        site_key: str,
        space_key: str,
        kind: str,
        after: str | None,
        *,
        status: str = CURRENT,
    ) -> ContentsPage:
        """Return the next lines of the list of all pages or blog posts of a space."""
        site, space = self._get_space(site_key, space_key)
        statement = select_contents(site, kind, with_body=False).where(
            contents.c.space_id == space.id, contents.c.status == status
        )
        if after is not None:
            statement = statement.where(contents.c.id > read_id(after, "after"))
        rows = self.connection.execute(
            statement.order_by(contents.c.id).limit(_LINES_PER_PAGE + 1)
        ).all()
        base_path = self._base_path(site)
        here = base_path + space_link(space.key)
        place, heading = ("pages", "All pages") if kind == PAGE else ("blog", "All blog posts")
        if status == ARCHIVED:
            place, heading = f"archived/{place}", f"Archived {heading[4:]}"
        following = None
        if len(rows) > _LINES_PER_PAGE:
            last_id = rows[_LINES_PER_PAGE - 1].id
            following = Link(f"{here}/{place}?after={last_id}", "Next")
        return ContentsPage(
            frame=self._frame(site, f"{heading} of {space.name}", Link(here, space.name)),
            heading=heading,
            lines=tuple(self._content_line(row, base_path) for row in rows[:_LINES_PER_PAGE]),
            following=following,
            is_first=after is None,
        )

    def content(
        self,
        site_key: str,
        space_key: str,
        kind: str,
        content_id: str,
        version: str | None = None,
    ) -> ContentPage:
        """Return a page or blog post with all that hangs on it; on request, an older version."""
        site, space = self._get_space(site_key, space_key)
        row: Any = get_content(self.connection, site, kind, read_id(content_id), with_body=True)
        if row.space_id != space.id:
            raise Refusal(NOT_FOUND)
        present = row
        if version is not None and version != str(row.version):
            row = get_version(self.connection, site, row, read_id(version, "version"))
        space_page = Link(self._base_path(site) + space_link(space.key), space.name or space.key)
        tree, hidden = Tree(()), 0
        children: tuple[Link, ...] = ()
        crumbs: tuple[Link, ...] = (space_page,)
        if kind == PAGE:
            tree_reader = self._tree_reader(site, space)
            tree, ancestors = tree_reader.read_around(present)
            crumbs = (space_page, *map(tree_reader.link, ancestors))
            children, hidden = tree_reader.children_of(row.id, limit=SHOWN_CHILDREN)
        files = self._files(site, row.id)
        references = content_references(self.services, self.connection, site, row)
        return ContentPage(
            frame=self._frame(site, row.title, *crumbs),
            kind="Page" if kind == PAGE else "Blog post",
            title=row.title,
            author=person(row.author_name),
            created=moment(row.created_at),
            last_author=row.last_author_name or row.author_name or "Anonymous",
            updated=moment(row.updated_at if row.updated_at != row.created_at else None),
            version=row.version,
            version_message=row.version_message or "",
            is_archived=row.status == ARCHIVED,
            is_old_version=row is not present,
            closed=closed_to(self.connection, site, row),
            history=history_lines(
                self.connection, site, present, row.version, self._base_path(site)
            ),
            likes=self._count_likes(site, row.id),
            body=render_body(row.body, row.representation, references),
            labels=self._labels(site, row.id),
            children=children,
            hidden_children=hidden,
            files=files,
            hidden_files=self._count_files(site, row.id) - len(files),
            comments=read_comments(self.services, self.connection, site, present),
            tree=tree,
            posts=self._recent_posts(site, space) if kind == BLOG_POST else (),
            provenance=self._provenance(site, present),
            space=space_page,
        )

    def find_address(self, site_key: str, content_id: int | None) -> str:
        """Return where a page or blog post is shown."""
        site = self._get_site(site_key)
        row = self.connection.execute(
            select(contents.c.id, contents.c.kind, contents.c.title, spaces.c.key)
            .join(spaces, same_entity(spaces, contents.c.site_id, contents.c.space_id))
            .where(
                contents.c.site_id == site.id,
                contents.c.id == content_id,
                spaces.c.trashed_at.is_(None),
            )
        ).first()
        if row is None:
            raise Refusal(NOT_FOUND)
        return self._base_path(site) + content_link(row.key, row.kind, row.id, row.title)

    def _get_site(self, site_key: str) -> Site:
        site = find_site(self.connection, site_key)
        if site is None:
            raise Refusal(SITE_UNKNOWN, site_key=site_key)
        return site

    def _get_space(self, site_key: str, space_key: str) -> tuple[Site, AnyRow]:
        site = self._get_site(site_key)
        space = find_space_by_key(self.connection, site, space_key)
        if space is None:
            raise Refusal(NOT_FOUND)
        return site, space

    def _base_path(self, site: Site) -> str:
        return self.services.addresses.path(site.key)

    def _site_link(self, site: Site) -> Link:
        return Link(self._base_path(site), site.name)

    def _frame(self, site: Site, title: str, *crumbs: Link) -> Frame:
        site_link = self._site_link(site)
        breadcrumb = (Link(site_link.href, "Spaces"), *crumbs)
        return replace(self.bare, title=title, site=site_link, breadcrumb=breadcrumb)

    def _tree_reader(self, site: Site, space: AnyRow) -> TreeReader:
        return TreeReader(
            self.connection, site, self._base_path(site), space.id, space.key, space.homepage_id
        )

    def _recent_posts(self, site: Site, space: AnyRow) -> tuple[ContentLine, ...]:
        rows = self.connection.execute(
            select_contents(site, BLOG_POST, with_body=False)
            .where(contents.c.space_id == space.id, contents.c.status == CURRENT)
            .order_by(contents.c.created_at.desc(), contents.c.id.desc())
            .limit(_RECENT_POSTS)
        )
        return tuple(self._content_line(row, self._base_path(site)) for row in rows)

    def _content_line(self, row: AnyRow, base_path: str) -> ContentLine:
        href = base_path + content_link(row.space_key, row.kind, row.id, row.title)
        return ContentLine(
            Link(href, row.title), row.author_name or "Anonymous", moment(row.created_at)
        )

    def _files(self, site: Site, container_id: int) -> tuple[FileLine, ...]:
        rows = self.connection.execute(
            select_attachments(site)
            .where(attachments.c.container_id == container_id)
            .order_by(attachments.c.title, attachments.c.id)
            .limit(SHOWN_FILES)
        )
        return tuple(file_line(row, self._base_path(site)) for row in rows)

    def _count_files(self, site: Site, container_id: int) -> int:
        statement = select(func.count()).where(
            attachments.c.site_id == site.id,
            attachments.c.container_id == container_id,
            attachments.c.stored.is_(True),
        )
        return self.connection.execute(statement).scalar_one()

    def _labels(self, site: Site, container_id: int) -> tuple[str, ...]:
        rows = self.connection.execute(
            select(labels.c.name, labels.c.prefix)
            .join(labellings, same_entity(labels, labellings.c.site_id, labellings.c.label_id))
            .where(labellings.c.site_id == site.id, labellings.c.container_id == container_id)
            .order_by(by_bytes(labels.c.name), labels.c.prefix)
        )
        return tuple(
            row.name if row.prefix == "global" else f"{row.prefix}:{row.name}" for row in rows
        )

    def _provenance(self, site: Site, entity: AnyRow) -> tuple[Provenance, ...]:
        rows = self.connection.execute(
            select(origins.c.source, origins.c.source_key, origins.c.revision)
            .where(origins.c.site_id == site.id, origins.c.canonical_for == entity.id)
            .order_by(origins.c.source)
        )
        return tuple(
            Provenance(row.source, row.source_key, row.revision != entity.revision) for row in rows
        )

    def _name_of(self, site: Site, person_id: int | None) -> str:
        if person_id is None:
            return ""
        statement = select(people.c.display_name).where(
            people.c.site_id == site.id, people.c.id == person_id
        )
        return self.connection.execute(statement).scalar() or ""

    def _count(self, table: Any, site: Site) -> int:
        statement = select(func.count()).select_from(table).where(table.c.site_id == site.id)
        return self.connection.execute(statement).scalar_one()

    def _archived_link(self, site: Site, space: AnyRow, here: str) -> Link | None:
        pages = self._count_contents(site, space, PAGE, ARCHIVED)
        posts = self._count_contents(site, space, BLOG_POST, ARCHIVED)
        if pages:
            return Link(f"{here}/archived/pages", f"Archived pages ({pages})")
        return Link(f"{here}/archived/blog", f"Archived blog posts ({posts})") if posts else None

    def _templates(self, site: Site, space: AnyRow) -> tuple[str, ...]:
        rows = self.connection.execute(
            select(templates.c.name)
            .where(templates.c.site_id == site.id, templates.c.space_id == space.id)
            .order_by(templates.c.name, templates.c.id)
            .limit(SHOWN_FILES)
        )
        return tuple(row.name for row in rows)

    def _count_likes(self, site: Site, content_id: int) -> int:
        statement = select(func.count()).where(
            likes.c.site_id == site.id, likes.c.container_id == content_id
        )
        return self.connection.execute(statement).scalar_one()

    def _count_contents(self, site: Site, space: AnyRow, kind: str, status: str = CURRENT) -> int:
        statement = select(func.count()).where(
            contents.c.site_id == site.id,
            contents.c.space_id == space.id,
            contents.c.kind == kind,
            contents.c.status == status,
        )
        return self.connection.execute(statement).scalar_one()


def _logo(files: tuple[FileLine, ...], key_folded: str) -> Link | None:
    """Return the picture of a space: the file named after its key."""
    for file in files:
        if fold(file.link.label) == key_folded and file.media_type.startswith("image/"):
            return file.link
    return None
