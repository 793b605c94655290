"""Ids before items: what refers to an item by its id need not wait for it."""

import json

import pytest

from support.site import (
    SOURCE,
    a_comment,
    a_page,
    a_site,
    a_user,
    an_attachment,
)


def ids_of(site, *keys, reserve=False, source=SOURCE, lines=False):
    """Ask for ids and return `{sourceKey: (id, state)}`."""
    body = "\n".join(map(json.dumps, keys)) if lines else json.dumps(keys)
    path = f"/portway/v1/sources/{source}/ids" + ("?reserve=true" if reserve else "")
    answer = site.call("POST", path, data=body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {r["sourceKey"]: (r["id"], r["state"]) for r in answer.get_json()["results"]}


def test_looking_up_keeps_nothing(demo):
    assert ids_of(demo, "page/200") == {"page/200": (None, None)}
    [before] = demo.must_send(a_page(200))

    assert ids_of(demo, "page/200", "page/201") == {
        "page/200": (before, "here"),
        "page/201": (None, None),
    }


def test_an_item_takes_the_id_that_was_kept_for_it(demo):
    kept = ids_of(demo, "page/200", "comment/400", reserve=True)

    [first] = demo.must_send(a_page(201))
    page, comment = demo.must_send(a_page(200), a_comment(400))

    assert kept == {"page/200": (page, "reserved"), "comment/400": (comment, "reserved")}
    assert ids_of(demo, "page/200", "page/201") == {
        "page/200": (page, "here"),
        "page/201": (first, "here"),
    }


def test_asking_again_gives_the_same_ids(demo):
    once = ids_of(demo, "page/200", "page/201", reserve=True)

    assert ids_of(demo, "page/201", "page/200", reserve=True) == once
    assert ids_of(demo, "page/200", "page/201") == once


def test_ids_are_kept_in_the_order_they_were_asked_for(demo):
    kept = ids_of(demo, "page/9", "page/1", "space/5", reserve=True, lines=True)

    numbers = [int(entity_id) for entity_id, _ in kept.values()]
    assert list(kept) == ["page/9", "page/1", "space/5"]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_what_is_only_kept_is_not_in_the_inventory(demo):
    before = demo.inventory()

    ids_of(demo, "page/200", "attachment/500", reserve=True)

    assert demo.inventory() == before


def test_the_sources_of_a_site_keep_ids_of_their_own(demo):
    one = ids_of(demo, "page/200", reserve=True)
    two = ids_of(demo, "page/200", reserve=True, source="server-2")

    assert one["page/200"] != two["page/200"]


def test_accounts_are_known_before_they_are_here(site):
    ask = [{"sourceKey": "user/ada", "email": "Ada@example.com"}, "user/nobody"]
    expected = ids_of(site, *ask, reserve=True)

    account, placeholder = site.must_send(a_user(), a_user("nobody", email=None, placeholder=True))

    assert expected == {
        "user/ada": (account, "expected"),
        "user/nobody": (placeholder, "expected"),
    }
    assert ids_of(site, "user/ada") == {"user/ada": (account, "here")}


def test_a_user_who_will_join_an_account_is_expected_under_its_id(demo):
    [account] = demo.must_send(a_user("ada"))

    joined = ids_of(demo, {"sourceKey": "user/ada-2", "email": "ADA@example.com"})

    assert joined == {"user/ada-2": (account, "expected")}


@pytest.mark.parametrize("body", ["nonsense", "[1]", '[{"sourceKey":"page"}]', '"page/1"\n7', "{"])
def test_what_names_no_items_is_refused_and_nothing_is_kept(demo, body):
    answer = demo.call("POST", f"/portway/v1/sources/{SOURCE}/ids?reserve=true", data=body)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")
    assert ids_of(demo, "page/1") == {"page/1": (None, None)}


def test_too_many_keys_in_one_request_are_refused(tmp_path):
    site = a_site(tmp_path, ids=2)

    answer = site.call("POST", f"/portway/v1/sources/{SOURCE}/ids", json=["page/1"] * 3)

    assert (answer.status_code, answer.get_json()["code"]) == (413, "batch_too_large")


def send_ahead(site, *items):
    body = b"\n".join(json.dumps(item).encode() for item in items)
    return site.call(
        "POST", f"/portway/v1/sources/{SOURCE}/items?ahead=true", data=body
    ).get_json()["results"]


def test_an_attachment_may_come_ahead_of_its_page_and_is_shown_once_that_comes(demo):
    ids_of(demo, "page/200", reserve=True)
    [ahead] = send_ahead(demo, an_attachment(500))
    assert demo.send_file("attachment/500", b"hello").status_code == 201
    attachment = f"/api/v2/attachments/{ahead['id']}"

    assert (ahead["outcome"], demo.call("GET", attachment).status_code) == ("created", 404)
    waiting = demo.inventory()["attachment/500"]
    [page] = demo.must_send(a_page(200))

    assert demo.get(attachment)["pageId"] == page
    assert demo.inventory()["attachment/500"] == waiting
    [again] = demo.send(an_attachment(500))
    assert (again["outcome"], again["fileWanted"]) == ("unchanged", False)


def test_nothing_else_may_come_ahead(demo):
    ids_of(demo, "page/200", "space/300", reserve=True)

    comment, page = send_ahead(demo, a_comment(400), a_page(201, space="space/300"))
    [in_place] = demo.send(an_attachment(500))

    assert {comment["code"], page["code"], in_place["code"]} == {"reference_missing"}


def test_what_was_deleted_here_gets_a_new_id(demo):
    [before] = demo.must_send(a_page(200))
    path = f"/portway/v1/sources/{SOURCE}/items"
    assert demo.call("DELETE", path, json={"sourceKeys": ["page/200"]}).status_code == 200

    assert ids_of(demo, "page/200") == {"page/200": (None, None)}
    kept = ids_of(demo, "page/200", reserve=True)
    [after] = demo.must_send(a_page(200))

    assert after != before
    assert kept == {"page/200": (after, "reserved")}
