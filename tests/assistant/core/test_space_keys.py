"""Which key each space gets: one rule, also for clashes by case, in the archive and the trash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_assistant.core.space_keys import (
    Fate,
    SiteSpace,
    decide_keys,
    personal_key,
    with_usable_keys,
)
from portway_assistant.exports.records import BodyType, Space
from portway_assistant.runs.settings import PlanSettings, SpaceClash
from portway_service.folding import fold


def a_space(key: str, number: int = 100) -> Space:
    return Space(
        id=str(number),
        key=key,
        name=f"Space {key}",
        type="global",
        is_archived=False,
        is_stray=False,
        description="",
        description_type=BodyType.STORAGE,
        home_page_id=None,
        creator_key=None,
        created_at=None,
        modifier_key=None,
        modified_at=None,
        labels=(),
    )


def there(key: str, site_id: str = "7", status: str = "current") -> SiteSpace:
    return SiteSpace(site_id, key, "Other", status)


def decide(*spaces, at_site=(), ours=None, personal=None, **settings):
    return decide_keys(
        spaces,
        at_site,
        ours=ours or {},
        personal_keys=personal or {},
        settings=PlanSettings(**settings),
    )


def test_a_key_that_is_free_is_kept():
    [one] = decide(a_space("DOCS"), at_site=[there("OTHER")])

    assert (one.space.key, one.fate, one.holder) == ("DOCS", Fate.MOVES, None)


@pytest.mark.parametrize("status", ["current", "archived", "trashed"])
@pytest.mark.parametrize("key", ["DOCS", "docs", "ＤＯＣＳ"])
def test_a_key_is_taken_in_any_case_and_form_by_any_space(key, status):
    [one] = decide(a_space("Docs"), at_site=[there(key, status=status)])

    assert one.fate is Fate.STOPS
    assert one.holder == f"'Other' ({status})"


def test_the_plan_decides_what_becomes_of_a_clash():
    fates = {
        clash: decide(a_space("DOCS"), at_site=[there("docs")], space_clash=clash)[0]
        for clash in SpaceClash
    }

    assert {clash: one.fate for clash, one in fates.items()} == {
        SpaceClash.STOP: Fate.STOPS,
        SpaceClash.SKIP: Fate.LEFT_OUT,
        SpaceClash.RENAME: Fate.MOVES,
    }
    assert fates[SpaceClash.RENAME].space.key == "DOCS2"


def test_the_first_free_number_is_taken():
    at_site = [there("DOCS", "1"), there("docs2", "2", "trashed"), there("DOCS4", "4")]

    [one] = decide(a_space("DOCS"), at_site=at_site, space_clash=SpaceClash.RENAME)

    assert one.space.key == "DOCS3"


def test_a_plan_may_name_the_key_clash_or_not():
    [one] = decide(a_space("DOCS"), renamed_spaces={"docs": "PAPERS"})

    assert (one.space.key, one.old_key, one.is_renamed) == ("PAPERS", "DOCS", True)


def test_a_named_key_that_is_taken_clashes_itself():
    [one] = decide(a_space("DOCS"), at_site=[there("papers")], renamed_spaces={"docs": "PAPERS"})

    assert one.fate is Fate.STOPS


def test_a_space_that_was_brought_before_keeps_the_key_it_has_there():
    [one] = decide(
        a_space("DOCS"),
        at_site=[there("DOCS2", "7"), there("DOCS", "8")],
        ours={"100": "7"},
        space_clash=SpaceClash.RENAME,
    )

    assert (one.space.key, one.fate, one.holder) == ("DOCS2", Fate.MOVES, None)


def test_two_spaces_of_one_export_clash_with_each_other():
    first, second = decide(a_space("DOCS", 100), a_space("docs", 101))

    assert (first.fate, second.fate) == (Fate.MOVES, Fate.STOPS)


def test_a_personal_space_gets_the_key_of_its_owners_account():
    [one] = decide(a_space("~ann"), personal={"100": personal_key("712020:1f-2e")})

    assert one.space.key == "~7120201f2e"


_KEYS = st.sampled_from(["A", "a", "A2", "a2", "B", "~x", "Ａ"])


@given(st.lists(_KEYS, max_size=6), st.lists(_KEYS, max_size=5))
def test_however_many_clash_no_two_spaces_end_with_one_key(ours, theirs):
    taken = {fold(key): key for key in theirs}
    at_site = [there(key, str(number)) for number, key in enumerate(taken.values())]
    spaces = [a_space(key, 100 + number) for number, key in enumerate(ours)]

    decided = decide(*spaces, at_site=at_site, space_clash=SpaceClash.RENAME)

    keys = [fold(one.space.key) for one in decided] + list(taken)
    assert len(keys) == len(set(keys))
    assert all(one.fate is Fate.MOVES for one in decided)
    again = decide(*spaces, at_site=at_site, space_clash=SpaceClash.RENAME)
    assert again == decided


@pytest.mark.parametrize(
    ("key", "becomes"),
    [
        ("D MO", "DMO"),
        ("a/b?#%", "ab"),
        ("", "SPACE100"),
        ("\t", "SPACE100"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_space_without_a_usable_key_moves_under_one_made_from_it(key, becomes):
    [space], notes = with_usable_keys([a_space(key)])

    assert space.key == becomes
    assert notes[0].endswith(f"it moves as {becomes}.")


@given(keys=st.lists(st.text(max_size=5), max_size=6))
def test_every_space_ends_with_a_usable_key_of_its_own_unless_the_export_repeats_one(keys):
    given_spaces = [a_space(key, number) for number, key in enumerate(keys, 1)]

    spaces, notes = with_usable_keys(given_spaces)

    kept = [space for space, before in zip(spaces, given_spaces, strict=True) if space == before]
    made = [fold(space.key) for space in spaces if space not in kept]
    assert len(notes) == len(made)
    assert len({*made, *(fold(space.key) for space in kept)}) == len(made) + len(
        {fold(space.key) for space in kept}
    )
    assert all(space.key and not set(space.key) & set(" /?#%\\\t\n") for space in spaces)
