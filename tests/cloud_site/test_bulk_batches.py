"""A batch as a whole: its limits, its one transaction, and where it is cut makes no difference."""

import json
import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portway_cloud_site.bulk import service
from support.site import (
    SOURCE,
    a_comment,
    a_label,
    a_page,
    a_site,
    a_space,
    a_user,
    an_attachment,
)


def post(site, body, source=SOURCE):
    return site.call("POST", f"/portway/v1/sources/{source}/items", data=body)


def test_more_lines_than_allowed_are_refused_whole(tmp_path):
    site = a_site(tmp_path, batch_lines=2)

    response = post(site, b"\n".join(json.dumps(a_user(f"u{n}")).encode() for n in range(3)))

    assert response.status_code == 413
    assert response.get_json()["code"] == "batch_too_large"
    assert site.inventory() == {}


def test_empty_lines_do_not_count(tmp_path):
    site = a_site(tmp_path, batch_lines=2)

    response = post(site, b"\n\n" + json.dumps(a_user()).encode() + b"\r\n\n \n")

    assert [r["outcome"] for r in response.get_json()["results"]] == ["created"]


def test_an_empty_batch_is_answered(site):
    assert post(site, b"").get_json() == {"results": []}


def test_more_bytes_than_allowed_are_refused_whole(tmp_path):
    site = a_site(tmp_path, batch_bytes=2_000)
    lines = [json.dumps(a_user(f"u{n}")).encode() for n in range(30)]

    response = post(site, b"\n".join(lines))

    assert response.status_code == 413
    assert response.get_json()["code"] == "batch_too_large"
    assert "2000 bytes" in response.get_json()["message"]


def test_one_item_larger_than_a_batch_is_told_so(tmp_path):
    site = a_site(tmp_path, batch_bytes=2_000)
    site.must_send(a_user(), a_space())

    response = post(site, json.dumps(a_page(body="x" * 3_000)).encode())

    assert response.status_code == 413
    assert response.get_json()["code"] == "item_too_large"
    assert "batch_bytes" in response.get_json()["fix"]


def test_an_item_of_several_megabytes_fits(demo):
    body = "<p>" + "ä" * 3_500_000 + "</p>"

    [page_id] = demo.must_send(a_page(body=body))

    page = demo.product(f"/pages/{page_id}?body-format=storage")
    assert page["body"]["storage"]["value"] == body


@pytest.mark.parametrize("source", ["a b", "-x", "x" * 129, "Ä"])
def test_a_source_has_a_plain_name(site, source):
    assert post(site, b"", source).status_code == 400


def test_a_fault_on_our_side_undoes_the_whole_batch(demo, monkeypatch):
    before = demo.inventory()
    flush = service._Taker.flush

    def flush_and_fail(taker):
        flush(taker)
        raise OSError("disk full")

    monkeypatch.setattr(service._Taker, "flush", flush_and_fail)
    response = post(demo, json.dumps(a_page()).encode())
    monkeypatch.undo()

    assert response.status_code == 500
    assert response.get_json()["code"] == "internal_error"
    assert demo.inventory() == before
    assert demo.send(a_page())[0] | {"id": None} == {
        "sourceKey": "page/200",
        "outcome": "created",
        "id": None,
        "code": None,
        "reason": None,
        "fileWanted": False,
    }


def some_items(seed: int) -> list[dict]:
    """Return items of every kind, parents first, some of them faulty or sent twice."""
    pick = random.Random(seed)
    items = [a_user(f"u{n}", email=f"U{n % 3}@example.com") for n in range(4)]
    items += [a_space("A", 1, author="user/u0"), a_space("b", 2, author=None)]
    for number in range(20):
        parent = pick.choice([None, *range(number)])
        items.append(
            a_page(
                number,
                space=f"space/{pick.choice([1, 1, 1, 2])}",
                parent=None if parent is None else f"page/{parent}",
                title=f"Title {pick.randrange(25)}",
                author=f"user/u{pick.randrange(5)}",
                lastAuthor=None,
                home=pick.random() < 0.2,
            )
        )
        container = f"page/{pick.randrange(number + 1)}"
        items.append(a_comment(number, container=container, author="user/u1", lastAuthor=None))
        items.append(an_attachment(number, container=container, author=None))
        items.append(a_label(number, container=container, name=f"l{pick.randrange(3)}"))
    items += [pick.choice(items) | {"version": 2} for _ in range(5)]
    return items


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000), cuts=st.sets(st.integers(1, 90), max_size=12))
def test_where_a_stream_is_cut_into_batches_makes_no_difference(tmp_path_factory, seed, cuts):
    items = some_items(seed)
    whole = a_site(tmp_path_factory.mktemp("whole"))
    cut = a_site(tmp_path_factory.mktemp("cut"))
    places = [0, *sorted(place for place in cuts if place < len(items)), len(items)]

    at_once = whole.send(*items)
    in_parts = [result for start, end in pairwise(places) for result in cut.send(*items[start:end])]

    assert in_parts == at_once
    assert cut.inventory() == whole.inventory()


def test_ids_go_on_where_the_last_batch_ended(demo):
    [first] = demo.must_send(a_page(1))
    [second] = demo.must_send(a_page(2))

    assert int(second) == int(first) + 1


def test_two_sources_use_the_same_keys_for_different_things(demo):
    [ours] = demo.must_send(a_page(title="Ours"))
    demo.must_send(a_user(), a_space("TWO"), source="server-2")

    [theirs] = demo.must_send(a_page(title="Theirs"), source="server-2")

    assert ours != theirs
    assert len(demo.inventory("server-2")) == 3


class TestRuns:
    """A run that names itself is told again what it was told."""

    def send(self, site, *items, run):
        body = b"\n".join(json.dumps(item).encode() for item in items)
        response = site.call(
            "POST", f"/portway/v1/sources/{SOURCE}/items", query_string={"run": run}, data=body
        )
        assert response.status_code == 200
        return response.get_json()["results"]

    def test_a_lost_answer_can_be_asked_for_again(self, site):
        items = [
            a_user(),
            a_user("twin", email="ada@example.com"),
            a_space(),
            a_page(),
            an_attachment(),
            a_page(201, space="space/9"),
        ]

        first = self.send(site, *items, run="run-1")
        again = self.send(site, *items, run="run-1")

        assert [result["outcome"] for result in first] == [
            "created", "merged", "created", "created", "created", "failed",
        ]  # fmt: skip
        assert again == first

    def test_another_run_finds_everything_unchanged(self, demo):
        self.send(demo, a_page(), run="run-1")

        for run in ("run-2", "run-2"):
            assert self.send(demo, a_page(), run=run)[0]["outcome"] == "unchanged"

    def test_an_update_is_told_again_too(self, demo):
        self.send(demo, a_page(), run="run-1")
        changed = a_page(title="Changed")

        assert self.send(demo, changed, run="run-2")[0]["outcome"] == "updated"
        assert self.send(demo, changed, run="run-2")[0]["outcome"] == "updated"
        assert self.send(demo, changed, run="run-1")[0]["outcome"] == "unchanged"

    def test_without_a_name_nothing_is_told_again(self, demo):
        demo.must_send(a_page())

        assert demo.send(a_page())[0]["outcome"] == "unchanged"

    def test_a_name_is_at_most_64_characters(self, demo):
        assert post(demo, b"").status_code == 200
        response = demo.call("POST", f"/portway/v1/sources/{SOURCE}/items?run={'x' * 65}", data=b"")
        assert response.status_code == 400
