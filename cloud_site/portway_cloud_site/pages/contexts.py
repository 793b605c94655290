"""What each template is given: one typed context, and nothing else."""

import re
from dataclasses import dataclass
from datetime import datetime

from portway_cloud_site.rendering.service import RenderedBody


@dataclass(frozen=True)
class Link:
    """Somewhere to go, and what to call it."""

    href: str
    label: str


@dataclass(frozen=True)
class Frame:
    """What stands around every page."""

    title: str
    style_sheet: str
    icon: str
    site: Link | None = None
    breadcrumb: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Moment:
    """An instant, for people and for machines; empty when nobody knows it."""

    shown: str = ""
    exact: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody, with the letters and colour that stand for a picture."""

    name: str
    initials: str
    colour: int


@dataclass(frozen=True)
class SiteLine:
    """A site in the list of sites."""

    link: Link
    key: str
    spaces: int


@dataclass(frozen=True)
class SitesPage:
    """The list of sites."""

    frame: Frame
    sites: tuple[SiteLine, ...]


@dataclass(frozen=True)
class SpaceLine:
    """A space in the list of spaces."""

    link: Link
    key: str
    type: str
    is_archived: bool
    description: str
    pages: int
    blog_posts: int


@dataclass(frozen=True)
class SourceLine:
    """A source items came from."""

    name: str
    first_seen: Moment


@dataclass(frozen=True)
class SpacesPage:
    """The list of a site's spaces."""

    frame: Frame
    spaces: tuple[SpaceLine, ...]
    hidden: int
    people: int
    all_people: Link
    sources: tuple[SourceLine, ...]


@dataclass(frozen=True)
class PersonLine:
    """An account in a list. `standing` says what it lacks, if anything."""

    person: Person
    email: str
    account_id: str
    standing: str


@dataclass(frozen=True)
class PeoplePage:
    """The accounts of a site, some at a time."""

    frame: Frame
    heading: str
    accounts: int
    groups: Link
    lines: tuple[PersonLine, ...]
    following: Link | None


@dataclass(frozen=True)
class GroupLine:
    """A group in the list of groups."""

    link: Link
    description: str
    members: int


@dataclass(frozen=True)
class GroupsPage:
    """The groups of a site, some at a time."""

    frame: Frame
    lines: tuple[GroupLine, ...]
    following: Link | None


@dataclass(frozen=True)
class GroupPage:
    """A group and its members, some at a time."""

    frame: Frame
    name: str
    description: str
    lines: tuple[PersonLine, ...]
    following: Link | None


@dataclass(frozen=True)
class TreeNode:
    """A page in the tree. `below` counts children that are not shown."""

    link: Link
    children: tuple["TreeNode", ...] = ()
    below: int = 0
    is_current: bool = False
    is_home: bool = False


@dataclass(frozen=True)
class Tree:
    """Part of a space's tree of pages. `hidden` counts roots that are not shown."""

    roots: tuple[TreeNode, ...]
    hidden: int = 0


@dataclass(frozen=True)
class ContentLine:
    """A page or blog post in a list."""

    link: Link
    author: str
    when: Moment


@dataclass(frozen=True)
class FileLine:
    """An attachment in a list."""

    link: Link
    size: str
    media_type: str
    version: int
    author: str
    when: Moment
    comment: str


@dataclass(frozen=True)
class VersionLine:
    """A version in the history of a page; `link` leads to it."""

    link: Link
    number: int
    author: str
    when: Moment
    message: str
    is_shown: bool


@dataclass(frozen=True)
class AccessLine:
    """Who may do something: names of people and groups, or nobody."""

    deed: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Provenance:
    """Where something came from, and whether it still is as it came."""

    source: str
    source_key: str
    is_edited_here: bool


@dataclass(frozen=True)
class SpacePage:
    """A space."""

    frame: Frame
    name: str
    key: str
    type: str
    is_archived: bool
    description: RenderedBody
    logo: Link | None
    home: Link | None
    created: Moment
    author: str
    pages: int
    blog_posts: int
    tree: Tree
    all_pages: Link
    archived: Link | None
    templates: tuple[str, ...]
    permissions: tuple[AccessLine, ...]
    posts: tuple[ContentLine, ...]
    all_posts: Link
    files: tuple[FileLine, ...]
    labels: tuple[str, ...]
    provenance: tuple[Provenance, ...]


@dataclass(frozen=True)
class ContentsPage:
    """All pages, or all blog posts, of a space, some at a time."""

    frame: Frame
    heading: str
    lines: tuple[ContentLine, ...]
    following: Link | None
    is_first: bool


@dataclass(frozen=True)
class InlineMark:
    """The selection a comment is tied to."""

    selection: str
    href: str


@dataclass(frozen=True)
class CommentView:
    """A comment with the answers to it."""

    id: int
    author: Person
    written: Moment
    edited: Moment
    body: RenderedBody
    inline: InlineMark | None
    is_resolved: bool
    files: tuple[FileLine, ...]
    answers: tuple["CommentView", ...] = ()


@dataclass(frozen=True)
class Comments:
    """The discussion of a page: threads at its foot, and those tied to its text."""

    footer: tuple[CommentView, ...] = ()
    inline: tuple[CommentView, ...] = ()
    resolved: tuple[CommentView, ...] = ()
    count: int = 0
    hidden: int = 0


@dataclass(frozen=True)
class ContentPage:
    """A page or blog post."""

    frame: Frame
    kind: str
    title: str
    author: Person
    created: Moment
    last_author: str
    updated: Moment
    version: int
    version_message: str
    is_archived: bool
    is_old_version: bool
    closed: tuple[AccessLine, ...]
    history: tuple[VersionLine, ...]
    likes: int
    body: RenderedBody
    labels: tuple[str, ...]
    children: tuple[Link, ...]
    hidden_children: int
    files: tuple[FileLine, ...]
    hidden_files: int
    comments: Comments
    tree: Tree
    posts: tuple[ContentLine, ...]
    provenance: tuple[Provenance, ...]
    space: Link


@dataclass(frozen=True)
class RefusedPage:
    """A page that cannot be shown, and what to do about it."""

    frame: Frame
    status: int
    heading: str
    message: str
    fix: str
    back: Link | None
    request_id: str


def moment(instant: datetime | None) -> Moment:
    """Return an instant as it is shown: day, month in letters, year, time in UTC."""
    if instant is None:
        return Moment()
    shown = f"{instant.day} {instant:%B %Y, %H:%M} UTC"
    return Moment(shown, instant.isoformat(timespec="seconds"))


def person(name: str | None) -> Person:
    """Return somebody by name; nobody in particular without one."""
    name = name or "Anonymous"
    words = re.findall(r"[^\W_]+", name) or ["?"]
    letters = words[0][:1] + (words[-1][:1] if len(words) > 1 else "")
    return Person(name, letters.upper(), sum(name.encode()) % 6)


def size(size_bytes: int) -> str:
    """Return a number of bytes for people: `3.4 MB`."""
    number = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "bytes" or number >= 100 else f"{number:.1f} {unit}"
