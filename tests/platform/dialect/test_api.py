"""The dialect of a site over the admin API."""

from portway_platform.dialect.rules import DEFAULT, SWITCHES, values_of
from portway_platform.dialect.service import for_site


def set_switches(ready, switches, site="acme"):
    return ready.admin("PATCH", f"sites/{site}/dialect", json={"switches": switches})


def test_the_list_of_switches_says_what_each_can_be(running):
    listed = running.admin("GET", "dialect").json

    assert [switch["name"] for switch in listed] == [switch.name for switch in SWITCHES]
    assert listed[0]["choices"].keys() == {"403", "409", "400"}
    assert listed[0]["default"] == "403"


def test_a_new_site_speaks_by_the_defaults(ready):
    answer = ready.admin("GET", "sites/acme/dialect").json

    assert answer == {"siteKey": "acme", "switches": values_of(DEFAULT), "changed": []}


def test_a_switch_stays_set_while_others_change(ready):
    set_switches(ready, {"settled-code": "409"})
    answer = set_switches(ready, {"list-label": "absent"})

    assert answer.json["changed"] == ["settled-code", "list-label"]
    assert ready.admin("GET", "sites/acme/dialect").json == answer.json


def test_null_puts_a_switch_back(ready):
    set_switches(ready, {"settled-code": "409"})

    assert set_switches(ready, {"settled-code": None}).json["changed"] == []


def test_a_wrong_switch_changes_nothing(ready):
    answer = set_switches(ready, {"settled-code": "409", "list-label": "maybe"})

    assert answer.status_code == 400
    assert answer.json["details"][0]["field"] == "switches.list-label"
    assert ready.admin("GET", "sites/acme/dialect").json["changed"] == []


def test_each_site_has_its_own(ready):
    other = ready.add_site("globex")
    set_switches(ready, {"forge-timer": "per-event"})

    with ready.platform.services.database.read() as connection:
        assert for_site(connection, other["siteId"]).forge_timer == "shared"


def test_there_is_no_dialect_of_a_site_that_is_not_there(ready):
    assert ready.admin("GET", "sites/nowhere/dialect").json["code"] == "site_unknown"
    assert set_switches(ready, {"list-label": "null"}, "nowhere").json["code"] == "site_unknown"
