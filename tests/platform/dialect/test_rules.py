"""The switches of a dialect: each has its default, its choices and its place in the contract."""

from dataclasses import fields

import pytest

from portway_platform.dialect.rules import (
    DEFAULT,
    SWITCHES,
    Dialect,
    choices_of,
    dialect_of,
    find_switch_faults,
    values_of,
)


def test_every_open_point_of_the_contract_has_a_switch():
    assert {switch.point for switch in SWITCHES} == set(range(1, 14))
    assert [switch.point for switch in SWITCHES] == sorted(switch.point for switch in SWITCHES)


def test_every_field_of_a_dialect_is_a_switch_and_the_other_way_round():
    assert [field.name.replace("_", "-") for field in fields(Dialect)] == [
        switch.name for switch in SWITCHES
    ]


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_what_a_switch_says_it_can_be_is_what_it_can_be(switch):
    assert set(switch.choices) == set(choices_of(switch.name))
    assert switch.default in switch.choices
    assert len(switch.choices) > 1
    assert switch.question.endswith(".")


def test_a_site_without_switches_has_every_default():
    assert dialect_of({}) is DEFAULT
    assert values_of(DEFAULT) == {switch.name: switch.default for switch in SWITCHES}


def test_a_switch_changes_what_it_names_and_nothing_else():
    dialect = dialect_of({"settled-code": "409"})

    assert dialect.settled_code == "409"
    assert values_of(dialect) == {**values_of(DEFAULT), "settled-code": "409"}


def test_what_a_newer_version_wrote_is_passed_by():
    assert dialect_of({"settled-code": "418", "of-tomorrow": "yes"}) == DEFAULT


def test_every_wrong_switch_is_named():
    faults = find_switch_faults({"settled-code": "418", "nonsense": "1", "list-label": None})

    assert [fault["field"] for fault in faults] == ["switches.settled-code", "switches.nonsense"]
    assert "403, 409, 400" in faults[0]["problem"]
