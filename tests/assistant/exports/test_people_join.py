"""Who the package knows: user keys, accounts, and people who are merely referred to."""

import pytest

from portway_assistant.exports.notes import NoteKind
from portway_assistant.exports.people_join import identity_of_name
from support.exports import ANN, Ref, page_ref, user_ref


def users_of(store):
    return {user.key: user for user in store.users()}


def directory(export, name, *, active=True, object_id):
    export.add("DirectoryImpl", object_id=object_id, name=name, active=str(active).lower())
    return Ref("DirectoryImpl", object_id)


def application(export, *directories):
    mappings = [
        Ref("DirectoryMapping", export.add("DirectoryMapping", directory=found))
        for found in directories
    ]
    export.add("ApplicationImpl", name="crowd", directoryMappings=mappings)


def test_a_user_key_and_an_account_of_one_name_are_one_person(export, read):
    export.user("Ann", key=ANN)
    export.account("ANN", email="ann@example.com", displayName="Ann Lee")

    (user,) = read(export).users()

    assert (user.key, user.user_key, user.username) == (ANN, ANN, "Ann")
    assert (user.email, user.display_name) == ("ann@example.com", "Ann Lee")
    assert (user.active, user.known, user.in_directory) == (True, True, True)


def test_a_space_export_knows_names_and_sometimes_addresses(export, read):
    export.user("ann", key="k1", email="ann@example.com")
    export.user("bob", key="k2")
    users = users_of(read(export))

    assert users["k1"].email == "ann@example.com"
    assert (users["k2"].email, users["k2"].active, users["k2"].in_directory) == (None, True, False)


def test_in_a_site_export_a_key_without_account_is_no_longer_active(export, read):
    export.user("ann", key="k1")
    export.account("ann")
    export.user("left", key="k2")

    users = users_of(read(export))

    assert users["k1"].active
    assert not users["k2"].active
    assert users["k2"].known


def test_an_inactive_account_makes_an_inactive_person(export, read):
    export.user("ann", key="k1")
    export.account("ann", active=False)

    assert not users_of(read(export))["k1"].active


def test_of_several_accounts_the_first_directory_with_an_active_one_decides(export, read):
    export.user("ann", key="k1")
    late = directory(export, "late", object_id=1)
    early = directory(export, "early", object_id=2)
    asleep = directory(export, "asleep", active=False, object_id=3)
    application(export, asleep, early, late)
    export.account("ann", email="nowhere@example.com")
    export.account("ann", email="asleep@example.com", directory=asleep)
    export.account("ann", email="late@example.com", directory=late)
    export.account("ann", email="early@example.com", directory=early)
    export.account("ann", email="off@example.com", directory=early, active=False)

    assert users_of(read(export))["k1"].email == "early@example.com"


def test_accounts_without_user_key_are_known_by_name(export, read):
    export.account("Bob")

    (user,) = read(export).users()

    assert (user.key, user.user_key, user.username) == ("name:bob", None, "Bob")
    assert identity_of_name(" Bob ") == "name:bob"


def test_the_model_before_confluence_3_5_is_read(export, read):
    user = export.add(
        "DefaultHibernateUser", name="ann", fullName="Ann Lee", email="ann@example.com"
    )
    export.add(
        "DefaultHibernateGroup", name="staff", localMembers=[Ref("DefaultHibernateUser", user)]
    )
    store = read(export)

    (found,) = store.users()
    assert (found.key, found.display_name) == ("name:ann", "Ann Lee")
    assert [(item.group, item.user_key) for item in store.memberships()] == [("staff", "name:ann")]


@pytest.mark.parametrize("key", ["402880824ff933a4014ff9345d7c0001", "557058:7f1f-28e", "*weird*"])
def test_somebody_merely_referred_to_becomes_a_placeholder_of_their_own(export, read, key):
    export.page("Page", creator=user_ref(key), lastModifier=user_ref("another"))
    users = users_of(read(export))

    assert set(users) == {key, "another"}
    assert not users[key].known
    assert users[key].user_key == key


def test_placeholders_come_from_every_place_people_are_named(export, read):
    page = export.page("Page", creator=None, lastModifier=None)
    export.page(
        "Mentions",
        creator=None,
        lastModifier=None,
        body='<ri:user ri:userkey="m1"/> <ri:user ri:username="Zoe" /> '
        '<ri:user ri:account-id="557058:acc" ri:local-id="x"/> <ri:page ri:userkey="no"/>',
    )
    export.restriction(page_ref(page), "View", users=["r1"])
    export.add(
        "SpacePermission", type="VIEWSPACE", space=Ref("Space", 100), userSubject=user_ref("p1")
    )
    export.add("LikeEntity", content=page_ref(page), user=user_ref("l1"))
    export.add("Notification", content=page_ref(page), receiver=user_ref("n1"))
    export.files["AO_BAF3AA_AOINLINE_TASK.csv"] = b"CONTENT_ID,ID,ASSIGNEE_USER_KEY\n1,1,t1\n"

    users = users_of(read(export))

    assert set(users) == {"m1", "name:zoe", "557058:acc", "r1", "p1", "l1", "n1", "t1"}
    assert users["name:zoe"].username == "Zoe"
    assert users["557058:acc"].account_id == "557058:acc"
    assert not any(user.known for user in users.values())


def test_a_mention_of_somebody_known_adds_nobody(export, read):
    export.user("Ann", key=ANN, atlassianAccountId="557058:ann")
    export.page(
        "Mentions",
        body=f'<ri:user ri:userkey="{ANN}"/><ri:user ri:username="ANN"/>'
        '<ri:user ri:account-id="557058:ann"/>',
    )

    assert list(users_of(read(export))) == [ANN]


def test_of_two_keys_with_one_name_the_one_first_in_order_is_meant_by_the_name(export, read):
    export.user("ann", key="k2")
    export.user("ann", key="k1")
    export.page("Page", creator=None, lastModifier=None, creatorName="ANN")

    (page,) = read(export).pages("100")

    assert page.creator_key == "k1"


def test_a_group_in_itself_is_nobodys_membership(export, read):
    staff = Ref("InternalGroup", export.add("InternalGroup", name="staff"))
    export.add("HibernateMembership", parentGroup=staff, groupMember=staff)

    assert list(read(export).memberships()) == []


def test_a_key_without_name_is_somebody(export, read):
    export.user(None, key="k1")

    (user,) = read(export).users()

    assert (user.key, user.username, user.known) == ("k1", None, True)


def test_groups_of_one_name_in_several_directories_are_one(export, read):
    for _ in range(2):
        export.add("InternalGroup", name="Staff", active="true", description="All")

    assert [(group.name, group.description) for group in read(export).groups()] == [
        ("Staff", "All")
    ]


def test_memberships_join_people_and_nested_groups_once(export, read):
    export.user("ann", key="k1")
    ann = Ref("InternalUser", export.account("ann"))
    staff = Ref("InternalGroup", export.add("InternalGroup", name="staff"))
    team = Ref("InternalGroup", export.add("InternalGroup", name="team"))
    for _ in range(2):
        export.add("HibernateMembership", parentGroup=team, userMember=ann)
    export.add("HibernateMembership", parentGroup=staff, groupMember=team)
    export.add("HibernateMembership", parentGroup=staff, userMember=Ref("InternalUser", 404))
    store = read(export)

    assert [(item.group, item.user_key, item.member_group) for item in store.memberships()] == [
        ("team", "k1", None),
        ("staff", None, "team"),
    ]
    assert {note.kind: note.count for note in store.notes()}[NoteKind.NESTED_GROUP] == 1
    assert store.unresolved()["HibernateMembership.userMember"] == 1


def test_one_person_can_be_looked_up(export, read):
    export.user("ann", key="k1")
    store = read(export)

    found = store.find_user("k1")
    assert found is not None
    assert found.username == "ann"
    assert store.find_user("k2") is None
