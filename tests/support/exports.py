"""Builds small Confluence export packages in the real format; tests state only what matters."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

CONFLUENCE = "com.atlassian.confluence"
PACKAGES = {
    "Space": f"{CONFLUENCE}.spaces",
    "SpaceDescription": f"{CONFLUENCE}.spaces",
    "Page": f"{CONFLUENCE}.pages",
    "BlogPost": f"{CONFLUENCE}.pages",
    "Comment": f"{CONFLUENCE}.pages",
    "Attachment": f"{CONFLUENCE}.pages",
    "Draft": f"{CONFLUENCE}.pages",
    "BodyContent": f"{CONFLUENCE}.core",
    "ContentProperty": f"{CONFLUENCE}.content",
    "CustomContentEntityObject": f"{CONFLUENCE}.content",
    "Label": f"{CONFLUENCE}.labels",
    "Labelling": f"{CONFLUENCE}.labels",
    "PageTemplate": f"{CONFLUENCE}.pages.templates",
    "ConfluenceUserImpl": f"{CONFLUENCE}.user",
    "InternalUser": "com.atlassian.crowd.model.user",
    "InternalGroup": "com.atlassian.crowd.model.group",
    "HibernateMembership": "com.atlassian.crowd.embedded.hibernate2",
}
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<hibernate-generic datetime="2024-01-02 03:04:05">\n'
)
TAIL = "</hibernate-generic>\n"
ANN = "402880824ff933a4014ff9345d7c0001"
DATE = "2020-05-06 07:08:09.000"


class Ref(NamedTuple):
    """A reference to another object."""

    class_name: str
    id: object


def page_ref(page_id: object) -> Ref:
    """Refer to a page."""
    return Ref("Page", page_id)


def user_ref(key: str) -> Ref:
    """Refer to a user key."""
    return Ref("ConfluenceUserImpl", key)


Field = str | int | Ref | Sequence[Ref] | None


class ExportBuilder:
    """Collects objects and files, then writes the package.

    Every method that adds an object returns its id. Fields given by name go into the object as
    they are, so any property of the real format can be set, or set to None to leave it out.
    """

    def __init__(self, *, descriptor: Mapping[str, str] | None = None) -> None:
        self.objects: list[str] = []
        self.files: dict[str, bytes] = {}
        self.descriptor: dict[str, str] | None = {
            "exportType": "space",
            "spaceKey": "DEMO",
            "timezoneId": "UTC",
            "backupAttachments": "true",
        }
        if descriptor is not None:
            self.descriptor |= descriptor
        self.space_id = 100
        self._next_id = 1000

    def add(
        self,
        class_name: str,
        *,
        object_id: object = None,
        id_name: str = "id",
        package: str | None = None,
        **fields: Field,
    ) -> int:
        """Add any object."""
        object_id = self._take_id(object_id)
        package = PACKAGES.get(class_name, CONFLUENCE) if package is None else package
        lines = [f'<object class="{class_name}" package="{package}">']
        lines.append(f'<id name="{id_name}">{_text(object_id)}</id>')
        lines += [_field(name, value) for name, value in fields.items() if value is not None]
        self.objects.append("\n".join([*lines, "</object>\n"]))
        return object_id

    def space(self, key: str = "DEMO", *, object_id: int = 100, **fields: Field) -> int:
        """Add a space."""
        given: dict[str, Field] = {
            "name": f"Space {key}",
            "key": key,
            "spaceType": "global",
        } | fields
        return self.add("Space", object_id=object_id, **given)

    def page(
        self, title: str, *, object_id: object = None, body: str | None = "", **fields: Field
    ) -> int:
        """Add a page of the space, with its body; `body=None` leaves the body out."""
        return self._content("Page", object_id, body, title=title, **fields)

    def blog_post(
        self, title: str, *, object_id: object = None, body: str | None = "", **fields: Field
    ) -> int:
        """Add a blog post of the space."""
        return self._content("BlogPost", object_id, body, title=title, **fields)

    def comment(
        self, on: Ref | None, *, object_id: object = None, body: str | None = "", **fields: Field
    ) -> int:
        """Add a comment."""
        given: dict[str, Field] = {"space": None, "containerContent": on}
        return self._content("Comment", object_id, body, **given | fields)

    def attachment(
        self,
        title: str,
        on: Ref | None,
        *,
        object_id: object = None,
        data: bytes | None = b"data",
        version: int = 1,
        folder: object = None,
        **fields: Field,
    ) -> int:
        """Add an attachment version with its bytes; `data=None` leaves the file out.

        `folder` is the id whose folder holds the bytes: that of the newest version.
        """
        given: dict[str, Field] = {"containerContent": on, "title": title}
        added = self._content("Attachment", object_id, None, version=version, **given | fields)
        if data is not None and on is not None:
            self.files[f"attachments/{on.id}/{folder or added}/{version}"] = data
        return added

    def body(self, of: Ref | None, text: str, *, body_type: int | None = 2, **fields: Field) -> int:
        """Add a body."""
        return self.add("BodyContent", body=text, content=of, bodyType=body_type, **fields)

    def user(self, name: str | None, *, key: str | None = None, **fields: Field) -> str:
        """Add a user key and return it."""
        key = key or f"key-{name}"
        lower = name.lower() if name else None
        self.add(
            "ConfluenceUserImpl",
            object_id=key,
            id_name="key",
            **{"name": name, "lowerName": lower, **fields},
        )
        return key

    def account(self, name: str, *, email: str = "", active: bool = True, **fields: Field) -> int:
        """Add an account of a user directory."""
        given: dict[str, Field] = {
            "name": name,
            "lowerName": name.lower(),
            "active": str(active).lower(),
            "displayName": name.title(),
            "emailAddress": email or f"{name.lower()}@example.com",
        }
        return self.add("InternalUser", **given | fields)

    def person(self, name: str, *, email: str = "", active: bool = True) -> Ref:
        """Add somebody with a user key and an account; returns the account, for groups."""
        self.user(name)
        return Ref("InternalUser", self.account(name, email=email, active=active))

    def group(self, name: str, *members: Ref, description: str | None = None) -> Ref:
        """Add a group of a directory, with accounts and other groups in it."""
        group = Ref("InternalGroup", self.add("InternalGroup", name=name, description=description))
        for member in members:
            self.put_in(group, member)
        return group

    def put_in(self, group: Ref, member: Ref) -> None:
        """Put an account or a group into a group."""
        role = "groupMember" if member.class_name == "InternalGroup" else "userMember"
        self.add("HibernateMembership", parentGroup=group, **{role: member})

    def label(self, on: Ref, name: str, *, namespace: str = "global") -> int:
        """Put a label on something."""
        label = self.add("Label", name=name, namespace=namespace)
        return self.add("Labelling", label=Ref("Label", label), content=on)

    def content_property(self, of: Ref | None, name: str, value: str | int) -> int:
        """Give a content a property."""
        kind = "longValue" if isinstance(value, int) else "stringValue"
        return self.add("ContentProperty", name=name, content=of, **{kind: value})

    def restriction(
        self, on: Ref, kind: str, *, users: Sequence[str] = (), groups: Sequence[str] = ()
    ) -> int:
        """Restrict a content to people and groups."""
        owner = self.add("ContentPermissionSet", type=kind, owningContent=on)
        for user in users:
            self.add(
                "ContentPermission",
                type=kind,
                userSubject=user_ref(user),
                owningSet=Ref("ContentPermissionSet", owner),
            )
        for group in groups:
            self.add(
                "ContentPermission",
                type=kind,
                groupName=group,
                owningSet=Ref("ContentPermissionSet", owner),
            )
        return owner

    def raw(self, xml: str) -> None:
        """Add text between objects, as it is."""
        self.objects.append(xml)

    def entities(self) -> bytes:
        """Return the bytes of entities.xml."""
        return (HEAD + "".join(self.objects) + TAIL).encode("utf-8", "surrogatepass")

    def package_files(self) -> dict[str, bytes]:
        """Return every file of the package."""
        files = {"entities.xml": self.entities()}
        if self.descriptor is not None:
            lines = [
                "#Tue Jan 02 03:04:05 UTC 2024",
                *(f"{k}={v}" for k, v in self.descriptor.items()),
            ]
            files["exportDescriptor.properties"] = "\n".join(lines).encode("latin-1")
        return files | self.files

    def write(self, path: Path) -> Path:
        """Write the package as ZIP and return its path."""
        path.write_bytes(pack(self.package_files()))
        return path

    def unpack(self, folder: Path) -> Path:
        """Write the package as an unpacked folder and return it."""
        for name, data in self.package_files().items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return folder

    def _content(
        self, class_name: str, object_id: object, body: str | None, **fields: Field
    ) -> int:
        given: dict[str, Field] = {
            "space": Ref("Space", self.space_id),
            "version": 1,
            "creator": user_ref(ANN),
            "creationDate": DATE,
            "lastModifier": user_ref(ANN),
            "lastModificationDate": DATE,
            "contentStatus": "current",
        }
        added = self.add(class_name, object_id=object_id, **given | fields)
        if body is not None:
            self.body(Ref(class_name, added), body or f"<p>{class_name} {added}</p>")
        return added

    def _take_id(self, object_id: Any) -> Any:
        if object_id is not None:
            return object_id
        self._next_id += 1
        return self._next_id


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP of the files, always with the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6))
            package.writestr(info, data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _field(name: str, value: Field) -> str:
    if isinstance(value, Ref):
        package = PACKAGES.get(value.class_name, CONFLUENCE)
        id_name = "key" if value.class_name == "ConfluenceUserImpl" else "id"
        return (
            f'<property name="{name}" class="{value.class_name}" package="{package}">'
            f'<id name="{id_name}">{_text(value.id)}</id>\n</property>'
        )
    if isinstance(value, str | int):
        return f'<property name="{name}">{_text(value)}</property>'
    elements = "".join(map(_element, value or ()))
    return f'<collection name="{name}" class="java.util.Collection">{elements}</collection>'


def _element(member: Ref) -> str:
    package = PACKAGES.get(member.class_name, CONFLUENCE)
    return (
        f'<element class="{member.class_name}" package="{package}">'
        f'<id name="id">{member.id}</id>\n</element>\n'
    )


def _text(value: object) -> str:
    """Write a value as Confluence does: numbers plain, text in a CDATA section."""
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{str(value).replace(']]>', ']] >')}]]>"
