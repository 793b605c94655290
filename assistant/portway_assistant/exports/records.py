"""What the work store answers: one frozen value a space, page, person and so on.

Ids and keys are text, as mappings and the wire carry them. Times are aware UTC; None where the
export has none. `creator_key` and its like are identities as `User.key` is.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portway_assistant.exports.package import PackageFile


class BodyType(StrEnum):
    """How a body is written."""

    WIKI = "wiki"
    RAW = "raw"
    STORAGE = "storage"


class ContainerKind(StrEnum):
    """What a comment or an attachment hangs on, and what a restriction guards."""

    PAGE = "page"
    BLOG_POST = "blog_post"
    COMMENT = "comment"
    ATTACHMENT = "attachment"
    SPACE_DESCRIPTION = "space_description"
    CUSTOM_CONTENT = "custom_content"
    TEMPLATE = "template"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Label:
    """A label as one content carries it."""

    namespace: str
    """`global`, `team`, or `my` for somebody's private favourite."""
    name: str
    user_key: str | None
    """Whose label it is; None for a label everybody sees."""


@dataclass(frozen=True, slots=True)
class Space:
    """A space of the package."""

    id: str
    key: str
    name: str
    type: str
    """`global`, `personal` or `collaboration`."""
    is_archived: bool
    is_stray: bool
    """A space export names another space as its subject."""
    description: str
    description_type: BodyType
    home_page_id: str | None
    creator_key: str | None
    created_at: datetime | None
    modifier_key: str | None
    modified_at: datetime | None
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class User:
    """A person the package knows or refers to."""

    key: str
    """The identity: the user key, or `name:` and the lower-cased username where there is none."""
    user_key: str | None
    username: str | None
    email: str | None
    display_name: str | None
    active: bool
    known: bool
    """False for a placeholder: somebody is referred to, but no row tells who it is."""
    in_directory: bool
    """Whether an account in a user directory stands behind the person."""
    account_id: str | None
    """The Atlassian account id, in Cloud exports."""
    tombstone: bool = False
    """Whether a people file wants a placeholder, whatever address is known."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group; those of one name in several directories are one."""

    name: str
    description: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """A person or a group in a group."""

    group: str
    user_key: str | None
    """The member's `User.key`; None when the member is a group."""
    member_group: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A current page, at its resolved place in the tree."""

    id: str
    space_id: str
    title: str
    parent_id: str | None
    depth: int
    position: int | None
    is_home: bool
    version: int
    version_comment: str
    creator_key: str | None
    created_at: datetime | None
    modifier_key: str | None
    modified_at: datetime | None
    body: str
    body_type: BodyType
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class BlogPost:
    """A current blog post; `created_at` is its publishing day and part of its address."""

    id: str
    space_id: str
    title: str
    version: int
    version_comment: str
    creator_key: str | None
    created_at: datetime | None
    modifier_key: str | None
    modified_at: datetime | None
    body: str
    body_type: BodyType
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class InlineAnchor:
    """Where an inline comment sits."""

    marker_ref: str | None
    """The `ac:ref` of the marker in the page's body."""
    selection: str | None
    """The text that was marked when the comment was made."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A current comment on something that is taken too."""

    id: str
    space_id: str
    container_kind: ContainerKind
    container_id: str
    parent_id: str | None
    depth: int
    version: int
    creator_key: str | None
    created_at: datetime | None
    modifier_key: str | None
    modified_at: datetime | None
    body: str
    body_type: BodyType
    inline: InlineAnchor | None
    is_resolved: bool
    anchor: str | None
    """JSON that pins a comment to a spot of an attachment."""
    resolved_by_key: str | None = None
    """Who resolved it or opened it again last."""
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A current attachment on something that is taken too."""

    id: str
    space_id: str
    container_kind: ContainerKind
    container_id: str
    title: str
    media_type: str | None
    declared_size: int | None
    version: int
    version_comment: str
    creator_key: str | None
    created_at: datetime | None
    modifier_key: str | None
    modified_at: datetime | None
    labels: tuple[Label, ...]
    file: PackageFile | None
    """Its bytes, for `WorkStore.open_file`; None when the package lacks them."""


@dataclass(frozen=True, slots=True)
class Revision:
    """An older version of a page or blog post that is taken."""

    id: str
    space_id: str
    kind: ContainerKind
    original_id: str
    title: str
    version: int
    version_comment: str
    creator_key: str | None
    created_at: datetime | None
    modifier_key: str | None
    modified_at: datetime | None
    body: str
    body_type: BodyType


@dataclass(frozen=True, slots=True)
class Draft:
    """A page or blog post nobody has published yet, or unpublished edits of one."""

    id: str
    space_id: str | None
    kind: ContainerKind
    """`page` or `blog_post`."""
    edits_id: str | None
    """The page or blog post it edits; None for a new one."""
    parent_id: str | None
    title: str
    creator_key: str | None
    created_at: datetime | None
    modifier_key: str | None
    modified_at: datetime | None
    body: str
    body_type: BodyType


@dataclass(frozen=True, slots=True)
class LostPage:
    """A page the package lacks, though other objects refer to it."""

    id: str
    space_id: str | None
    title: str | None
    """As an older version has it, if there is one."""
    children: int
    versions: int
    bodies: int
    comments: int
    attachments: int


@dataclass(frozen=True, slots=True)
class CustomContent:
    """A content that belongs to an app."""

    id: str
    space_id: str | None
    container_kind: ContainerKind | None
    container_id: str | None
    module_key: str | None
    """Plugin and module, such as `com.example.notes:note`."""
    title: str
    version: int
    creator_key: str | None
    created_at: datetime | None
    modifier_key: str | None
    modified_at: datetime | None
    body: str
    body_type: BodyType


@dataclass(frozen=True, slots=True)
class AttachmentRevision:
    """An older version of an attachment that is taken."""

    id: str
    original_id: str
    title: str
    version: int
    version_comment: str
    creator_key: str | None
    created_at: datetime | None
    file: PackageFile | None
    media_type: str | None = None
    modifier_key: str | None = None
    modified_at: datetime | None = None


class SubjectKind(StrEnum):
    """Who holds a permission."""

    USER = "user"
    GROUP = "group"
    ANONYMOUS = "anonymous"
    OTHER = "other"
    """A class of people this reader does not know; ask, never treat as public."""


@dataclass(frozen=True, slots=True)
class SpacePermission:
    """One permission row of a space, or of the whole site when `space_id` is None."""

    id: str
    space_id: str | None
    type: str
    subject_kind: SubjectKind
    subject: str | None
    """`User.key`, group name or class of people; None for anonymous."""


@dataclass(frozen=True, slots=True)
class ContentRestriction:
    """Who may view or edit one content; users and groups are alternatives."""

    id: str
    container_kind: ContainerKind
    container_id: str
    type: str
    """`view` or `edit`."""
    user_keys: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContentProperty:
    """One named value of a content."""

    container_kind: ContainerKind
    container_id: str
    name: str
    text: str | None
    number: int | None
    date: str | None


@dataclass(frozen=True, slots=True)
class PageTemplate:
    """A page template of a space, or of the site when `space_id` is None."""

    id: str
    space_id: str | None
    name: str
    description: str
    body: str
    body_type: BodyType
    version: int
    module_key: str | None
    creator_key: str | None
    created_at: datetime | None
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Like:
    """Somebody likes a content."""

    container_kind: ContainerKind
    container_id: str
    user_key: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody wants mail about a content, or about a space when `container_id` is None."""

    container_kind: ContainerKind | None
    container_id: str | None
    space_id: str | None
    user_key: str
    type: str | None


@dataclass(frozen=True, slots=True)
class InlineTask:
    """One task of a page's body, from the table newer exports carry."""

    content_id: str
    task_id: str
    body: str
    status: str
    creator_key: str | None
    assignee_key: str | None
    completed_by_key: str | None
    created_at: datetime | None = None
    due_at: datetime | None = None
    completed_at: datetime | None = None


class LeftOutReason(StrEnum):
    """Why current-content migration does not take something."""

    DRAFT = "draft"
    DELETED = "deleted"
    ARCHIVED = "archived"
    HISTORY = "history"
    """An older version; see `WorkStore.revisions`."""
    OTHER_SPACE = "other_space"
    """It belongs to a space the export is not about."""
    NO_SPACE = "no_space"
    """Its space is not in the package."""
    NO_ID = "no_id"
    CONTAINER_MISSING = "container_missing"
    """What it hangs on is not in the package, or nothing is named."""
    CONTAINER_LEFT_OUT = "container_left_out"
    FILE_MISSING = "file_missing"
    """An attachment without its bytes."""
    OWNER_MISSING = "owner_missing"
    OWNER_LEFT_OUT = "owner_left_out"
    DUPLICATE = "duplicate"
    """A second body; the fuller, newer one is taken."""
    UNUSED = "unused"
    APP_CONTENT = "app_content"
    """Custom content belongs to an app, which moves it."""
    PROFILE = "profile"
    OWN_STEP = "own_step"
    """Not content itself; a query of its own offers it to the step that moves it."""
    SERVER_ONLY = "server_only"
    """Serves the running server and has no counterpart elsewhere."""
    SECRET = "secret"  # noqa: S105 - the name of a reason
    """Credentials and the like: dropped while reading."""
    UNKNOWN_CLASS = "unknown_class"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many objects of one class are left out for one reason."""

    kind: str
    reason: LeftOutReason
    count: int


@dataclass(frozen=True, slots=True)
class LeftOutItem:
    """One content that is left out."""

    kind: str
    id: str
    title: str | None
    reason: LeftOutReason
