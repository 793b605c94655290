"""Write objects as Confluence writes them into entities.xml."""

from collections.abc import Iterable

_C = "com.atlassian.confluence"
_CROWD = "com.atlassian.crowd"
PACKAGES = {
    "Space": f"{_C}.spaces",
    "SpaceDescription": f"{_C}.spaces",
    "Page": f"{_C}.pages",
    "BlogPost": f"{_C}.pages",
    "Comment": f"{_C}.pages",
    "Attachment": f"{_C}.pages",
    "BodyContent": f"{_C}.core",
    "ContentProperty": f"{_C}.content",
    "CustomContentEntityObject": f"{_C}.content",
    "Label": f"{_C}.labels",
    "Labelling": f"{_C}.labels",
    "PageTemplate": f"{_C}.pages.templates",
    "OutgoingLink": f"{_C}.links",
    "LikeEntity": f"{_C}.like",
    "Notification": f"{_C}.mail.notification",
    "SpacePermission": f"{_C}.security",
    "ContentPermissionSet": f"{_C}.security",
    "ContentPermission": f"{_C}.security",
    "ConfluenceUserImpl": f"{_C}.user",
    "ConfluenceBandanaRecord": f"{_C}.setup.bandana",
    "InternalUser": f"{_CROWD}.model.user",
    "InternalGroup": f"{_CROWD}.model.group",
    "HibernateMembership": f"{_CROWD}.embedded.hibernate2",
    "DirectoryImpl": f"{_CROWD}.model.directory",
    "DirectoryMapping": f"{_CROWD}.model.application",
    "ApplicationImpl": f"{_CROWD}.model.application",
    "DefaultHibernateUser": "com.atlassian.user.impl.hibernate",
    "DefaultHibernateGroup": "com.atlassian.user.impl.hibernate",
}
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<hibernate-generic datetime="2026-01-02 03:04:05">\n'
)
TAIL = "</hibernate-generic>\n"

Ref = tuple[str, int | str]
"""Class and id."""


def an_object(kind: str, identity: int | str, *members: str) -> str:
    """Write one object."""
    named = "key" if kind == "ConfluenceUserImpl" else "id"
    key = f"<![CDATA[{identity}]]>" if isinstance(identity, str) else identity
    return (
        f'<object class="{kind}" package="{PACKAGES[kind]}">\n<id name="{named}">{key}</id>\n'
        f"{''.join(members)}</object>\n"
    )


def plain(name: str, value: object) -> str:
    """Write a number, a date or a truth value."""
    return f'<property name="{name}">{value}</property>\n'


def text(name: str, value: str) -> str:
    """Write text; the end of a CDATA section in it becomes `]] >`, as in real exports."""
    return f'<property name="{name}"><![CDATA[{value.replace("]]>", "]] >")}]]></property>\n'


def null(name: str) -> str:
    """Write a value that is not there."""
    return f'<property name="{name}"/>\n'


def constant(name: str, kind: str, package: str, value: str) -> str:
    """Write a value of an enumeration."""
    return f'<property name="{name}" enum-class="{kind}" package="{package}">{value}</property>\n'


def reference(name: str, to: Ref) -> str:
    """Write a reference to another object."""
    kind, identity = to
    is_user = kind == "ConfluenceUserImpl"
    key = f'<id name="key"><![CDATA[{identity}]]>' if is_user else f'<id name="id">{identity}'
    return (
        f'<property name="{name}" class="{kind}" package="{PACKAGES[kind]}">{key}</id>\n'
        "</property>\n"
    )


def collection(name: str, kind: str, identities: Iterable[int]) -> str:
    """Write a collection of references."""
    elements = "".join(
        f'<element class="{kind}" package="{PACKAGES[kind]}"><id name="id">{identity}</id>\n'
        "</element>\n"
        for identity in identities
    )
    return f'<collection name="{name}" class="java.util.Collection">{elements}</collection>\n'
