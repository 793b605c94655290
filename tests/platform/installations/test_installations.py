"""Installing a cloud app on a site: the handshake, and what survives an interruption."""

import threading
from dataclasses import replace

import httpx
import pytest
import sqlalchemy

from portway_platform.app import create_app
from portway_platform.installations.tables import installations
from portway_sdk.tokens import verify_connect_token, verify_install_token
from support.manifests import APP_KEY, DESCRIPTOR_URL
from support.platform import a_platform
from support.rows import add_listener, add_transfer
from support.vendor import BASE_URL, VendorApp, a_descriptor, sign_as_app

PATH = f"sites/acme/installations/{APP_KEY}"
WEBHOOK = "/sites/acme/wiki/rest/atlassian-connect/1/migration/webhook"


def install(running, vendor, *, url=DESCRIPTOR_URL, **body):
    running.outside.hosts["notes.example"] = vendor.answer
    return running.admin("PUT", PATH, json={"descriptorUrl": url, **body})


def calls_home(running, secret):
    """Whether the platform believes a token signed with a secret."""
    headers = sign_as_app(secret, "GET", WEBHOOK, now=running.clock.now())
    return running.call("GET", WEBHOOK, headers=headers).status_code == 200


def status(running):
    found = running.admin("GET", "sites/acme/installations").json
    return found[0]["status"] if found else None


def test_an_app_is_installed_once_it_accepted_its_secret(ready):
    vendor = VendorApp()

    answer = install(ready, vendor)

    assert answer.status_code == 201
    assert answer.json == {
        "installationId": answer.json["installationId"],
        "appKey": APP_KEY,
        "siteKey": "acme",
        "status": "ENABLED",
        "baseUrl": BASE_URL,
    }
    assert ready.admin("GET", "sites/acme/installations").json == [answer.json]
    assert vendor.events() == ["installed", "enabled"]


def test_installed_brings_what_the_contract_promises(ready):
    """Wire contract, 3.3."""
    site = ready.admin("GET", "sites/acme").json
    vendor = VendorApp()
    install(ready, vendor)

    _, body, token = vendor.calls[0]

    assert body == {
        "key": APP_KEY,
        "clientKey": site["clientKey"],
        "oauthClientId": body["oauthClientId"],
        "sharedSecret": body["sharedSecret"],
        "publicKey": ready.platform.services.keys.install.public_base64,
        "baseUrl": "https://portway.example/sites/acme/wiki",
        "productType": "confluence",
        "description": "acme",
        "eventType": "installed",
    }
    assert len(body["sharedSecret"]) >= 32
    assert len(body["oauthClientId"]) == 32
    kid = ready.platform.services.keys.install.kid
    claims = verify_install_token(
        token,
        public_key_pem=ready.call("GET", f"/keys/{kid}").data,
        client_key=site["clientKey"],
        app_base_url=BASE_URL,
        method="POST",
        url="/app/installed",
        context_path="/app",
        now=ready.clock.now(),
    )
    assert claims.key_id == kid


def test_enabled_is_signed_with_the_new_secret_and_does_not_repeat_it(ready):
    vendor = VendorApp()
    install(ready, vendor)

    _, body, token = vendor.calls[1]

    assert body["eventType"] == "enabled"
    assert "sharedSecret" not in body
    verify_connect_token(
        token,
        secret=vendor.secret,
        issuer=ready.admin("GET", "sites/acme").json["clientKey"],
        audience=APP_KEY,
        method="POST",
        url="/app/enabled",
        context_path="/app",
        now=ready.clock.now(),
    )


def test_an_app_without_an_enabled_path_is_enabled_all_the_same(ready):
    vendor = VendorApp(a_descriptor(lifecycle={"installed": "/installed"}))

    assert install(ready, vendor).json["status"] == "ENABLED"
    assert vendor.events() == ["installed"]


def test_installing_from_the_same_address_again_asks_nobody(ready):
    vendor = ready.install()
    calls = len(ready.outside.calls)

    answer = install(ready, vendor)

    assert answer.status_code == 200
    assert len(ready.outside.calls) == calls


def test_an_app_that_refuses_its_secret_is_not_installed(ready):
    vendor = VendorApp(statuses={"/installed": 500})

    answer = install(ready, vendor)

    assert (answer.status_code, answer.json["code"]) == (502, "app_did_not_accept")
    assert "installed" in answer.json["message"]
    assert status(ready) == "INSTALLING"


def test_a_refused_handshake_is_repeated_with_the_same_secret(ready):
    """The app may have kept the secret although its answer was an error, or got lost."""
    offered = []

    def forgetful(request):
        if request.url.path.endswith("/installed"):
            offered.append(request.content)
            return httpx.Response(503 if len(offered) == 1 else 204)
        return VendorApp().answer(request)

    ready.outside.hosts["notes.example"] = forgetful
    first = ready.admin("PUT", PATH, json={"descriptorUrl": DESCRIPTOR_URL})
    second = ready.admin("PUT", PATH, json={"descriptorUrl": DESCRIPTOR_URL})

    assert (first.status_code, second.status_code) == (502, 201)
    assert offered[0] == offered[1]


def test_an_app_that_fails_at_enabled_is_told_again_and_keeps_its_secret(ready):
    vendor = VendorApp(statuses={"/enabled": 500})
    first = install(ready, vendor)
    vendor.statuses.clear()

    second = install(ready, vendor)

    assert (first.status_code, second.status_code) == (502, 200)
    assert second.json["status"] == "ENABLED"
    assert vendor.events() == ["installed", "enabled"]


def test_an_app_may_call_back_while_it_handles_enabled(ready):
    vendor = VendorApp()
    seen = []

    def call_back(event):
        headers = sign_as_app(vendor.secret, "GET", WEBHOOK, now=ready.clock.now())
        answer = ready.call("GET", WEBHOOK, headers=headers)
        seen.append((event, status(ready), answer.status_code))

    vendor.on_call = call_back
    install(ready, vendor)

    assert seen == [("installed", "INSTALLING", 401), ("enabled", "INSTALLED", 200)]


@pytest.mark.parametrize("dies_during", ["installed", "enabled"])
def test_a_process_that_dies_in_the_handshake_is_finished_by_the_next(tmp_path, dies_during):
    class Dies(BaseException):
        pass

    def die(event):
        if event == dies_during:
            raise Dies

    vendor = VendorApp()
    with a_platform(folder=tmp_path) as first:
        first.add_site()
        first.publish()
        vendor.on_call = die
        with pytest.raises(Dies):
            install(first, vendor)
    vendor.on_call = lambda event: None
    with a_platform(folder=tmp_path) as second:
        assert install(second, vendor).json["status"] == "ENABLED"

    secrets = {body["sharedSecret"] for event, body, _ in vendor.calls if event == "installed"}
    assert secrets == {vendor.secret}


def test_an_app_that_moves_gets_a_new_secret(ready):
    vendor = ready.install()
    old = vendor.secret

    answer = install(ready, vendor, url=f"{DESCRIPTOR_URL}?v=2")

    assert answer.status_code == 201
    assert vendor.secret != old


def test_an_app_that_fails_to_move_stays_where_it_was(ready):
    vendor = ready.install()
    vendor.statuses["/installed"] = 500

    answer = install(ready, vendor, url=f"{DESCRIPTOR_URL}?v=2")

    assert answer.status_code == 502
    with ready.platform.services.database.read() as connection:
        row = connection.execute(sqlalchemy.select(installations)).one()
    assert (row.status, row.descriptor_url) == ("ENABLED", DESCRIPTOR_URL)
    assert row.shared_secret == vendor.secret


def test_two_installations_at_once_agree_on_one_secret(ready):
    vendor = VendorApp()
    met = threading.Barrier(2, timeout=10)

    def meet(event):
        if event == "installed":
            met.wait()

    vendor.on_call = meet
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(install(ready, vendor))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {201}
    with ready.platform.services.database.read() as connection:
        kept = connection.execute(sqlalchemy.select(installations.c.shared_secret)).scalars().all()
    assert kept == [vendor.secret]


def test_an_uninstalled_app_is_told_and_gone(ready):
    site = ready.admin("GET", "sites/acme").json
    vendor = ready.install()

    answer = ready.admin("DELETE", PATH)

    assert answer.status_code == 204
    assert ready.admin("GET", "sites/acme/installations").json == []
    assert vendor.events() == ["installed", "enabled"]
    ready.platform.worker.run_due()
    event, body, token = vendor.calls[-1]
    assert event == body["eventType"] == "uninstalled"
    verify_install_token(
        token,
        public_key_pem=ready.platform.services.keys.install.public_pem.encode(),
        client_key=site["clientKey"],
        app_base_url=BASE_URL,
        method="POST",
        url="/app/uninstalled",
        context_path="/app",
        now=ready.clock.now(),
    )


def test_an_app_that_is_down_can_be_uninstalled_and_is_told_when_it_is_back(ready):
    vendor = ready.install()
    vendor.statuses["/uninstalled"] = 500

    assert ready.admin("DELETE", PATH).status_code == 204
    assert status(ready) is None
    ready.platform.worker.run_due()
    ready.advance(hours=1)
    ready.platform.worker.run_due()
    vendor.statuses.clear()
    ready.advance(hours=2)
    ready.platform.worker.run_due()
    ready.advance(hours=2)
    ready.platform.worker.run_due()

    assert vendor.events() == ["installed", "enabled", "uninstalled"]


def test_an_app_that_never_answers_is_told_for_75_hours(ready):
    vendor = ready.install()
    vendor.statuses["/uninstalled"] = 500
    ready.admin("DELETE", PATH)

    for _ in range(400):
        ready.platform.worker.run_due()
        ready.advance(minutes=15)

    attempts = [call for call in ready.outside.calls if call.url.path.endswith("/uninstalled")]
    assert 60 < len(attempts) < 110


def test_an_app_that_is_back_is_not_told_that_it_is_gone(ready):
    vendor = ready.install()
    ready.admin("DELETE", PATH)
    install(ready, vendor)

    ready.platform.worker.run_due()

    assert vendor.events() == ["installed", "enabled", "installed", "enabled"]


def test_an_app_is_installed_again_with_a_new_secret_the_old_one_vouches_for(ready):
    vendor = ready.install()
    old = vendor.secret

    answer = install(ready, vendor, reinstall=True)

    assert answer.status_code == 200
    assert vendor.secret != old
    assert calls_home(ready, vendor.secret)
    assert not calls_home(ready, old)
    (call,) = (
        call
        for call in ready.outside.calls
        if call.url.path.endswith("/installed") and "Portway-Former-Secret" in call.headers
    )
    verify_connect_token(
        call.headers["Portway-Former-Secret"].removeprefix("JWT "),
        secret=old,
        issuer=ready.admin("GET", "sites/acme").json["clientKey"],
        audience=(),
        method="POST",
        url="/app/installed",
        context_path="/app",
        now=ready.clock.now(),
    )


def test_a_refused_reinstallation_leaves_the_old_secret_in_force(ready):
    vendor = ready.install()
    vendor.statuses["/installed"] = 500

    answer = install(ready, vendor, reinstall=True)

    assert answer.status_code == 502
    assert status(ready) == "ENABLED"
    assert calls_home(ready, vendor.secret)


def test_an_app_whose_acceptance_was_lost_is_believed_with_either_secret(ready):
    """It kept the new secret, and we never heard: its token proves that it did."""
    vendor = ready.install()
    old = vendor.secret
    taken = []

    def answers_and_breaks(request):
        if request.url.path.endswith("/installed"):
            vendor.answer(request)
            taken.append(vendor.secret)
            raise httpx.ReadError("the connection broke", request=request)
        return vendor.answer(request)

    ready.outside.hosts["notes.example"] = answers_and_breaks
    body = {"descriptorUrl": DESCRIPTOR_URL, "reinstall": True}
    assert ready.admin("PUT", PATH, json=body).status_code == 502

    assert calls_home(ready, old)
    assert calls_home(ready, taken[0])
    install(ready, vendor, reinstall=True)
    assert vendor.secret == taken[0]
    assert not calls_home(ready, old)


def test_a_disabled_app_may_not_call_until_it_is_enabled_again(ready):
    lifecycle = {"installed": "/installed", "enabled": "/enabled", "disabled": "/disabled"}
    vendor = ready.install(vendor=VendorApp(a_descriptor(lifecycle=lifecycle)))

    answer = ready.admin("PUT", f"{PATH}/status", json={"status": "DISABLED"})

    assert (answer.status_code, answer.json["status"]) == (200, "DISABLED")
    assert not calls_home(ready, vendor.secret)
    answer = ready.admin("PUT", f"{PATH}/status", json={"status": "ENABLED"})
    assert (answer.status_code, answer.json["status"]) == (200, "ENABLED")
    assert calls_home(ready, vendor.secret)
    assert vendor.events() == ["installed", "enabled", "disabled", "enabled"]


def test_an_app_that_does_not_accept_its_pause_goes_on(ready):
    lifecycle = {"installed": "/installed", "disabled": "/disabled"}
    vendor = VendorApp(a_descriptor(lifecycle=lifecycle), statuses={"/disabled": 500})
    ready.install(vendor=vendor)

    answer = ready.admin("PUT", f"{PATH}/status", json={"status": "DISABLED"})

    assert (answer.status_code, answer.json["code"]) == (502, "app_did_not_accept")
    assert status(ready) == "ENABLED"


def test_an_app_is_not_paused_while_its_transfers_run(ready):
    ready.install()
    add_transfer(ready, ready.begin_migration(), add_listener(ready), status="IN_PROGRESS")

    answer = ready.admin("PUT", f"{PATH}/status", json={"status": "DISABLED"})

    assert answer.json["code"] == "transfers_running"


def test_what_is_not_installed_cannot_be_paused(ready):
    answer = ready.admin("PUT", f"{PATH}/status", json={"status": "DISABLED"})

    assert answer.json["code"] == "installation_unknown"


def test_an_app_is_called_where_its_data_is_kept(ready):
    ready.admin("PUT", "sites/acme", json={"name": "acme", "region": "EU"})
    vendor = VendorApp(a_descriptor(regionBaseUrls={"EU": "https://eu.notes.example/app"}))
    ready.outside.hosts["eu.notes.example"] = vendor.answer

    answer = install(ready, vendor)

    assert answer.json["baseUrl"] == "https://eu.notes.example/app"
    hosts = [call.url.host for call in ready.outside.calls]
    assert hosts == ["notes.example", "eu.notes.example", "eu.notes.example"]
    _, _, token = vendor.calls[0]
    verify_install_token(
        token,
        public_key_pem=ready.platform.services.keys.install.public_pem.encode(),
        client_key=ready.admin("GET", "sites/acme").json["clientKey"],
        app_base_url="https://eu.notes.example/app",
        method="POST",
        url="/app/installed",
        context_path="/app",
        now=ready.clock.now(),
    )


def test_an_app_is_not_uninstalled_while_its_transfers_run(ready):
    ready.install()
    listener_id = add_listener(ready)
    migration = ready.begin_migration()
    add_transfer(ready, migration, listener_id, status="SUCCESS")
    add_transfer(ready, migration, listener_id, status="IN_PROGRESS")

    answer = ready.admin("DELETE", PATH)

    assert (answer.status_code, answer.json["code"]) == (409, "transfers_running")
    assert answer.json["message"].endswith(": 1.")
    assert status(ready) == "ENABLED"


def test_an_app_that_comes_back_starts_with_a_new_secret(ready):
    vendor = ready.install()
    old, number = vendor.secret, ready.admin("GET", "sites/acme/installations").json[0]
    ready.admin("DELETE", PATH)

    answer = install(ready, vendor)

    assert answer.status_code == 201
    assert answer.json == number
    assert vendor.secret != old


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"sites/none/installations/{APP_KEY}", "site_unknown"),
        ("sites/acme/installations/com.example.none", "app_unknown"),
    ],
)
def test_only_published_apps_are_installed_and_only_on_sites_there_are(ready, path, code):
    answer = ready.admin("PUT", path, json={"descriptorUrl": DESCRIPTOR_URL})

    assert (answer.status_code, answer.json["code"]) == (404, code)
    assert ready.outside.calls == []


def test_what_is_not_installed_cannot_be_uninstalled(ready):
    assert ready.admin("DELETE", PATH).json["code"] == "installation_unknown"
    ready.install()
    ready.admin("DELETE", PATH)
    assert ready.admin("DELETE", PATH).json["code"] == "installation_unknown"


@pytest.mark.parametrize("url", ["notes.example", "file:///etc/passwd", "https://u:p@x.example/"])
def test_a_descriptor_address_is_a_web_address(ready, url):
    answer = ready.admin("PUT", PATH, json={"descriptorUrl": url})

    assert answer.status_code == 400
    assert answer.json["details"][0]["field"] == "descriptorUrl"


def test_a_platform_in_production_calls_no_address_of_this_machine(ready):
    guarded = create_app(ready.platform.services.settings)
    try:
        answer = replace(ready, platform=guarded).admin(
            "PUT", PATH, json={"descriptorUrl": "https://127.0.0.1:9/descriptor.json"}
        )
    finally:
        guarded.close()

    assert (answer.status_code, answer.json["code"]) == (422, "address_refused")
    assert status(ready) is None
