"""Permissions of spaces and restrictions of content: reference section 7."""

import pytest

from portway_assistant.exports.notes import NoteKind
from portway_assistant.exports.records import ContainerKind, SubjectKind
from support.exports import Ref, page_ref, user_ref

SPACE = Ref("Space", 100)


@pytest.mark.parametrize(
    ("fields", "kind", "subject"),
    [
        ({"userSubject": user_ref("k1")}, SubjectKind.USER, "k1"),
        ({"userName": "Ann"}, SubjectKind.USER, "name:ann"),
        ({"group": "staff"}, SubjectKind.GROUP, "staff"),
        ({}, SubjectKind.ANONYMOUS, None),
        ({"allUsersSubject": "anonymous-users"}, SubjectKind.ANONYMOUS, None),
        ({"allUsersSubject": "everyone-else"}, SubjectKind.OTHER, "everyone-else"),
    ],
)
def test_who_holds_a_permission_in_every_spelling(export, read, fields, kind, subject):
    export.add("SpacePermission", type="VIEWSPACE", space=SPACE, **fields)

    (found,) = read(export).space_permissions("100")

    assert (found.type, found.subject_kind, found.subject) == ("VIEWSPACE", kind, subject)


def test_permissions_without_space_are_global(export, read):
    export.add("SpacePermission", type="USECONFLUENCE", group="users")
    store = read(export)

    assert list(store.space_permissions("100")) == []
    assert [found.type for found in store.space_permissions(None)] == ["USECONFLUENCE"]


def test_a_permission_known_only_to_its_space_is_not_global(export, read):
    export.add("Space", object_id=200, key="TWO", permissions=[Ref("SpacePermission", 70)])
    export.add("SpacePermission", object_id=70, type="VIEWSPACE", group="users")
    store = read(export)

    assert [found.type for found in store.space_permissions("200")] == ["VIEWSPACE"]
    assert list(store.space_permissions(None)) == []


def test_a_restriction_lists_people_and_groups(export, read):
    page = export.page("Page", object_id=1)
    export.restriction(page_ref(page), "View", users=["k2", "k1"], groups=["staff"])
    export.restriction(page_ref(page), "Edit", users=["k1"])

    found = list(read(export).content_restrictions("100"))

    assert [(item.type, item.user_keys, item.groups) for item in found] == [
        ("view", ("k1", "k2"), ("staff",)),
        ("edit", ("k1",), ()),
    ]
    assert {(item.container_kind, item.container_id) for item in found} == {
        (ContainerKind.PAGE, "1")
    }


def test_a_restriction_known_only_to_its_page_is_found(export, read):
    export.page("Page", object_id=1, contentPermissionSets=[Ref("ContentPermissionSet", 70)])
    export.add(
        "ContentPermissionSet",
        object_id=70,
        type="View",
        contentPermissions=[Ref("ContentPermission", 71)],
    )
    export.add("ContentPermission", object_id=71, type="View", userName="ann")

    (found,) = read(export).content_restrictions("100")

    assert (found.container_id, found.user_keys) == ("1", ("name:ann",))


def test_a_restriction_that_names_nobody_is_given_and_noted(export, read):
    export.restriction(page_ref(export.page("Page")), "View")
    store = read(export)

    (found,) = store.content_restrictions("100")
    assert (found.user_keys, found.groups) == ((), ())
    assert {note.kind for note in store.notes()} >= {NoteKind.EMPTY_RESTRICTION}


def test_entries_a_restriction_lists_but_the_package_lacks_are_counted(export, read):
    page = page_ref(export.page("Page"))
    missing = [Ref("ContentPermission", 404), Ref("ContentPermission", 405)]
    export.add("ContentPermissionSet", type="View", owningContent=page, contentPermissions=missing)

    assert read(export).unresolved()["ContentPermissionSet.contentPermissions"] == 2


def test_restrictions_of_drafts_are_left_out(export, read):
    draft = export.page("Draft", contentStatus="draft")
    export.restriction(page_ref(draft), "View", users=["k1"])

    assert list(read(export).content_restrictions("100")) == []
