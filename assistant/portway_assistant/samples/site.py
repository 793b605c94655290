"""What a sample holds, worked out from its options: who, which spaces, which pages where.

Every question is answered by arithmetic, so nothing of a sample is kept in memory.
"""

from functools import lru_cache
from random import Random

from portway_assistant.samples.markup import Ref
from portway_assistant.samples.numbers import Ids, chance_for, user_key
from portway_assistant.samples.options import SampleOptions
from portway_assistant.samples.words import Lexicon, person_name

FAN = 6
"""Children of a page."""
BASE_URL = "https://wiki.example.com"
DOMAINS = ("example.com", "example.com", "example.com", "example.org", "partner.example.net")
PERMISSIONS = (
    "VIEWSPACE",
    "EDITSPACE",
    "COMMENT",
    "CREATEATTACHMENT",
    "EDITBLOG",
    "REMOVEOWNCONTENT",
)
ADMIN_PERMISSIONS = (
    *PERMISSIONS,
    "REMOVEPAGE",
    "REMOVEBLOG",
    "REMOVECOMMENT",
    "REMOVEATTACHMENT",
    "SETPAGEPERMISSIONS",
    "SETSPACEPERMISSIONS",
    "EXPORTSPACE",
    "REMOVEMAIL",
)
LABELS = tuple(
    "howto meeting plan draft-only urgent 2026 customer-a faq archive-me größe 会議".split()  # noqa: SIM905
)
_KEYS = ("PROJ", "OPS", "HR", "DOCS", "SALES", "QA", "IT", "LEGAL")
_TEAMS = ("developers", "support", "sales", "design", "finance", "it-ops", "quality", "management")
USERS_GROUP, ADMINS_GROUP = "confluence-users", "confluence-administrators"
UNKNOWN_KEY = "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0"
"""A user key that content names and no record explains."""


class Site:
    """One sample's content."""

    def __init__(self, options: SampleOptions) -> None:
        self.options = options
        self.lexicon = Lexicon(options.seed)
        self.spaces = options.space_count
        self.pages = max(options.pages, self.spaces)
        self.drafts = self.pages // 50 + 1
        self.archived = self.pages // 100 + 1
        self.deleted = self.pages // 100 + 1
        self.groups = max(options.groups, 2)
        revisions = self.pages * options.revisions
        contents = {
            "space": self.spaces,
            "description": self.spaces,
            "page": self.pages,
            "revision": revisions,
            "draft": self.drafts,
            "archived": self.archived,
            "deleted": self.deleted,
            "blog": options.blogposts,
            "comment": options.comments,
            "gone_comment": options.comments // 50,
            "attachment": options.attachments,
            "attachment_revision": options.attachments,
            "gone_attachment": options.attachments // 40,
            "custom": self.pages // 50 + 1,
            "planted": 1_000,
        }
        owners = sum(contents.values())
        self.ids = Ids(
            contents
            | {f"{block}_body": count for block, count in contents.items()}
            | {
                "property": owners * 8,
                "label": len(LABELS),
                "labelling": self.pages * 2 + self.spaces + options.blogposts + 100,
                "permission": self.spaces * 64 + 64,
                "set": self.pages * 2,
                "set_entry": self.pages * 8,
                "like": self.pages * 4,
                "watch": self.pages * 2 + self.spaces * 4,
                "link": self.pages * 2,
                "template": self.spaces * 2 + 1,
                "account": options.users * 2 + 100,
                "group": self.groups + 100,
                "membership": (options.users + 100) * 4 + self.groups + 100,
                "directory": 8,
                "record": 64,
            }
        )
        self._title = lru_cache(maxsize=20_000)(self._make_title)

    def chance(self, block: str, number: int) -> Random:
        """Return the chance of one object."""
        return chance_for(self.options.seed, block, number)

    def id(self, block: str, number: int = 0) -> int:
        """Return the id of an object."""
        return self.ids(block, number)

    # People

    def key(self, number: int) -> str:
        """Return the key of a user; numbers go round."""
        return user_key(self.options.seed, number % max(self.options.users, 1))

    def username(self, number: int) -> str:
        """Return a username: letters any directory takes."""
        number %= max(self.options.users, 1)
        first, last = person_name(number)
        plain = "".join(c for c in f"{first}.{last}".lower() if c.isascii() and c.isalpha())
        return f"{plain or 'user'}{number}"

    def email(self, number: int) -> str:
        """Return an address that is nobody else's."""
        return f"{self.username(number)}@{DOMAINS[number % len(DOMAINS)]}"

    def user(self, number: int) -> Ref:
        """Return the reference to a user."""
        return "ConfluenceUserImpl", self.key(number)

    def group_name(self, number: int) -> str:
        """Return a group's name; the first two are Confluence's own."""
        if number < 2:
            return (USERS_GROUP, ADMINS_GROUP)[number]
        team = _TEAMS[(number - 2) % len(_TEAMS)]
        round_ = (number - 2) // len(_TEAMS)
        return f"{team}-{round_}" if round_ else team

    # Spaces and pages

    def is_personal(self, space: int) -> bool:
        """Tell whether a space is somebody's own: the last of three or more."""
        return self.spaces >= 3 and space == self.spaces - 1

    def is_archived_space(self, space: int) -> bool:
        """Tell whether a space is archived: the last but one of four or more."""
        return self.spaces >= 4 and space == self.spaces - 2

    def space_key(self, space: int) -> str:
        """Return a space's key."""
        if self.is_personal(space):
            return f"~{self.username(1)}"
        round_ = space // len(_KEYS)
        return f"{_KEYS[space % len(_KEYS)]}{round_ or ''}"

    def space_of(self, page: int) -> int:
        """Return the space a page or blog post lies in."""
        return page % self.spaces

    def place(self, page: int) -> int:
        """Return which page of its space this is; 0 is the home page."""
        return page // self.spaces

    def parent(self, page: int) -> int | None:
        """Return the page above, or None for a home page."""
        place = self.place(page)
        return None if place == 0 else (place - 1) // FAN * self.spaces + self.space_of(page)

    def children(self, page: int) -> range:
        """Return the pages below."""
        first = (self.place(page) * FAN + 1) * self.spaces + self.space_of(page)
        last = min(first + FAN * self.spaces, self.pages)
        return range(first, last, self.spaces)

    def page(self, page: int) -> Ref:
        """Return the reference to a page."""
        return "Page", self.id("page", page)

    def title(self, page: int) -> str:
        """Return a page's title, the only one of its space."""
        return self._title(page)

    def _make_title(self, page: int) -> str:
        if self.place(page) == 0:
            return f"{self.space_key(self.space_of(page))} home"
        return self.lexicon.title(self.chance("title", page), self.place(page))

    def other_page(self, chance: Random, page: int, *, same_space: bool = True) -> int:
        """Return some other page to link to."""
        other = chance.randrange(self.pages)
        if same_space:
            other += (self.space_of(page) - other) % self.spaces
            other = other if other < self.pages else self.space_of(page)
        return other

    # What hangs on pages

    def comment_host(self, comment: int) -> Ref:
        """Return what a comment hangs on: mostly a page, now and then a blog post."""
        if self.options.blogposts and comment % 9 == 4:
            return "BlogPost", self.id("blog", comment // 9 % self.options.blogposts)
        return self.page(comment % self.pages)

    def comment_parent(self, comment: int) -> int | None:
        """Return the comment this one answers."""
        above = comment - self.pages
        if above < 0 or comment // self.pages % 2 == 0:
            return None
        return above if self.comment_host(above) == self.comment_host(comment) else None

    def is_inline(self, comment: int) -> bool:
        """Tell whether a comment sits on marked text."""
        on_page = self.comment_host(comment)[0] == "Page"
        return comment % 4 == 0 and on_page and self.comment_parent(comment) is None

    def comments_of(self, page: int) -> list[int]:
        """Return the comments on a page."""
        numbers = range(page, self.options.comments, self.pages)
        return [number for number in numbers if self.comment_host(number)[0] == "Page"]

    def marker(self, comment: int) -> str:
        """Return the reference between an inline comment and its place in the page."""
        return str(self.chance("marker", comment).randrange(10**12, 10**13))

    def attachment_host(self, attachment: int) -> Ref:
        """Return what an attachment hangs on."""
        if self.options.blogposts and attachment % 11 == 5:
            return "BlogPost", self.id("blog", attachment // 11 % self.options.blogposts)
        return self.page(attachment % self.pages)

    def attachment_space(self, attachment: int) -> int:
        """Return the space of what an attachment hangs on."""
        kind, identity = self.attachment_host(attachment)
        block = "blog" if kind == "BlogPost" else "page"
        return self.space_of(int(identity) - self.id(block))

    def attachments_of(self, page: int) -> list[int]:
        """Return the attachments of a page."""
        numbers = range(page, self.options.attachments, self.pages)
        return [number for number in numbers if self.attachment_host(number)[0] == "Page"]

    def attachment_name(self, attachment: int) -> str:
        """Return an attachment's file name."""
        kind = ("pdf", "png", "csv", "txt")[attachment % 4]
        stem = ("plan", "Übersicht", "figures", "notes")[attachment % 4]
        return f"{stem} {attachment}.{kind}"

    def has_older_file(self, attachment: int) -> bool:
        """Tell whether an attachment has an older version."""
        return self.options.revisions > 0 and attachment % 10 == 0
