"""Counts an export the plain way, from the words of the reference alone: the whole tree in memory.

Shares nothing with the reader. What it counts is told by docs/reference/export-format.md#counts.
"""

import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_STATES = ("current", "history", "draft", "deleted", "archived")
_PLURALS = {
    "Page": "pages",
    "BlogPost": "blogposts",
    "Comment": "comments",
    "Attachment": "attachments",
}
_OBJECTS = {
    "Space": "spaces",
    "HibernateMembership": "memberships",
    "SpacePermission": "space_permissions",
    "ContentPermissionSet": "content_permission_sets",
    "ContentPermission": "content_permissions",
    "Label": "labels",
    "Labelling": "labellings",
    "PageTemplate": "page_templates",
    "BodyContent": "bodies",
    "LikeEntity": "likes",
    "Notification": "notifications",
}
_CONTAINERS = ("containerContent", "content", "owner", "page", "blogPost")


class _Thing:
    """One object of entities.xml."""

    def __init__(self, element: ElementTree.Element) -> None:
        self.kind = element.get("class", "").rpartition(".")[2]
        self.id = "".join(_first(element, "id").itertext()).strip()
        self._members = [child for child in element if child.tag in ("property", "collection")]

    def text(self, name: str) -> str:
        """The value of the last property of that name that has one."""
        found = [_text(member) for member in self._named("property", name)]
        return next((text for text in reversed(found) if text.strip()), "")

    def target(self, name: str) -> str:
        """The id that a reference names."""
        found = [_text(member) for member in self._named("property", name) if _has_id(member)]
        return next((text.strip() for text in reversed(found) if text.strip()), "")

    def names_a_user(self, name: str) -> bool:
        return any(m.get("class") == "ConfluenceUserImpl" for m in self._named("property", name))

    def listed(self, name: str) -> Iterator[tuple[str, str]]:
        """Class and id of what a collection names."""
        for member in self._named("collection", name):
            for element in member:
                yield element.get("class", ""), _text(element).strip()

    def _named(self, tag: str, name: str) -> list[ElementTree.Element]:
        return [m for m in self._members if m.tag == tag and m.get("name") == name]


def count_export(path: Path) -> dict[str, int]:
    """Return the counts the reference defines, of a ZIP without characters to repair."""
    with zipfile.ZipFile(path) as package:
        root = ElementTree.fromstring(package.read("entities.xml"))
        files = [
            name
            for name in package.namelist()
            if name.startswith("attachments/") and not name.endswith("/")
        ]
    return {**_count([_Thing(element) for element in root]), "attachment_files": len(files)}


def _count(written: list[_Thing]) -> dict[str, int]:
    last = {(thing.kind, thing.id): thing for thing in written if thing.id}
    things = [*last.values(), *(thing for thing in written if not thing.id)]
    counts = Counter(
        dict.fromkeys([f"{plural}_{state}" for plural in _PLURALS.values() for state in _STATES], 0)
    )
    for name in _OBJECTS.values():
        counts[name] = 0
    for thing in things:
        if thing.kind in _OBJECTS:
            counts[_OBJECTS[thing.kind]] += 1
        elif thing.kind in _PLURALS:
            counts[f"{_PLURALS[thing.kind]}_{_state(thing)}"] += 1
    for kind in ("Comment", "Attachment"):
        counts[f"{_PLURALS[kind]}_on_content"] = _on_content(things, kind)
    users = ("ConfluenceUserImpl", "InternalUser", "DefaultHibernateUser")
    groups = ("InternalGroup", "DefaultHibernateGroup")
    counts["users"] = len({_name(t).lower() for t in things if t.kind in users and _name(t)})
    counts["groups"] = len({_name(t) for t in things if t.kind in groups and _name(t)})
    return dict(counts)


def _state(thing: _Thing) -> str:
    status = thing.text("contentStatus").strip().lower()
    if status in ("draft", "deleted", "archived"):
        return status
    is_old = thing.target("originalVersion") or thing.text("originalVersion")
    return "history" if is_old or thing.text("originalVersionId") else "current"


def _on_content(things: list[_Thing], kind: str) -> int:
    hosts = {
        thing.id
        for thing in things
        if thing.kind in ("Page", "BlogPost") and thing.id and _state(thing) == "current"
    }
    collection = f"{kind.lower()}s"
    named_by: dict[str, str] = {}
    for thing in things:
        for member_kind, member in thing.listed(collection):
            if member_kind in (kind, "") and thing.id:
                named_by.setdefault(member, thing.id)
    return sum(
        (_container(thing) or named_by.get(thing.id, "")) in hosts
        for thing in things
        if thing.kind == kind and _state(thing) == "current"
    )


def _container(thing: _Thing) -> str:
    for name in _CONTAINERS:
        if thing.target(name) and not thing.names_a_user(name):
            return thing.target(name)
    return ""


def _name(thing: _Thing) -> str:
    return (thing.text("name") or thing.text("lowerName")).strip()


def _first(element: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = element.find(tag)
    return ElementTree.Element(tag) if found is None else found


def _has_id(member: ElementTree.Element) -> bool:
    return member.find("id") is not None


def _text(member: ElementTree.Element) -> str:
    """What a member says: the text of its id when it has one, else its own."""
    found = member.find("id")
    return "".join((member if found is None else found).itertext())
