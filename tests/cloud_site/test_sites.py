"""Sites are made once, named by a key, and do not see one another."""

import pytest

from support.site import TOKEN, a_page, a_space, a_user, beside


def test_making_a_site_again_leaves_it(site):
    again = site.call("PUT", "/portway/v1/site", json={"name": "Another name"})

    assert again.status_code == 200
    assert again.get_json() == {
        "site": "acme",
        "name": "Acme",
        "baseUrl": "https://portway.example/sites/acme/wiki",
    }


@pytest.mark.parametrize("key", ["Acme", "-acme", "a_b", "a" * 64])
def test_a_site_key_is_a_host_label(site, key):
    response = site.client.put(
        f"/sites/{key}/wiki/portway/v1/site",
        json={"name": "X"},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )

    assert response.status_code == 400
    assert response.get_json()["code"] == "invalid_request"


def test_a_site_that_was_not_made_is_unknown(site):
    site.key = "elsewhere"

    response = site.call("GET", "/api/v2/pages")

    assert response.status_code == 404
    assert response.get_json()["code"] == "cloud_site_unknown"
    assert "PUT /sites/{site}" in response.get_json()["fix"]


def test_sites_hold_the_same_ids_and_never_each_others_content(site):
    other = beside(site, "beside")
    ours = site.must_send(a_user(), a_space(), a_page(title="Ours"))
    theirs = other.must_send(a_user(), a_space(), a_page(title="Theirs"))

    assert ours[1:] == theirs[1:]
    assert ours[0] != theirs[0]
    assert site.product(f"/pages/{ours[2]}")["title"] == "Ours"
    assert other.product(f"/pages/{ours[2]}")["title"] == "Theirs"
    assert [page["title"] for page in site.product("/pages")["results"]] == ["Ours"]
    assert other.product("/pages", query_string={"title": "Ours"})["results"] == []
    assert "Theirs" not in site.page_html(f"/spaces/DEMO/pages/{ours[2]}")
    users = {"accountIds": [ours[0], theirs[0]]}
    found = site.call("POST", "/api/v2/users-bulk", json=users).get_json()["results"]
    assert [user["accountId"] for user in found] == [ours[0]]


def test_a_source_of_one_site_is_another_source_in_another(site):
    other = beside(site, "beside")
    site.must_send(a_user(), a_space())

    [result] = other.send(a_page())

    assert result["code"] == "reference_missing"
    assert other.inventory() == {}
