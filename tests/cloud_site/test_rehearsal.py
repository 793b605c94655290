"""What would become of items: the same as really becomes of them, and nothing is changed."""

import json
import random

import pytest
from sqlalchemy import select

from portway_cloud_site import schema
from support.site import (
    SOURCE,
    TOKEN,
    Site,
    a_blog_post,
    a_comment,
    a_filled_site,
    a_label,
    a_page,
    a_site,
    a_space,
    a_user,
    an_attachment,
    edit_page,
)


def rehearse(site: Site, *lines, edited="leave", key=None):
    answer = site.client.post(
        f"/sites/{key or site.key}/wiki/portway/v1/sources/{SOURCE}/rehearsal",
        query_string={"run": "run-1", "edited": edited},
        headers={"Authorization": f"Bearer {TOKEN}"},
        data=b"\n".join(json.dumps(line).encode() for line in lines),
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    *results, end = [json.loads(line) for line in answer.get_data().splitlines()]
    assert end == {"end": True, "items": len(results)}
    return results


def really(site: Site, items, deletions, edited):
    path = f"/portway/v1/sources/{SOURCE}/items"
    query = {"run": "run-1", "edited": edited}
    sent = []
    for start in range(0, len(items), 9):
        body = b"\n".join(json.dumps(item).encode() for item in items[start : start + 9])
        sent += site.call("POST", path, query_string=query, data=body).get_json()["results"]
    gone = site.call("DELETE", path, query_string=query, json={"sourceKeys": deletions})
    return sent + gone.get_json()["results"]


def contents(site: Site):
    """Every row of the site's database."""
    database = site.app.extensions["portway_cloud_site"].database
    with database.read() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table))))
            for name, table in schema.TABLES.items()
        }


ITEMS = [
    a_user("ada"),
    a_user("bob"),
    a_space("demo", 101),
    a_space(name="Renamed"),
    a_page(200, home=True, title="Home", body="<p>Changed</p>"),
    a_page(201, parent="page/200", body="<p>Changed</p>"),
    a_page(202, parent="page/201", title="Home"),
    a_page(203, parent="page/202"),
    a_page(204, parent="page/201"),
    a_blog_post(author="user/nobody"),
    a_blog_post(301),
    a_comment(),
    a_comment(401, parent="comment/400"),
    an_attachment(content=b"other bytes"),
    a_label(),
    a_label(601, name="label-600"),
    {"kind": "page", "sourceKey": "page/999"},
]
DELETIONS = ["page/200", "comment/400", "blogPost/300", "user/ada", "label/600", "page/777"]


@pytest.mark.parametrize("edited", ["leave", "newer", "source", "both"])
@pytest.mark.parametrize("seed", range(6))
def test_the_rehearsal_says_what_then_happens_and_writes_nothing(tmp_path, seed, edited):
    chance = random.Random(seed)
    site = a_filled_site(tmp_path, batch_lines=chance.choice([16, 1_000]))
    for key in chance.sample(["page/200", "page/201"], chance.randrange(3)):
        edit_page(site, site.inventory()[key]["id"])
    items = [item for item in ITEMS if chance.random() < 0.8]
    deletions = [key for key in DELETIONS if chance.random() < 0.7]
    before = contents(site)

    told = rehearse(site, *items, *({"delete": key} for key in deletions), edited=edited)

    assert contents(site) == before
    assert told == really(site, items, deletions, edited)


def test_a_site_that_is_not_there_yet_can_be_rehearsed_and_is_not_made(tmp_path):
    site = a_site(tmp_path)

    told = rehearse(site, a_user(), a_space(), key="later")

    assert [result["outcome"] for result in told] == ["created", "created"]
    assert site.client.get(
        "/sites/later/wiki/api/v2/spaces",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ).status_code == 404  # fmt: skip


def test_apps_and_strangers_rehearse_nothing(filled):
    path = f"/portway/v1/sources/{SOURCE}/rehearsal"
    for headers in ({}, {"Authorization": "JWT acme/writer-app"}):
        assert filled.call("POST", path, headers=headers, data=b"").status_code == 401


def test_an_item_too_large_for_any_batch_is_refused_and_writes_nothing(tmp_path):
    site = a_site(tmp_path, batch_bytes=2_000)
    before = contents(site)
    body = json.dumps(a_page(body="x" * 900_000)).encode()

    answer = site.call("POST", f"/portway/v1/sources/{SOURCE}/rehearsal", data=body)

    assert (answer.status_code, answer.get_json()["code"]) == (413, "item_too_large")
    assert contents(site) == before


@pytest.mark.parametrize(
    "line",
    [
        '{"delete":',
        '{"delete":3}',
        '{"delete":""}',
        '{"reserve":null}',
        '{"reserve":[1]}',
        '{"reserve":',
    ],
)
def test_a_line_that_names_no_source_keys_is_refused(demo, line):
    answer = demo.call("POST", f"/portway/v1/sources/{SOURCE}/rehearsal", data=line.encode())

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")


def test_ids_are_kept_for_the_time_of_a_rehearsal(demo):
    file = an_attachment(container="page/200")
    asked = [{"reserve": ["page/200"]}, file, a_page(200)]
    path = f"/portway/v1/sources/{SOURCE}/rehearsal"
    body = b"\n".join(json.dumps(line, separators=(",", ":")).encode() for line in asked)

    answer = demo.call("POST", path, query_string={"ahead": "true"}, data=body)

    results = [json.loads(line) for line in answer.get_data().splitlines()][:-1]
    assert [result["outcome"] for result in results] == ["created", "created"]
    [known] = demo.call(
        "POST", f"/portway/v1/sources/{SOURCE}/ids", data=json.dumps(["page/200"])
    ).get_json()["results"]
    assert known["id"] is None
