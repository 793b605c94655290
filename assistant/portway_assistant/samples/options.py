"""How large a sample is and what is in it."""

from dataclasses import dataclass
from enum import StrEnum


class SampleKind(StrEnum):
    """What was exported."""

    SITE = "site"
    SPACE = "space"
    """One space, without directory accounts, groups and memberships."""


class SampleFormat(StrEnum):
    """How the version that made the export writes objects."""

    SERVER_8 = "8.5"
    SERVER_5 = "5.9"
    """Parents list their children too."""
    SERVER_3 = "3.4"
    """As 5.9, but people are named by username, users and groups are of the model before 3.5, and
    bodies are wiki markup."""


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """One sample; equal options make equal bytes."""

    kind: SampleKind = SampleKind.SITE
    format: SampleFormat = SampleFormat.SERVER_8
    spaces: int = 3
    pages: int = 200
    """Current pages over all spaces. Drafts, archived and deleted ones come on top."""
    users: int = 50
    groups: int = 10
    attachments: int = 50
    comments: int = 100
    blogposts: int = 20
    revisions: int = 1
    """Older versions of every page."""
    app_notes: int = 200
    body_bytes: int = 1_500
    """Average size of a body."""
    attachment_bytes: int = 8_192
    seed: int = 1
    plain: bool = False
    """Leave out what a check would ask about, so that a planted cause is the only one."""
    damages: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()

    @property
    def space_count(self) -> int:
        """How many spaces there are: a space export has one."""
        return 1 if self.kind is SampleKind.SPACE else self.spaces

    @property
    def has_directory(self) -> bool:
        """Whether accounts, groups and memberships are exported."""
        return self.kind is SampleKind.SITE

    @property
    def is_old(self) -> bool:
        """Whether parents list their children."""
        return self.format is not SampleFormat.SERVER_8

    @property
    def names_people(self) -> bool:
        """Whether people are named by username, as before Confluence 5.3."""
        return self.format is SampleFormat.SERVER_3
