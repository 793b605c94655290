"""Sites and servers over the admin API."""

import pytest


@pytest.mark.parametrize(
    ("product", "address"),
    [
        ("CONFLUENCE", "https://portway.example/sites/acme/wiki"),
        ("JIRA", "https://portway.example/sites/acme"),
    ],
)
def test_a_site_has_an_address_that_fits_its_product(running, product, address):
    answer = running.admin("PUT", "sites/acme", json={"name": "Acme", "product": product})

    assert answer.status_code == 201
    assert answer.json["baseUrl"] == address
    assert running.admin("GET", "sites/acme").json == answer.json
    assert running.admin("GET", "sites").json == [answer.json]


def test_putting_a_site_again_renames_it_and_keeps_its_identity(running):
    first = running.add_site("acme")

    answer = running.admin("PUT", "sites/acme", json={"name": "Acme wiki"})

    assert answer.status_code == 200
    assert answer.json == {**first, "name": "Acme wiki"}


def test_a_site_keeps_its_product(running):
    running.add_site("acme")

    answer = running.admin("PUT", "sites/acme", json={"name": "Acme", "product": "JIRA"})

    assert (answer.status_code, answer.json["code"]) == (409, "product_fixed")
    assert running.admin("GET", "sites/acme").json["product"] == "CONFLUENCE"


@pytest.mark.parametrize("key", ["Acme", "-acme", "a" * 64, "ac me", "acme.", "%2e%2e"])
def test_a_site_key_fits_into_an_address(running, key):
    answer = running.admin("PUT", f"sites/{key}", json={"name": "Acme"})

    assert answer.status_code == 400
    assert answer.json["details"][0]["field"] == "siteKey"


def test_a_misspelt_field_is_refused_and_named(running):
    answer = running.admin("PUT", "sites/acme", json={"nmae": "Acme"})

    fields = {fault["field"] for fault in answer.json["details"]}
    assert (answer.status_code, fields) == (400, {"name", "nmae"})
    assert running.admin("GET", "sites").json == []


def test_a_server_can_move_to_another_address(running):
    first = running.add_server("acme-dc")

    wanted = {"name": "Data center", "baseUrl": "https://wiki.acme.example"}
    answer = running.admin("PUT", "servers/acme-dc", json=wanted)

    assert answer.status_code == 200
    assert answer.json == {**first, **wanted}
    assert running.admin("GET", "servers").json == [answer.json]
    assert running.admin("GET", "servers/acme-dc").json == answer.json


@pytest.mark.parametrize(
    ("path", "code"), [("sites/none", "site_unknown"), ("servers/none", "server_unknown")]
)
def test_what_was_never_made_is_unknown(running, path, code):
    answer = running.admin("GET", path)

    assert (answer.status_code, answer.json["code"]) == (404, code)
