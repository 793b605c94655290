"""What becomes of restrictions and space permissions, rule by rule."""

import re
from pathlib import Path

import pytest

from portway_assistant.core.access_items import (
    GLOBAL,
    PERMISSIONS,
    WITHOUT_COUNTERPART,
    restriction_item,
    space_permission_item,
)
from portway_assistant.exports.records import (
    ContainerKind,
    ContentRestriction,
    SpacePermission,
    SubjectKind,
)

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "permissions.md").read_text()


def a_permission(type_="VIEWSPACE", kind=SubjectKind.GROUP, subject="Devs"):
    return SpacePermission("1", "100", type_, kind, subject)


def a_restriction(type_="view", kind=ContainerKind.PAGE, users=("a",), groups=()):
    return ContentRestriction("9", kind, "200", type_, tuple(users), tuple(groups))


def sent(permission):
    return space_permission_item(permission, "100", subject_gap=None)


def test_the_reference_lists_what_becomes_of_each_permission():
    table = PAGE.partition("<!-- permissions -->")[2].partition("<!-- end -->")[0]
    listed = re.findall(r"\| `(\w+)` \| `(\w+)` `(\w+)` \|", table)

    assert {name: (operation, target) for name, operation, target in listed} == PERMISSIONS


@pytest.mark.parametrize("name", sorted(PERMISSIONS))
def test_a_permission_arrives_as_operation_and_target(name):
    item = sent(a_permission(name))

    operation, target = PERMISSIONS[name]
    assert item.gap is None
    assert item.source_key == f"spacePermission/100/group/devs/{operation}:{target}"
    assert item.payload == {
        "space": "space/100",
        "subject": "group/devs",
        "operation": operation,
        "target": target,
    }


@pytest.mark.parametrize(
    ("permission", "code"),
    [
        *((a_permission(name), "permission_without_counterpart") for name in WITHOUT_COUNTERPART),
        *((a_permission(name), "permission_is_global") for name in GLOBAL),
        (a_permission("BRANDNEW"), "permission_unknown"),
        (
            a_permission(kind=SubjectKind.OTHER, subject="authenticated-users"),
            "permission_subject_unknown",
        ),
    ],
)
def test_what_the_cloud_does_not_know_stays_behind_with_a_code(permission, code):
    assert sent(permission).gap[0] == code


def test_anonymous_is_anonymous_and_nothing_else_is():
    item = sent(a_permission(kind=SubjectKind.ANONYMOUS, subject=None))

    assert item.payload["subject"] == "anonymous"
    assert item.title == "VIEWSPACE for everybody"


def test_the_reason_of_a_group_that_stays_behind_is_the_reason_of_its_permissions():
    gap = ("group_absent", "It is not in the export.")

    assert space_permission_item(a_permission(), "100", subject_gap=gap).gap == gap


def test_a_restriction_names_people_and_groups_once_and_in_order():
    item = restriction_item(
        a_restriction(groups=("Devs", "devs", "Admins")), ["b", "a", "b"], number=1
    )

    assert item.source_key == "restriction/page/200/read"
    assert item.payload == {
        "container": "page/200",
        "operation": "read",
        "users": ["user/a", "user/b"],
        "groups": ["group/admins", "group/devs"],
    }


def test_a_second_set_of_one_type_is_an_item_of_its_own():
    item = restriction_item(a_restriction("edit"), ["a"], number=2)

    assert item.source_key == "restriction/page/200/update/2"


@pytest.mark.parametrize(
    "restriction", [a_restriction("share"), a_restriction(kind=ContainerKind.ATTACHMENT)]
)
def test_other_restrictions_stay_behind_with_a_code(restriction):
    assert restriction_item(restriction, ["a"], number=1).gap[0] == "restriction_unknown"
