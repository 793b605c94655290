"""`inspect` against a counter written from the reference alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.exports.conftest import SAMPLES
from portway_assistant.exports.inspect import inspect_export
from support.export_oracle import count_export
from support.exports import HEAD, TAIL, pack

_USER_KEYS = ("k1", "k2", "557058:ab-cd")
_NAMES = ("ann", "ANN", "Bob", "", " bob ", "José", None)
_GROUPS = ("staff", "Staff", "admins", "", None)
_STATUSES = ("current", None, "", "draft", "deleted", "archived", "DRAFT", "Archived", "trashed")
_CONTENT = ("Page", "BlogPost", "Comment", "Attachment")
_SERIES = {"Page": 10, "BlogPost": 20, "Comment": 30, "Attachment": 40, "SpaceDescription": 50}
_OTHERS = (
    "Space",
    "BodyContent",
    "Label",
    "Labelling",
    "PageTemplate",
    "SpacePermission",
    "ContentPermissionSet",
    "ContentPermission",
    "LikeEntity",
    "Notification",
    "HibernateMembership",
    "Draft",
    "SomethingNew",
)


def a_property(name: str, value: str | None, *, plain: bool = False) -> str:
    if value is None:
        return ""
    if not value:
        return f'<property name="{name}"/>'
    return f'<property name="{name}">{value if plain else f"<![CDATA[{value}]]>"}</property>'


def a_reference(name: str, kind: str, key: object, *, classless: bool = False) -> str:
    named = "" if classless else f' class="{kind}" package="com.example"'
    return f'<property name="{name}"{named}><id name="id">{key}</id>\n</property>'


def a_collection(name: str, kind: str, keys: list[int], suffix: str = "") -> str:
    named = f' class="{kind}" package="p"' if kind else ""
    members = "".join(f'<element{named}><id name="id">{key}</id></element>' for key in keys)
    return f'<collection name="{name}" class="java.util.Collection{suffix}">{members}</collection>'


@st.composite
def ids(draw, kind: str) -> int:
    """An id of a content class: one series for all of them, as in Confluence; few, so they meet."""
    return _SERIES[kind] + draw(st.integers(0, 2))


@st.composite
def content_refs(draw, name: str) -> str:
    kind = draw(st.sampled_from(tuple(_SERIES)))
    said = draw(st.sampled_from((kind, kind, kind, "Page", "Comment")))
    return a_reference(name, said, draw(ids(kind)), classless=draw(st.integers(0, 5)) == 0)


@st.composite
def contents(draw) -> str:
    kind = draw(st.sampled_from(_CONTENT))
    members = [
        a_property("title", draw(st.sampled_from(("T", "", None)))),
        a_property("contentStatus", draw(st.sampled_from(_STATUSES)), plain=draw(st.booleans())),
    ]
    old = draw(st.integers(0, 5))
    if old == 0:
        members.append(a_reference("originalVersion", kind, draw(ids(kind))))
    elif old == 1:
        members.append(a_property("originalVersionId", draw(st.sampled_from(("11", "", "999")))))
    elif old == 2:
        members.append('<property name="originalVersion" class="Page" package="p"/>')
    if kind in ("Comment", "Attachment"):
        name = draw(st.sampled_from(("containerContent", "owner", "content", "page", None)))
        if name:
            members.append(draw(content_refs(name)))
        if name != "owner" and draw(st.integers(0, 4)) == 0:
            members.append(a_reference("owner", "ConfluenceUserImpl", "k1"))
    if draw(st.integers(0, 3)) == 0:
        suffix = draw(st.sampled_from(("", "(com.example.Content.comments)")))
        said = draw(st.sampled_from(("Comment", "Comment", "")))
        members.append(a_collection("comments", said, [draw(ids("Comment"))], suffix))
        members.append(a_collection("attachments", "Attachment", [draw(ids("Attachment"))], suffix))
        members.append(a_collection(draw(st.sampled_from(("children", "childrens"))), "Page", [11]))
    key = draw(st.sampled_from((str(draw(ids(kind))),) * 9 + ("",)))
    return an_object(draw, kind, key, members)


@st.composite
def people(draw) -> str:
    kind = draw(
        st.sampled_from(
            (
                "ConfluenceUserImpl",
                "InternalUser",
                "DefaultHibernateUser",
                "InternalGroup",
                "DefaultHibernateGroup",
                "DefaultHibernateExternalEntity",
            )
        )
    )
    name = draw(st.sampled_from(_GROUPS if kind.endswith("Group") else _NAMES))
    members = [a_property("name", name)]
    if draw(st.booleans()):
        members.append(a_property("lowerName", name and name.strip().lower()))
    if kind == "DefaultHibernateGroup":
        members.append(a_collection("localMembers", "DefaultHibernateUser", [1, 2]))
    key = draw(st.sampled_from(_USER_KEYS)) if kind == "ConfluenceUserImpl" else draw(small_ids)
    return an_object(draw, kind, key, members, id_name="key" if key in _USER_KEYS else "id")


@st.composite
def others(draw) -> str:
    kind = draw(st.sampled_from(_OTHERS))
    members = [a_property("name", "x"), draw(content_refs("content"))]
    return an_object(draw, kind, draw(small_ids), members)


small_ids = st.sampled_from(("1", "2", "3", "abc", ""))


def an_object(draw, kind: str, key: object, members: list[str], id_name: str = "id") -> str:
    """Write an object with its members in any order, with or without id, in any package."""
    written = draw(st.permutations(members))
    package = draw(st.sampled_from(("com.atlassian.confluence.pages", "", "com.example")))
    identity = f'<id name="{id_name}">{key}</id>\n' if key else draw(st.sampled_from(("", "<id/>")))
    gap = draw(st.sampled_from(("", "\n", "\n    ", "<!-- cut by hand -->")))
    body = gap.join([identity, *written])
    return f'<object class="{kind}" package="{package}">\n{body}</object>\n'


files = st.sampled_from(
    (
        "attachments/10/40/1",
        "attachments/10/40/2",
        "attachments/11/41",
        "attachments/ver003/1/2/3/4/5/x",
        "attachments/readme.txt",
        "attachments/12/",
        "plugin-data/x/attachments/1",
        "config/ehcache.xml",
    )
)


@settings(deadline=None, max_examples=250)
@given(st.lists(st.one_of(contents(), contents(), people(), others()), min_size=1), st.sets(files))
def test_odd_packages_count_as_the_reference_says(tmp_path_factory, objects, names):
    path = tmp_path_factory.mktemp("odd") / "export.zip"
    entities = (HEAD + "".join(objects) + TAIL).encode()
    path.write_bytes(pack({"entities.xml": entities, **dict.fromkeys(names, b"x")}))

    found = inspect_export(path)
    expected = count_export(path)

    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.zip")), ids=lambda path: path.stem)
def test_real_exports_count_as_the_reference_says(sample):
    found = inspect_export(sample)
    expected = count_export(sample)

    assert {name: found[name] for name in expected} == expected
