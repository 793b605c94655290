"""Spaces in the trash: out of sight, with their keys taken, and back again as they were."""

from support.site import a_page, a_space


def test_a_trashed_space_is_out_of_sight_with_its_pages(demo):
    [page] = demo.must_send(a_page(200))

    answer = demo.call("DELETE", "/rest/api/space/demo")

    assert answer.status_code == 202
    assert demo.product("/spaces")["results"] == []
    assert demo.product("/pages")["results"] == []
    assert demo.call("GET", f"/api/v2/pages/{page}").status_code == 404
    assert demo.call("GET", "/spaces/DEMO").status_code == 404


def test_it_is_listed_for_whoever_asks_for_the_trash(demo):
    demo.must_send(a_space("OLD", 101, status="archived"))
    demo.call("DELETE", "/rest/api/space/DEMO")

    def listed(**query):
        found = demo.product("/spaces", query_string=query)["results"]
        return {space["key"]: space["status"] for space in found}

    assert listed(status="trashed") == {"DEMO": "trashed"}
    assert listed(status="current,archived,trashed") == {"DEMO": "trashed", "OLD": "archived"}
    assert listed(status="current") == {}


def test_its_key_stays_taken(demo):
    demo.call("DELETE", "/rest/api/space/DEMO")

    [result] = demo.send(a_space("demo", 102))

    assert (result["outcome"], result["code"]) == ("failed", "space_key_taken")


def test_it_comes_back_as_it_was(demo):
    demo.must_send(a_page(200))
    before = demo.product("/pages")["results"]
    demo.call("DELETE", "/rest/api/space/DEMO")

    assert demo.call("POST", "/portway/v1/spaces/DEMO/restoration").status_code == 200
    assert demo.product("/pages")["results"] == before


def test_what_is_not_there_can_be_neither_trashed_nor_restored(demo):
    assert demo.call("DELETE", "/rest/api/space/NONE").status_code == 404
    assert demo.call("POST", "/portway/v1/spaces/DEMO/restoration").status_code == 404


def test_the_inventory_shows_that_a_space_is_in_the_trash(demo):
    before = demo.inventory()["space/100"]["digest"]

    demo.call("DELETE", "/rest/api/space/DEMO")

    assert demo.inventory()["space/100"]["digest"] != before
