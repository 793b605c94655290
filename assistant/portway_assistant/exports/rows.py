"""Turn each kind of raw object into a row: one short function a class.

Old and new spellings of a field meet here. The order of the values is that of the columns in
`schema.LOADED`.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from portway_assistant.exports.raw_object import RawObject, Reference
from portway_assistant.exports.shapes import CONTENT_CLASSES
from portway_service.folding import fold

Row = Sequence[object]
RowBuilder = Callable[[RawObject], Row]

_OWN_STATES = frozenset({"draft", "deleted", "archived"})
_CUT_CDATA_END = re.compile(rb"\]\] (?:>|(?=</ac:plain-text-(?:link-)?body>))")
# Zero-width characters, soft hyphens, direction marks, line and paragraph separators.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_NOTHING: Reference = ("", "")
_TRUE = frozenset({"true", "t", "1", "y", "yes"})


def _content(item: RawObject) -> Row:
    value, reference = item.values.get, item.references.get
    title = value("title")
    container = _container(item)
    return (
        item.id,
        item.class_name,
        title,
        title and folded_title(title),
        reference("space", _NOTHING)[1] or None,
        reference("parent", _NOTHING)[1] or None,
        value("position"),
        value("version"),
        _state(item),
        _original(item),
        container[0] or None,
        container[1] or None,
        value("versionComment"),
        value("draftType"),
        None,
        value("pluginModuleKey") or value("draftSpaceKey"),
        *_people(item),
    )


def _attachment(item: RawObject) -> Row:
    value, reference = item.values.get, item.references.get
    title = value("title") or value("fileName")
    container = _container(item)
    return (
        item.id,
        item.class_name,
        title,
        title and folded_title(title),
        reference("space", _NOTHING)[1] or None,
        None,
        None,
        value("attachmentVersion") or value("version"),
        _state(item),
        _original(item),
        container[0] or None,
        container[1] or None,
        value("versionComment") or value("comment"),
        value("contentType"),
        value("fileSize"),
        None,
        *_people(item),
    )


def _property(item: RawObject) -> Row:
    value = item.values.get
    owner = item.references.get("content", (None, None))
    return (
        item.id,
        *owner,
        value("name"),
        value("stringValue"),
        value("longValue"),
        value("dateValue"),
    )


def _space(item: RawObject) -> Row:
    value, reference = item.values.get, item.references.get
    key = value("key")
    return (
        item.id,
        key,
        key and fold(key.strip()),
        value("name"),
        value("spaceType"),
        value("spaceStatus"),
        reference("description", _NOTHING)[1] or None,
        reference("homePage", _NOTHING)[1] or None,
        *_people(item),
    )


def _label(item: RawObject) -> Row:
    value = item.values.get
    user = _user(item, "owningUser", "owner", "user")
    return (item.id, value("name"), value("namespace"), *user)


def _labelling(item: RawObject) -> Row:
    reference = item.references.get
    owner = reference("content") or reference("pageTemplate") or reference("attachment")
    if owner is None and (labelled := item.values.get("labelableId")):
        is_template = "template" in item.values.get("labelableType", "").lower()
        owner = ("PageTemplate" if is_template else "", labelled)
    return (
        item.id,
        reference("label", _NOTHING)[1] or None,
        *(owner or (None, None)),
        _user(item, "owningUser", "user")[0],
    )


def _template(item: RawObject) -> Row:
    value = item.values.get
    text = body_text(value("content", "").encode())
    return (
        item.id,
        value("name") or value("title"),
        value("description"),
        text.decode(),
        body_type_of(value("bodyType"), text),
        item.references.get("space", _NOTHING)[1] or None,
        value("version"),
        value("moduleKey") or value("pluginKey"),
        *_people(item),
    )


def _space_permission(item: RawObject) -> Row:
    value = item.values.get
    return (
        item.id,
        item.references.get("space", _NOTHING)[1] or None,
        value("type"),
        *_user(item, "userSubject", "userName"),
        value("group"),
        value("allUsersSubject"),
    )


def _permission_set(item: RawObject) -> Row:
    owner = item.references.get("owningContent", (None, None))
    return (item.id, item.values.get("type"), *owner)


def _content_permission(item: RawObject) -> Row:
    value = item.values.get
    return (
        item.id,
        value("type"),
        item.references.get("owningSet", _NOTHING)[1] or None,
        *_user(item, "userSubject", "userName"),
        value("groupName"),
    )


def _like(item: RawObject) -> Row:
    owner = item.references.get("content", (None, None))
    user = _user(item, "user", "username")
    return (item.id, *owner, *user, item.values.get("creationDate"))


def _notification(item: RawObject) -> Row:
    value, reference = item.values.get, item.references.get
    owner = reference("content") or reference("page") or (None, None)
    return (
        item.id,
        *owner,
        reference("space", _NOTHING)[1] or None,
        *_user(item, "receiver", "userName"),
        value("type"),
        value("digest"),
        value("creationDate"),
    )


def _link(item: RawObject) -> Row:
    value = item.values.get
    owner = item.references.get("sourceContent", (None, None))
    space_key, title = value("destinationSpaceKey"), value("destinationPageTitle")
    return (item.id, *owner, space_key, title)


def _user_key(item: RawObject) -> Row:
    value = item.values.get
    name = value("name") or value("lowerName")
    lower = name and name.strip().lower()
    account = value("atlassianAccountId")
    return (item.id, name, lower, value("email"), account)


def _directory_user(item: RawObject) -> Row:
    value = item.values.get
    name = value("name") or value("lowerName")
    parts = (value("firstName", "").strip(), value("lastName", "").strip())
    display = value("displayName") or value("fullName") or " ".join(filter(None, parts))
    return (
        item.id,
        item.class_name,
        item.references.get("directory", _NOTHING)[1] or None,
        name,
        name and name.strip().lower(),
        _is_true(value("active")),
        display or None,
        value("emailAddress") or value("email"),
    )


def _directory_group(item: RawObject) -> Row:
    value = item.values.get
    name = value("name") or value("lowerName")
    return (
        item.id,
        item.class_name,
        item.references.get("directory", _NOTHING)[1] or None,
        name,
        name and name.strip().lower(),
        _is_true(value("active")),
        value("description"),
    )


def _membership(item: RawObject) -> Row:
    reference = item.references.get
    group = reference("parentGroup", (None, None))
    user, nested = reference("userMember"), reference("groupMember")
    member = user or nested or (None, None)
    # A reference cut by hand may lack its class; the field tells it.
    group_kind = group[0] or ("InternalGroup" if group[1] else None)
    member_kind = member[0] or ("InternalUser" if user else "InternalGroup" if nested else None)
    return (item.id, group_kind, group[1], member_kind, member[1])


def _directory(item: RawObject) -> Row:
    value = item.values.get
    active = _is_true(value("active"))
    return (item.id, value("name"), value("type"), active)


def _directory_mapping(item: RawObject) -> Row:
    directory = item.references.get("directory", _NOTHING)[1] or None
    return (item.id, directory, None)


def body_text(text: bytes) -> bytes:
    """Undo what Confluence does to the end of a CDATA section inside a body.

    Source: docs/reference/export-format.md#quirks
    """
    # The one-character search comes first: it is many times faster and mostly says no.
    return _CUT_CDATA_END.sub(b"]]>", text) if b"]" in text else text


def _people(item: RawObject) -> tuple[str | None, ...]:
    value = item.values.get
    return (
        *_user(item, "creator", "creatorName"),
        value("creationDate"),
        *_user(item, "lastModifier", "lastModifierName"),
        value("lastModificationDate"),
    )


def _user(item: RawObject, *fields: str) -> tuple[str | None, str | None]:
    """Return key and name of a user, from a reference or from an older export's plain text."""
    for field in fields:
        reference = item.references.get(field)
        if reference is not None:
            return reference[1], None
    for field in fields:
        text = item.values.get(field)
        if text and text.strip():
            return None, text.strip()
    return None, None


def _state(item: RawObject) -> str:
    """Return the state that the status and the older-version marks give.

    Source: docs/reference/export-format.md#states
    """
    status = item.values.get("contentStatus", "").strip().lower()
    if status in _OWN_STATES:
        return status
    if "originalVersion" in item.references:
        return "history"
    named = item.values.get("originalVersionId") or item.values.get("originalVersion") or ""
    return "history" if named.strip() else "current"


def _original(item: RawObject) -> str | None:
    reference = item.references.get("originalVersion")
    if reference is not None:
        return reference[1]
    # A draft of Confluence 5 names its page in pageId; 0 stands for a page not yet made.
    value = item.values.get
    named = value("originalVersionId") or value("originalVersion") or value("pageId") or ""
    named = named.strip()
    return None if named in {"", "0"} else named


def _container(item: RawObject) -> Reference:
    for field in ("containerContent", "content", "owner", "page", "blogPost"):
        reference = item.references.get(field)
        # In Cloud the owner of a content is a person; in old exports it is the page.
        if reference is not None and reference[0] != "ConfluenceUserImpl":
            return reference
    return _NOTHING


def folded_title(title: str) -> str:
    """Return the form in which titles are compared: without case, and without what nobody sees."""
    if not title.isascii():
        title = _INVISIBLE.sub("", title)
    return fold(title.strip())


def body_type_of(declared: str | None, text: bytes) -> int:
    """Return 0 for wiki markup, 1 for raw text, 2 for the storage format."""
    if declared is not None and declared.strip().isdecimal():
        return int(declared)
    return 2 if text.lstrip().startswith(b"<") else 0


def _is_true(text: str | None) -> int | None:
    return None if text is None else int(text.strip().lower() in _TRUE)


ROWS: Mapping[str, tuple[str, RowBuilder]] = {
    **dict.fromkeys(CONTENT_CLASSES, ("contents", _content)),
    "Attachment": ("contents", _attachment),
    "ContentProperty": ("properties", _property),
    "Space": ("spaces", _space),
    "Label": ("labels", _label),
    "Labelling": ("labellings", _labelling),
    "PageTemplate": ("templates", _template),
    "SpacePermission": ("space_permissions", _space_permission),
    "ContentPermissionSet": ("permission_sets", _permission_set),
    "ContentPermission": ("content_permissions", _content_permission),
    "LikeEntity": ("likes", _like),
    "Notification": ("notifications", _notification),
    "OutgoingLink": ("links", _link),
    "ConfluenceUserImpl": ("user_keys", _user_key),
    "InternalUser": ("directory_users", _directory_user),
    "DefaultHibernateUser": ("directory_users", _directory_user),
    "DefaultHibernateExternalEntity": ("directory_users", _directory_user),
    "InternalGroup": ("directory_groups", _directory_group),
    "DefaultHibernateGroup": ("directory_groups", _directory_group),
    "HibernateMembership": ("memberships", _membership),
    "DirectoryImpl": ("directories", _directory),
    "DirectoryMapping": ("directory_order", _directory_mapping),
}
"""Class name to table and function, for classes whose every object is one row."""
