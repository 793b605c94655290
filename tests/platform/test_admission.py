"""Who gets in at which door, and that the wrong ones learn nothing there."""

from dataclasses import replace
from datetime import timedelta

import flask
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from portway_platform.admission import (
    AdminMay,
    AppItself,
    AppMay,
    ListenerItself,
    ListenerMay,
)
from portway_platform.app import FEATURES, open_interfaces, register
from portway_platform.callers import request_target
from portway_scopes import Access
from portway_service.endpoints import Open, install_error_answers, refuse_unstated_access
from support.manifests import APP_KEY
from support.platform import ADMIN_TOKEN, Running
from support.rows import add_file, add_listener, add_transfer, sign_as_listener
from support.vendor import VendorApp, a_descriptor, sign_as_app

CONNECT = "/rest/atlassian-connect/1/migration"
ACME = "/sites/acme/wiki"


class Namespace(BaseModel):
    namespace: str


def tell(call):
    """Answer who was admitted, and to what."""
    granted = call.admitted.granted
    return {
        "app": call.admitted.caller.app_key,
        "transfer": granted and granted.transfer_id,
        "scopes": granted and sorted(granted.granted_scopes),
    }


@pytest.fixture
def probed(ready: Running) -> Running:
    """A ready platform with more endpoints at its doors, that only tell who was admitted."""
    doors = open_interfaces(ready.platform.services, ready.platform.app_authenticator)
    for feature in FEATURES:
        feature.endpoints(ready.platform.services, doors)
    for api, may, itself in (
        (doors.connect, AppMay, AppItself),
        (doors.gateway, ListenerMay, ListenerItself),
    ):
        api.endpoint("GET", "/itself", access=itself("be probed"))(tell)
        for access in Access:
            query = Namespace if access is Access.READ_MAPPINGS else None
            path = f"/{access.name}/<transfer_id>"
            api.endpoint("POST", path, access=may(access), query=query, body=dict)(tell)
    doors.connect.endpoint("GET", "/file/<s3_key>", access=AppMay(Access.DOWNLOAD_APP_DATA))(tell)
    doors.gateway.endpoint("GET", "/file/<key>", access=ListenerMay(Access.UPLOAD_APP_DATA))(tell)
    app = flask.Flask("probe")
    install_error_answers(app, ids=ready.ids)
    register(app, doors)
    return replace(ready, platform=replace(ready.platform, app=app))


def as_app(running, vendor, path, *, method="GET", base=ACME, json=None, **claims):
    url = f"{base}{CONNECT}/{path}"
    claims = {"context_path": base, "now": running.clock.now(), **claims}
    headers = sign_as_app(vendor.secret, method, url, **claims)
    return running.call(method, url, headers=headers, json=json)


def as_listener(running, listener_id, path, *, method="GET", json=None, **claims):
    url = f"/gateway/v1/{path}"
    claims = {"now": running.clock.now(), **claims}
    headers = sign_as_listener(listener_id, method, url, **claims)
    return running.call(method, url, headers=headers, json=json)


def told(answer):
    """What an answer says, but for the number of the request."""
    return answer.status_code, {**answer.json, "request_id": ""}


# Admins


def admin_endpoints(app):
    return [
        (method, rule.build(dict.fromkeys(rule.arguments, "x"))[1])
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if str(rule).startswith("/admin/")
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {ADMIN_TOKEN}x"},
        {"Authorization": f"Basic {ADMIN_TOKEN}"},
        {"Authorization": f"JWT {ADMIN_TOKEN}"},
        {"Cookie": "portway_admin=9999999999.00"},
    ],
)
def test_no_admin_endpoint_opens_without_the_admin_token(running, headers):
    endpoints = admin_endpoints(running.app)
    assert len(endpoints) > 25

    for method, path in endpoints:
        # Neither is a body read: this one would be refused for what it is.
        answer = running.call(method, path, headers=headers, data=b"{")
        assert (method, path, answer.status_code) == (method, path, 401)
        assert answer.json["code"] == "unauthenticated"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_apps_and_a_listeners_token_open_no_admin_endpoint(ready):
    vendor, listener_id, now = ready.install(), add_listener(ready), ready.clock.now()

    for method, path in admin_endpoints(ready.app):
        for headers in (
            sign_as_app(vendor.secret, method, path, now=now, context_path=""),
            sign_as_listener(listener_id, method, path, now=now),
        ):
            assert ready.call(method, path, headers=headers).status_code == 401


def test_the_admin_token_opens_neither_gateway_nor_connect(probed):
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}

    assert probed.call("GET", "/gateway/v1/itself", headers=headers).status_code == 401
    assert probed.call("GET", f"{ACME}{CONNECT}/itself", headers=headers).status_code == 403


def test_every_route_of_the_platform_states_its_access(running):
    views = running.app.view_functions.values()

    assert {type(view.stated_access) for view in views} == {
        AdminMay,
        AppMay,
        AppItself,
        ListenerMay,
        ListenerItself,
        Open,
    }


def test_a_route_without_a_stated_access_keeps_the_platform_from_starting(running):
    running.app.add_url_rule("/hole", view_func=lambda: "in")

    with pytest.raises(RuntimeError, match="/hole"):
        refuse_unstated_access(running.app)


def test_an_interface_refuses_an_access_it_does_not_know(running):
    doors = open_interfaces(running.platform.services, running.platform.app_authenticator)

    for api, access in ((doors.admin, Open("mistake")), (doors.public, AdminMay("mistake"))):
        with pytest.raises(TypeError, match="does not know"):
            api.admit(flask.Request({}), access, {}, None)


# Cloud apps


def test_an_installed_app_is_known_by_its_token(probed):
    answer = as_app(probed, probed.install(), "itself")

    assert answer.json == {"app": APP_KEY, "transfer": None, "scopes": None}


def test_a_token_may_come_as_a_parameter(probed):
    vendor = probed.install()
    url = f"{ACME}{CONNECT}/itself?b=2&a=1"
    header = sign_as_app(vendor.secret, "GET", url, now=probed.clock.now())
    token = header["Authorization"].removeprefix("JWT ")

    assert probed.call("GET", f"{url}&jwt={token}").status_code == 200
    assert probed.call("GET", f"{url}&jwt={token}", headers=header).status_code == 401


def test_an_audience_must_hold_the_sites_client_key(probed):
    vendor = probed.install()
    _, installed, _ = vendor.calls[0]

    assert as_app(probed, vendor, "itself", audience=installed["clientKey"]).status_code == 200
    assert as_app(probed, vendor, "itself", audience="other").status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(30, 200), (31, 401), (-209, 200), (-210, 401)])
def test_clocks_may_differ_by_30_seconds(probed, seconds, status):
    """A token lives for 180 s."""
    now = probed.clock.now() + timedelta(seconds=seconds)

    assert as_app(probed, probed.install(), "itself", now=now).status_code == status


def test_a_vendor_is_told_what_is_wrong_with_its_own_token(probed):
    vendor = probed.install()
    late = probed.clock.now() - timedelta(hours=1)

    assert "expired" in as_app(probed, vendor, "itself", now=late).json["message"]
    other_path = as_app(probed, vendor, "itself", context_path="")
    assert "canonical_request" in other_path.json["message"]
    assert other_path.json["code"] == "unauthenticated"


def test_a_token_is_good_for_one_method_path_and_query(probed):
    vendor = probed.install()
    url = f"{ACME}{CONNECT}/itself"
    headers = sign_as_app(vendor.secret, "GET", url, now=probed.clock.now())

    assert probed.call("GET", url, headers=headers).status_code == 200
    assert probed.call("GET", f"{url}?more=1", headers=headers).status_code == 401
    assert probed.call("GET", f"{ACME}{CONNECT}/file/x", headers=headers).status_code == 401


def test_nobody_can_tell_an_unknown_site_from_a_wrong_token(probed):
    vendor = probed.install()
    probed.add_site("other")
    stranger = VendorApp(calls=[("installed", {"sharedSecret": "s" * 43}, "")])

    refusals = [
        as_app(probed, stranger, "itself"),
        as_app(probed, vendor, "itself", issuer="com.example.nobody"),
        as_app(probed, vendor, "itself", base="/sites/other/wiki"),
        as_app(probed, vendor, "itself", base="/sites/none/wiki"),
    ]

    assert told(refusals[0])[0] == 401
    assert all(told(refusal) == told(refusals[0]) for refusal in refusals)


def test_each_installation_has_a_secret_of_its_own(probed):
    probed.add_site("other")
    here, there = probed.install(), probed.install("other")

    assert here.secret != there.secret
    assert as_app(probed, here, "itself", base="/sites/other/wiki").status_code == 401
    assert as_app(probed, there, "itself", base="/sites/other/wiki").status_code == 200


def test_an_app_is_a_stranger_before_it_is_installed_and_after(probed):
    offered = []

    def refuse(request):
        answer = VendorApp().answer(request)
        if request.url.path.endswith("/installed"):
            offered.append(request)
            answer.status_code = 500
        return answer

    probed.outside.hosts["notes.example"] = refuse
    path = f"sites/acme/installations/{APP_KEY}"
    probed.admin(
        "PUT", path, json={"descriptorUrl": "https://notes.example/app/atlassian-connect.json"}
    )
    refused = VendorApp(calls=[("installed", flask.json.loads(offered[0].content), "")])
    assert as_app(probed, refused, "itself").status_code == 401

    installed = probed.install()
    assert as_app(probed, installed, "itself").status_code == 200
    probed.admin("DELETE", path)
    assert as_app(probed, installed, "itself").status_code == 401


def test_confluence_addresses_have_a_wiki_and_jiras_do_not(probed):
    probed.add_site("dev", product="JIRA")
    confluence, jira = probed.install(), probed.install("dev")
    dev = "/sites/dev"

    assert as_app(probed, jira, "itself", base=dev).status_code == 200
    assert as_app(probed, jira, "itself", base=f"{dev}/wiki", context_path=dev).status_code == 404
    bare = as_app(probed, confluence, "itself", base="/sites/acme", context_path="")
    assert bare.status_code == 404


def test_what_an_app_may_write_follows_from_its_connect_scopes(probed):
    authenticator = probed.platform.app_authenticator

    def caller(scopes):
        probed.admin("DELETE", f"sites/acme/installations/{APP_KEY}")
        vendor = probed.install(vendor=VendorApp(a_descriptor(scopes=scopes)))
        headers = sign_as_app(vendor.secret, "GET", f"{ACME}/api", now=probed.clock.now())
        with probed.app.test_request_context(f"{ACME}/api", headers=headers):
            return authenticator.authenticate(flask.request, "acme")

    assert caller(["READ"]).may_write is False
    assert caller(["read", "write"]).may_write is True
    assert caller(["ADMIN"]).may_write is True
    assert caller(None).name == "Page notes"


def test_the_request_is_verified_as_it_travelled(probed):
    """Servers decode the path; the token was signed over what was sent."""
    vendor = probed.install()
    path = f"{ACME}{CONNECT}/file/a%2Cb"
    headers = sign_as_app(vendor.secret, "GET", path, now=probed.clock.now())

    answer = probed.call("GET", path, headers=headers, environ_overrides={"RAW_URI": path})

    assert answer.json["code"] == "app_data_unknown"


@pytest.mark.parametrize(
    ("environ", "target"),
    [
        ({"RAW_URI": "/a%2Fb?x=1"}, "/a%2Fb?x=1"),
        ({"REQUEST_URI": "/a%2Fb?x=1"}, "/a%2Fb?x=1"),
        ({"RAW_URI": "https://portway.example/a?x=1"}, "/a?x=1"),
        ({"RAW_URI": "https://portway.example/a"}, "/a"),
        ({"RAW_URI": "/below/a", "SCRIPT_NAME": "/below"}, "/a"),
        ({"RAW_URI": "/belowground/a", "SCRIPT_NAME": "/below"}, "/belowground/a"),
        ({"PATH_INFO": "/a b/\u00c3\u00a4", "QUERY_STRING": "x=%20"}, "/a%20b/%C3%A4?x=%20"),
        ({"PATH_INFO": "/a"}, "/a"),
    ],
)
def test_the_target_of_a_request_is_found_whatever_the_server_keeps(environ, target):
    assert request_target(flask.Request(environ)) == target


# Listeners


def test_a_listener_is_known_by_its_key(probed):
    answer = as_listener(probed, add_listener(probed), "itself")

    assert answer.json == {"app": APP_KEY, "transfer": None, "scopes": None}


def test_a_listener_must_be_who_its_token_says(probed):
    listener_id = add_listener(probed)
    other_key = Ed25519PrivateKey.generate()

    unknown = as_listener(probed, listener_id, "itself", key=other_key)
    other = as_listener(probed, "another listener", "itself")
    expired = as_listener(
        probed, listener_id, "itself", now=probed.clock.now() - timedelta(minutes=2)
    )
    long_lived = as_listener(probed, listener_id, "itself", lifetime=timedelta(seconds=181))

    for answer in (unknown, other, expired, long_lived):
        assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_listener_without_a_token_is_refused(probed):
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x.y.z"}):
        assert probed.call("GET", "/gateway/v1/itself", headers=headers).status_code == 401


# Transfers and their files


@pytest.fixture
def transfer(probed):
    """A transfer under way, with the app and the listener it belongs to."""
    vendor = probed.install()
    listener_id = add_listener(probed)
    probed.agree()
    migration = probed.begin_migration(core="FINISHED")
    return vendor, listener_id, add_transfer(probed, migration, listener_id)


def both(running, transfer, access, *, query=""):
    """The answers that the cloud app and the listener of a transfer get."""
    vendor, listener_id, transfer_id = transfer
    path = f"{access.name}/{transfer_id}{query}"
    return (
        as_app(running, vendor, path, method="POST", json={}),
        as_listener(running, listener_id, path, method="POST", json={}),
    )


def test_owners_reach_their_transfer(probed, transfer):
    for answer in both(probed, transfer, Access.READ_TRANSFER):
        assert answer.json == {
            "app": APP_KEY,
            "transfer": transfer[2],
            "scopes": ["APP_DATA_UGC", "MIGRATION_TRACING_PRODUCT"],
        }


@pytest.mark.parametrize(
    ("namespace", "status", "code"),
    [
        ("confluence:page", 200, None),
        ("jira/classic:project", 200, None),
        ("identity:user", 403, "scope_not_declared"),
        ("trello:card", 400, "namespace_unknown"),
    ],
)
def test_a_namespace_opens_with_its_scope(probed, transfer, namespace, status, code):
    for answer in both(probed, transfer, Access.READ_MAPPINGS, query=f"?namespace={namespace}"):
        assert (answer.status_code, answer.json.get("code")) == (status, code)


@pytest.mark.parametrize(
    ("data_class", "status", "code"),
    [
        ("", 200, None),
        ("?dataClass=APP_DATA_UGC", 200, None),
        ("?dataClass=APP_DATA_PII", 403, "scope_not_declared"),
        ("?dataClass=MIGRATION_TRACING_PRODUCT", 400, "data_class_unknown"),
    ],
)
def test_an_upload_may_name_its_data_class(probed, transfer, data_class, status, code):
    _, listener_id, transfer_id = transfer
    path = f"UPLOAD_APP_DATA/{transfer_id}{data_class}"

    answer = as_listener(probed, listener_id, path, method="POST", json={})

    assert (answer.status_code, answer.json.get("code")) == (status, code)


def test_a_refused_scope_is_named(probed, transfer):
    probed.agree(scopes=[])

    for answer in both(probed, transfer, Access.READ_MAPPINGS, query="?namespace=jira:issue"):
        assert (answer.status_code, answer.json["code"]) == (403, "scope_not_granted")
        assert answer.json["details"] == {"missing": ["MIGRATION_TRACING_PRODUCT"]}


@pytest.mark.parametrize("access", sorted(set(Access) - {Access.READ_MAPPINGS}))
def test_withdrawing_closes_the_very_next_request(probed, transfer, access):
    record = probed.read_card()["record"]
    withdrawal = f"consents/{record['recordId']}/withdrawal"
    probed.admin("POST", withdrawal, json={"withdrawnBy": "bob"})

    for answer in both(probed, transfer, access):
        assert (answer.status_code, answer.json["code"]) == (403, "consent_withdrawn")


def test_a_new_version_closes_the_very_next_request(probed, transfer):
    probed.publish(version="1.0.1")

    for answer in both(probed, transfer, Access.READ_TRANSFER):
        assert (answer.status_code, answer.json["code"]) == (403, "consent_stale")
    probed.agree()
    for answer in both(probed, transfer, Access.READ_TRANSFER):
        assert answer.status_code == 200


def test_without_an_agreement_nothing_opens(probed):
    vendor, listener_id = probed.install(), add_listener(probed)
    transfer_id = add_transfer(probed, probed.begin_migration(), listener_id)

    for answer in both(probed, (vendor, listener_id, transfer_id), Access.READ_TRANSFER):
        assert (answer.status_code, answer.json["code"]) == (403, "consent_required")


def test_an_agreement_for_another_server_opens_nothing_here(probed):
    probed.add_server("other-dc")
    vendor, listener_id = probed.install(), add_listener(probed)
    probed.agree(server="other-dc")
    transfer_id = add_transfer(probed, probed.begin_migration(), listener_id)

    for answer in both(probed, (vendor, listener_id, transfer_id), Access.READ_TRANSFER):
        assert answer.json["code"] == "consent_required"


@pytest.mark.parametrize("status", ["SUCCESS", "FAILED", "CANCELLED", "TIMED_OUT"])
def test_a_settled_transfer_gives_no_more_access(probed, transfer, status):
    vendor, listener_id, _ = transfer
    migration = probed.begin_migration()
    settled = add_transfer(probed, migration, listener_id, status=status)

    for answer in both(probed, (vendor, listener_id, settled), Access.READ_TRANSFER):
        assert (answer.status_code, answer.json["code"]) == (403, "transfer_settled")


def test_a_refusal_comes_before_the_body_is_read(probed, transfer):
    vendor, _, _ = transfer
    url = f"{ACME}{CONNECT}/READ_TRANSFER/none"
    headers = sign_as_app(vendor.secret, "POST", url, now=probed.clock.now())

    answer = probed.call("POST", url, headers=headers, data=b"no JSON at all")

    assert (answer.status_code, answer.json["code"]) == (403, "transfer_unknown")


@pytest.fixture
def strangers(probed):
    """The same app on another site, and the listener of another server, both in good standing."""
    probed.add_site("other")
    probed.add_server("other-dc")
    vendor = probed.install("other")
    listener_id = add_listener(probed, server="other-dc", key=STRANGERS_KEY)
    probed.agree(server="other-dc", site="other")
    return vendor, listener_id


STRANGERS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def as_strangers(running, strangers, path, *, method):
    vendor, listener_id = strangers
    body = {} if method == "POST" else None
    return (
        as_app(running, vendor, path, method=method, json=body, base="/sites/other/wiki"),
        as_listener(running, listener_id, path, method=method, json=body, key=STRANGERS_KEY),
    )


@pytest.mark.parametrize("access", Access)
def test_others_cannot_tell_a_transfer_from_none(probed, transfer, strangers, access):
    _, _, transfer_id = transfer
    query = "?namespace=confluence:page" if access is Access.READ_MAPPINGS else ""

    real = as_strangers(probed, strangers, f"{access.name}/{transfer_id}{query}", method="POST")
    made_up = as_strangers(probed, strangers, f"{access.name}/made-up{query}", method="POST")

    for answer, other in zip(real, made_up, strict=True):
        assert (answer.status_code, answer.json["code"]) == (403, "transfer_unknown")
        assert answer.text.replace(transfer_id, "made-up")[:60] == other.text[:60]


def test_owners_reach_their_files_and_others_cannot_tell_them_from_none(
    probed, transfer, strangers
):
    vendor, listener_id, transfer_id = transfer
    key = add_file(probed, transfer_id)

    assert as_app(probed, vendor, f"file/{key}").json["transfer"] == transfer_id
    assert as_listener(probed, listener_id, f"file/{key}").json["transfer"] == transfer_id
    for path in (f"file/{key}", "file/made-up"):
        for answer in as_strangers(probed, strangers, path, method="GET"):
            assert (answer.status_code, answer.json["code"]) == (404, "app_data_unknown")


def test_a_file_is_opened_by_its_own_data_class(probed, transfer):
    _, listener_id, transfer_id = transfer
    key = add_file(probed, transfer_id, data_class="APP_DATA_PII")

    answer = as_listener(probed, listener_id, f"file/{key}?dataClass=APP_DATA_UGC")

    assert (answer.status_code, answer.json["code"]) == (403, "scope_not_declared")
