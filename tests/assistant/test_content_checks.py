"""Checks of access and size, and what merges do to rights: on small exports, before and after."""

import pytest

from portway_assistant.core import content_checks
from portway_assistant.core.content_checks import ContentChecks
from portway_assistant.core.reach import Audience
from portway_assistant.core.source import Source
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.work_store import open_work_store
from portway_assistant.runs.settings import EmailFix, PlanSettings
from support.exports import ExportBuilder, Ref, page_ref, user_ref

SPACE = Ref("Space", 100)


@pytest.fixture
def export():
    """An export of one space with its home; Ann is active, Old is disabled."""
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    for name, active in (("ann", True), ("old", False)):
        builder.user(name)
        builder.account(name, active=active)
    builder.page("Start", object_id=200)
    return builder


@pytest.fixture
def store_of(export, tmp_path):
    """Write the export and open its store."""
    opened = []

    def store_of():
        package = ExportPackage.open(export.write(tmp_path / "export.zip"))
        store = open_work_store(package, tmp_path / "stores")
        opened.append(store)
        return store

    yield store_of
    for store in opened:
        store.close()


@pytest.fixture
def checks(store_of):
    """Run the checks and return them by id; `absent` groups do not arrive."""

    def checks(absent=()):
        store = store_of()
        found = ContentChecks(
            store, list(store.spaces()), is_absent=lambda name: name in absent
        ).run()
        return {check.check_id: check for check in found}

    return checks


def a_group(export, name, *, accounts=(), groups=()):
    group = export.add("InternalGroup", name=name, lowerName=name)
    for member in accounts:
        export.add(
            "HibernateMembership",
            parentGroup=Ref("InternalGroup", group),
            userMember=Ref("InternalUser", member),
        )
    for member in groups:
        export.add(
            "HibernateMembership",
            parentGroup=Ref("InternalGroup", group),
            groupMember=Ref("InternalGroup", member),
        )
    return group


class TestPagesNobodyCanReach:
    def lost(self, checks, **given):
        check = checks(**given)["restricted-pages"]
        return check.message.partition(".")[0] if check.outcome == "warned" else None

    def test_a_page_of_an_active_person_is_reachable(self, export, checks):
        export.restriction(page_ref(200), "View", users=["key-ann", "key-old"])

        assert self.lost(checks) is None

    def test_a_page_of_disabled_and_unknown_people_is_not(self, export, checks):
        export.restriction(page_ref(200), "View", users=["key-old", "gone"])

        assert self.lost(checks) == "1: Start"

    def test_an_edit_restriction_loses_no_page(self, export, checks):
        export.restriction(page_ref(200), "Edit", users=["gone"])

        assert self.lost(checks) is None

    def test_restrictions_above_count_too(self, export, checks):
        export.page("Below", object_id=201, parent=page_ref(200))
        export.account("ben")
        export.user("ben")
        export.restriction(page_ref(200), "View", users=["key-ben"])
        export.restriction(page_ref(201), "View", users=["key-ann"])

        assert self.lost(checks) == "1: Below"

    def test_groups_count_with_the_groups_in_them(self, export, checks):
        ben = export.account("ben")
        export.user("ben")
        inner = a_group(export, "inner", accounts=[ben])
        a_group(export, "outer", groups=[inner])
        a_group(export, "empty")
        export.restriction(page_ref(200), "View", groups=["outer"])
        export.page("Empty", object_id=201)
        export.restriction(page_ref(201), "View", groups=["empty", "nowhere"])

        assert self.lost(checks) == "1: Empty"

    def test_in_an_export_without_groups_a_group_may_hold_anybody(self, export, checks):
        export.restriction(page_ref(200), "View", groups=["devs"])

        assert self.lost(checks) is None

    def test_a_group_that_does_not_arrive_lets_nobody_in(self, export, checks):
        export.restriction(page_ref(200), "View", groups=["devs"])

        assert self.lost(checks, absent={"devs"}) == "1: Start"

    def test_rings_of_groups_end(self):
        audience = Audience(frozenset({"a"}), {"x": frozenset({"a"})})

        assert audience.circle(["b"], ["x", "y"]) == {"a"}


class TestGuardrails:
    def test_nothing_is_warned_of_in_an_ordinary_export(self, checks):
        assert {check.outcome for check in checks().values()} == {"passed"}

    def test_pages_restricted_to_very_many_are_named(self, export, checks):
        export.restriction(page_ref(200), "Edit", users=[f"u{n}" for n in range(101)])

        assert checks()["crowded-restrictions"].message.startswith("1: Start. ")

    @pytest.mark.parametrize("fields", [{}, {"allUsersSubject": "anonymous-users"}])
    def test_spaces_open_to_the_public_are_named(self, export, checks, fields):
        export.add("SpacePermission", type="VIEWSPACE", space=SPACE, **fields)

        assert checks()["public-spaces"].message.startswith("1: DEMO. ")

    def test_spaces_with_very_many_permissions_are_named(self, export, checks, monkeypatch):
        monkeypatch.setattr(content_checks, "MAX_SPACE_PERMISSIONS", 2)
        for name in ("a", "b", "c"):
            export.add("SpacePermission", type="VIEWSPACE", space=SPACE, group=name)

        assert checks()["many-permissions"].message.startswith("1: DEMO. ")

    def test_very_deep_trees_are_named(self, export, checks):
        for number in range(27):
            export.page(f"P{number}", object_id=201 + number, parent=page_ref(200 + number))

        assert checks()["deep-trees"].message.startswith("1: DEMO. ")


def test_tasks_whose_table_tells_another_state_are_noted(export, store_of):
    task = "<ac:task><ac:task-id>{}</ac:task-id><ac:task-status>{}</ac:task-status></ac:task>"
    export.page(
        "Tasks",
        object_id=201,
        body=f"<ac:task-list>{task.format(1, 'complete')}{task.format(2, 'incomplete')}"
        f"{task.format(3, 'incomplete')}</ac:task-list>",
    )
    rows = ((1, "CHECKED"), (2, "CHECKED"), (3, "UNCHECKED"), (4, "UNCHECKED"))
    head = "CONTENT_ID,ID,BODY,TASK_STATUS,CREATOR_USER_KEY,ASSIGNEE_USER_KEY,COMPLETE_USER_KEY"
    lines = [head, *(f"201,{number},x,{state},,," for number, state in rows)]
    export.files["AO_BAF3AA_AOINLINE_TASK.csv"] = "\n".join(lines).encode()

    store = store_of()

    assert list(store.differing_tasks("100")) == [("201", "2"), ("201", "4")]
    assert any("tasks have another state" in note for note in Source(store).notes())


class TestMergedPeople:
    @pytest.fixture
    def twins(self, export):
        """Two accounts of one address, of whom only the first may do anything."""
        for name in ("one", "two"):
            export.user(name)
            export.account(name, email="same@example.com")
        export.restriction(page_ref(200), "View", users=["key-one"])
        export.restriction(page_ref(200), "Edit", users=["key-one", "key-two"])
        for type_, names in (("VIEWSPACE", ["one"]), ("COMMENT", ["one", "two"])):
            for name in names:
                export.add(
                    "SpacePermission", type=type_, space=SPACE, userSubject=user_ref(f"key-{name}")
                )
        return export

    def items(self, store, fix):
        source = Source(store, settings=PlanSettings(duplicate_emails=fix))
        return {
            item.source_key: item
            for phase in source.phases()
            if phase.name in {"restrictions", "spacePermissions"}
            for item in phase.items()
        }

    def test_nobody_gets_by_a_merge_what_not_all_of_them_had(self, twins, store_of):
        items = self.items(store_of(), EmailFix.MERGE)

        assert items["restriction/page/200/read"].payload["users"] == []
        assert items["restriction/page/200/update"].payload["users"] == ["user/key-one"]
        view = items["spacePermission/100/user/key-one/read:space"]
        assert view.gap[0] == "permission_not_of_all_merged"
        assert items["spacePermission/100/user/key-one/create:comment"].gap is None
        twice = items["spacePermission/100/user/key-two/create:comment"]
        assert twice.gap[0] == "permission_held_as_one"

    def test_apart_everybody_keeps_what_they_had(self, twins, store_of):
        items = self.items(store_of(), EmailFix.PLACEHOLDER)

        assert items["restriction/page/200/read"].payload["users"] == ["user/key-one"]
        assert items["spacePermission/100/user/key-one/read:space"].gap is None
