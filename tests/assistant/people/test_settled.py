"""Who arrives as what, decided without a server."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_assistant.exports.email_rule import is_valid_email
from portway_assistant.exports.records import User
from portway_assistant.people.domains import Decision
from portway_assistant.people.settled import Trouble, facts_of, made_up_address, settle
from portway_assistant.runs.settings import EmailFix, PeopleScope, PlanSettings
from portway_service.errors import Refusal

TRUSTED = {"example.com": Decision.TRUSTED, "made.example": Decision.TRUSTED}


def a_person(name: str = "ann", **fields) -> User:
    given = {
        "key": f"key-{name}",
        "user_key": f"key-{name}",
        "username": name,
        "email": f"{name}@example.com",
        "display_name": name.title(),
        "active": True,
        "known": True,
        "in_directory": True,
        "account_id": None,
    } | fields
    return User(**given)


def arrivals(*people, decisions=TRUSTED, **settings):
    settled = settle(lambda: people, PlanSettings(**settings), decisions)
    return [settled.arrival(person) for person in people]


def test_a_person_with_a_valid_address_of_their_own_gets_an_account():
    [ann] = arrivals(a_person())

    assert (ann.email, ann.access, ann.trouble) == ("ann@example.com", True, None)


@pytest.mark.parametrize(
    ("email", "trouble"),
    [(None, Trouble.MISSING), ("", Trouble.MISSING), ("x@", Trouble.MALFORMED)],
)
def test_a_person_without_a_usable_address_is_a_placeholder(email, trouble):
    [ann] = arrivals(a_person(email=email))

    assert (ann.email, ann.access, ann.trouble) == (None, False, trouble)


def test_an_address_both_invalid_and_shared_counts_as_invalid():
    people = [a_person(name, email="x@") for name in ("ann", "ben")]
    settled = settle(lambda: people, PlanSettings(), TRUSTED)

    assert [trouble for _, trouble in settled.invalid] == [Trouble.MALFORMED] * 2
    assert settled.clusters == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a_person("zoe"), a_person("ann", active=False)),
        (a_person("zoe"), a_person("ann", in_directory=False)),
        (a_person("ann"), a_person("zoe")),
        (a_person("zoe", in_directory=False), a_person("ann", active=False)),
    ],
    ids=["active first", "in a directory first", "lowest key first", "active before directory"],
)
def test_the_main_account_follows_from_a_stated_rule(first, second):
    people = [replace(person, email="s@example.com") for person in (second, first)]
    settled = settle(lambda: people, PlanSettings(duplicate_emails=EmailFix.MERGE), TRUSTED)

    [cluster] = settled.merges
    assert cluster.main.key == first.key


def test_a_merged_account_has_access_only_when_each_had_it():
    people = [a_person("ann"), a_person("ben", email="ann@example.com", active=False)]

    for arrival in arrivals(*people, duplicate_emails=EmailFix.MERGE):
        assert (arrival.email, arrival.name, arrival.access) == ("ann@example.com", "Ann", False)


def test_addresses_that_were_made_up_are_the_same_in_every_export():
    lost = a_person("Änne Möller", email=None)
    alone = arrivals(lost, invalid_emails=EmailFix.GENERATE, generated_domain="made.example")
    others = [a_person(f"p{number}", email=None) for number in range(20)]
    among = arrivals(
        *others, lost, invalid_emails=EmailFix.GENERATE, generated_domain="made.example"
    )

    assert alone[0] == among[-1]
    assert alone[0].email.startswith("anne-moller-")


def test_a_made_up_address_that_somebody_has_already_gets_more_digits():
    lost = a_person("lost", email=None)
    taken = made_up_address(facts_of(lost), "made.example")
    [first, second] = arrivals(
        a_person("sly", email=taken),
        lost,
        invalid_emails=EmailFix.GENERATE,
        generated_domain="made.example",
    )

    assert first.email == taken
    assert second.email not in {None, taken}
    assert is_valid_email(second.email)


@pytest.mark.parametrize("domain", [None, "nonsense", "a@b.example"])
def test_addresses_are_made_up_only_in_a_domain(domain):
    with pytest.raises(Refusal) as refused:
        arrivals(a_person(), invalid_emails=EmailFix.GENERATE, generated_domain=domain)

    assert refused.value.code == "generated_domain_needed"


@pytest.mark.parametrize(
    ("decisions", "trouble"),
    [({}, Trouble.UNDECIDED), ({"example.com": Decision.NOT_TRUSTED}, Trouble.DISTRUSTED)],
)
def test_without_trust_nobody_gets_an_account_by_address(decisions, trouble):
    [ann] = arrivals(a_person(), decisions=decisions)

    assert (ann.email, ann.access, ann.trouble) == (None, False, trouble)


def test_a_domain_is_the_same_in_any_case():
    [ann] = arrivals(a_person(email="Ann@EXAMPLE.com"))

    assert ann.email == "Ann@EXAMPLE.com"


def test_a_tombstone_is_a_placeholder_whatever_its_address():
    people = [a_person("ann", tombstone=True), a_person("ben", email="ann@example.com")]

    ann, ben = arrivals(*people, invalid_emails=EmailFix.GENERATE, generated_domain="made.example")

    assert (ann.email, ann.trouble) == (None, Trouble.TOMBSTONE)
    assert (ben.email, ben.trouble) == ("ann@example.com", None)


def test_related_people_get_no_access():
    [ann] = arrivals(a_person(), people=PeopleScope.RELATED)

    assert (ann.email, ann.access) == ("ann@example.com", False)


# Never more rights: random people, groups, permissions and restrictions. The oracle works out from
# plain sets who may do what, before and after, knowing nothing of how merging is done.

NAMES = "abcdef"
GROUPS = "XYZ"
people_sets = st.frozensets(st.sampled_from(NAMES), max_size=6)
worlds = st.fixed_dictionaries(
    {
        "email_of": st.fixed_dictionaries({n: st.sampled_from(["1", "2", n]) for n in NAMES}),
        "active": people_sets,
        "members": st.fixed_dictionaries(dict.fromkeys(GROUPS, people_sets)),
        "granted": people_sets,
        "granted_groups": st.frozensets(st.sampled_from(GROUPS), max_size=2),
        "restricted": st.lists(
            st.tuples(people_sets, st.frozensets(st.sampled_from(GROUPS), max_size=1)),
            max_size=2,
        ),
    }
)


def rights(name, members, granted, granted_groups, restrictions):
    """Return what somebody may do: use the space, and pass each restriction."""
    own = {group for group, people in members.items() if name in people}
    may_view = name in granted or bool(own & granted_groups)
    passes = [name in users or bool(own & groups) for users, groups in restrictions]
    return {
        *(["view"] if may_view else []),
        *(f"pass {number}" for number, passed in enumerate(passes) if passed),
    }


@given(world=worlds)
def test_a_merged_account_never_has_more_rights_than_any_one_of_those_merged(world):
    people = [
        a_person(name, email=f"{world['email_of'][name]}@example.com",
                 active=name in world["active"])
        for name in NAMES
    ]  # fmt: skip
    settled = settle(lambda: people, PlanSettings(duplicate_emails=EmailFix.MERGE), TRUSTED)

    def after(names):
        return {key.removeprefix("key-") for key in
                settled.held_by_all(f"key-{name}" for name in names)}  # fmt: skip

    before = {
        name: rights(name, world["members"], world["granted"], world["granted_groups"],
                     world["restricted"])
        for name in NAMES
    }  # fmt: skip
    members = {group: after(people) for group, people in world["members"].items()}
    granted = after(world["granted"])
    restrictions = [(after(users), groups) for users, groups in world["restricted"]]
    for person in people:
        arrival = settled.arrival(person)
        main = (arrival.main_key or person.key).removeprefix("key-")
        merged = [name for name in NAMES if world["email_of"][name] == world["email_of"][main]]
        account = rights(main, members, granted, world["granted_groups"], restrictions)
        for name in merged:
            assert account <= before[name]
        assert arrival.access == all(name in world["active"] for name in merged)
        if len(merged) == 1:
            assert account == before[main]
