"""Environments of Forge apps on sites, and listeners that name them."""

import jwt
import pytest

from support.app_side import a_declaration, enrol
from support.forge import FORGE_APP_ID, a_forge_move, a_forge_part, install_forge
from support.manifests import APP_KEY, a_manifest
from support.platform import PUBLIC_URL
from support.vendor import VendorApp

PLACE = f"sites/acme/forge-installations/{APP_KEY}"


@pytest.fixture
def published(running):
    running.add_site()
    running.add_server()
    manifest = a_manifest(forge=a_forge_part())
    assert running.admin("PUT", f"apps/{APP_KEY}/versions/1.0.0", json=manifest).status_code == 201
    return running


def test_an_environment_is_put_on_a_site_once(published):
    first = published.admin("PUT", f"{PLACE}/development", json={})
    again = published.admin(
        "PUT", f"{PLACE}/development", json={"remoteUrl": "https://new.example/e"}
    )

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["remoteUrl"] == "https://remote.example/development/events"
    assert again.json["forgeInstallationId"] == first.json["forgeInstallationId"]
    listed = published.admin("GET", "sites/acme/forge-installations").json
    assert [entry["remoteUrl"] for entry in listed] == ["https://new.example/e"]


def test_several_environments_are_on_one_site(published):
    for name in ("production", "development"):
        published.admin("PUT", f"{PLACE}/{name}", json={})

    listed = published.admin("GET", "sites/acme/forge-installations").json

    assert [entry["environment"] for entry in listed] == ["development", "production"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PRODUCTION", "forge_environment_case"),
        ("Development", "forge_environment_case"),
        ("preview", "forge_environment_unknown"),
    ],
)
def test_an_environment_the_manifest_does_not_name_is_refused(published, name, code):
    answer = published.admin("PUT", f"{PLACE}/{name}", json={})

    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_an_app_without_a_forge_part_cannot_be_put_anywhere(ready):
    answer = ready.admin("PUT", f"{PLACE}/development", json={})

    assert (answer.status_code, answer.json["code"]) == (422, "forge_app_missing")


@pytest.mark.parametrize("url", ["http://remote.example/e", "https://u:p@x.example/", "no address"])
def test_events_go_to_https_addresses_only(published, url):
    answer = published.admin("PUT", f"{PLACE}/development", json={"remoteUrl": url})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"app_id": "notes"}, "app_id"),
        ({"environments": []}, "environments"),
        ({"environments": [{"name": "PROD", "remote_url": "https://x.example/"}]}, "lower case"),
        ({"environments": [{"name": "dev", "remote_url": "https://x.example/"}] * 2}, "once"),
        ({"events": ["uploaded"]}, "events"),
        ({"functions": []}, "functions"),
    ],
)
def test_a_faulty_forge_part_is_refused_with_its_fault(running, changes, problem):
    manifest = a_manifest(forge=a_forge_part(**changes))

    answer = running.admin("PUT", f"apps/{APP_KEY}/versions/1.0.0", json=manifest)

    assert answer.status_code == 400
    assert problem in answer.text


# Listeners


def declare(server, **changes):
    return server.call("PUT", "listeners/self", json=a_declaration(**changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"forgeEnvironment": "PRODUCTION"}, "forge_environment_case"),
        ({"forgeEnvironment": "preview"}, "forge_environment_unknown"),
        ({"forgeAppId": "00000000-0000-4000-8000-00000000dead"}, "forge_app_other"),
    ],
)
def test_a_listener_that_names_what_is_not_there_learns_it_at_once(published, changes, code):
    server = enrol(published)

    answer = declare(server, **{"forgeAppId": FORGE_APP_ID, **changes})

    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_a_listener_may_write_the_app_id_in_upper_case(published):
    server = enrol(published)

    assert declare(server, forgeAppId=FORGE_APP_ID.upper()).status_code == 200
    assert declare(server, forgeAppId="notes").status_code == 400


def test_a_transfer_to_an_environment_that_is_not_on_the_site_says_which_are(running):
    move = a_forge_move(running)
    declare(move.server, forgeAppId=FORGE_APP_ID, forgeEnvironment="production")

    path = f"migrations/{move.migration_id}/transfers"
    answer = running.admin("POST", path, json={"appKey": APP_KEY})

    assert (answer.status_code, answer.json["code"]) == (409, "forge_environment_not_installed")
    assert "installed: development" in answer.json["message"]


def test_a_listener_without_a_forge_app_does_not_move_to_one(running):
    move = a_forge_move(running)
    declare(move.server)

    path = f"migrations/{move.migration_id}/transfers"
    answer = running.admin("POST", path, json={"appKey": APP_KEY})

    assert (answer.status_code, answer.json["code"]) == (409, "listener_not_forge")


def test_each_environment_has_its_own_transfers(running):
    move = a_forge_move(running, environment="production")
    development = install_forge(running)
    transfer_id = move.begin()
    move.upload(transfer_id)
    move.work()

    assert str(development.remote.calls[-1].url).endswith("/production/events")
    development.token = development.fresh_token()
    assert development.call("GET", f"data/{transfer_id}/all").status_code == 403
    move.app.token = move.app.fresh_token()
    assert move.app.call("GET", f"data/{transfer_id}/all").status_code == 200


def test_a_connect_app_and_a_forge_app_share_a_key_and_a_site(running):
    """A vendor who moves from Connect to Forge has both for a while; the listener chooses."""
    move = a_forge_move(running)
    running.install(vendor=VendorApp())
    forge_transfer = move.begin()
    declare(move.server)
    other = running.begin_migration(core="FINISHED")["migrationId"]
    path = f"migrations/{other}/transfers"
    connect_transfer = running.admin("POST", path, json={"appKey": APP_KEY}).json["transferId"]

    assert move.transfer(forge_transfer)["forge"] is not None
    assert move.transfer(connect_transfer)["forge"] is None
    move.app.token = move.app.fresh_token()
    assert move.app.call("GET", f"data/{forge_transfer}/all").status_code == 200
    assert move.app.call("GET", f"data/{connect_transfer}/all").status_code == 403


def test_an_app_taken_off_a_site_comes_back_without_its_environments(running):
    move = a_forge_move(running)
    install_forge(running, environment="production")
    running.admin("DELETE", f"sites/acme/installations/{APP_KEY}")

    install_forge(running)

    listed = running.admin("GET", "sites/acme/forge-installations").json
    assert [entry["environment"] for entry in listed] == ["development"]
    assert move.begin()


def test_the_public_address_is_the_issuer(running):
    move = a_forge_move(running)

    claims = jwt.decode(move.app.fresh_token(), options={"verify_signature": False})
    assert claims["iss"] == PUBLIC_URL
    assert claims["sub"] == f"ari:cloud:ecosystem::app/{FORGE_APP_ID}"
