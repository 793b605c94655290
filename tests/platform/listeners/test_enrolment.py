"""How a listener becomes known. docs/reference/gateway-api.md#enrolment"""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portway_sdk.tokens import public_key_of, thumbprint
from support.app_side import ServerSide, a_declaration, enrol
from support.manifests import APP_KEY, SERVER_APP_KEY

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def a_token(running, server="acme-dc"):
    answer = running.admin("POST", f"servers/{server}/enrolments", json={"appKey": APP_KEY})
    assert answer.status_code == 201, answer.text
    return answer.json["enrolmentToken"]


def hand_in(running, token, *, key=KEY, scheme="Enrolment", **declaration):
    return running.call(
        "POST",
        "/gateway/v1/listeners",
        headers={"Authorization": f"{scheme} {token}"} if token else {},
        json={
            "publicKey": public_key_of(key).to_wire(),
            "declaration": a_declaration(**declaration),
        },
    )


def listeners(running, server="acme-dc"):
    return running.admin("GET", f"servers/{server}/listeners").json


def test_a_token_makes_its_holder_the_apps_listener(ready):
    answer = hand_in(ready, a_token(ready))

    assert answer.status_code == 201
    assert answer.json == {
        "listenerId": answer.json["listenerId"],
        "serverId": ready.admin("GET", "servers/acme-dc").json["serverId"],
        "keyId": thumbprint(public_key_of(KEY)),
        "issuer": SERVER_APP_KEY,
    }
    assert ServerSide(ready, KEY, answer.json["listenerId"]).take_work() is None


def test_a_lost_answer_is_asked_for_again(ready):
    token = a_token(ready)
    first = hand_in(ready, token)
    ready.advance(days=30)

    again = hand_in(ready, token)

    assert (again.status_code, again.json) == (201, first.json)
    assert len(listeners(ready)) == 1


def test_a_token_enrols_one_key(ready):
    token = a_token(ready)
    hand_in(ready, token)

    answer = hand_in(ready, token, key=Ed25519PrivateKey.generate())

    assert (answer.status_code, answer.json["code"]) == (409, "enrolment_used")


@pytest.mark.parametrize(
    ("token", "scheme", "code"),
    [
        ("made-up", "Enrolment", "enrolment_unknown"),
        (None, "Enrolment", "unauthenticated"),
        ("whatever", "Bearer", "unauthenticated"),
    ],
)
def test_nobody_enrols_without_a_token(ready, token, scheme, code):
    answer = hand_in(ready, token, scheme=scheme)

    assert (answer.status_code, answer.json["code"]) == (401, code)


def test_a_token_that_was_not_used_in_time_opens_nothing(ready):
    token = a_token(ready)
    ready.advance(days=7)

    assert hand_in(ready, token).json["code"] == "enrolment_unknown"


@pytest.mark.parametrize(
    "declaration", [{"serverAppKey": "com.other"}, {"cloudAppKey": "com.other.cloud"}]
)
def test_a_token_is_for_one_pair_of_apps(ready, declaration):
    token = a_token(ready)

    answer = hand_in(ready, token, **declaration)

    assert (answer.status_code, answer.json["code"]) == (409, "enrolment_for_other_app")
    assert hand_in(ready, token).status_code == 201


def test_a_scope_that_no_admin_was_asked_for_cannot_be_declared(ready):
    wanted = {"dataAccessScopes": ["APP_DATA_UGC", "APP_DATA_SECURITY", "PRODUCT_DATA_PII"]}

    answer = hand_in(ready, a_token(ready), **wanted)

    assert (answer.status_code, answer.json["code"]) == (403, "scope_not_in_catalogue")
    assert answer.json["details"] == {"missing": ["APP_DATA_SECURITY", "PRODUCT_DATA_PII"]}


def test_enrolling_anew_keeps_the_listener_and_ends_its_old_key(ready):
    first = enrol(ready)
    second = enrol(ready)

    assert second.listener_id == first.listener_id
    assert first.call("GET", "work", query={"waitSeconds": 0}).status_code == 401
    assert second.take_work() is None


def test_two_servers_need_two_keys(ready):
    ready.add_server("other-dc")
    hand_in(ready, a_token(ready))

    answer = hand_in(ready, a_token(ready, "other-dc"))

    assert (answer.status_code, answer.json["code"]) == (409, "listener_key_taken")


@pytest.mark.parametrize(
    "public_key",
    [
        {"kty": "RSA", "crv": "Ed25519", "x": "AAAA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {"kty": "OKP", "crv": "Ed25519"},
    ],
)
def test_only_an_ed25519_key_is_taken(ready, public_key):
    answer = ready.call(
        "POST",
        "/gateway/v1/listeners",
        headers={"Authorization": f"Enrolment {a_token(ready)}"},
        json={"publicKey": public_key, "declaration": a_declaration()},
    )

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_tokens_are_made_for_known_servers_and_apps(ready):
    path = "servers/{}/enrolments"

    unknown_server = ready.admin("POST", path.format("nowhere"), json={"appKey": APP_KEY})
    unknown_app = ready.admin("POST", path.format("acme-dc"), json={"appKey": "com.nobody"})

    assert unknown_server.json["code"] == "server_unknown"
    assert unknown_app.json["code"] == "app_unknown"


def test_the_database_does_not_hold_the_token(ready):
    token = a_token(ready)
    hand_in(ready, token)

    ready.platform.services.database.engine.dispose()
    kept = b"".join(path.read_bytes() for path in ready.folder.glob("platform.db*"))

    assert token.encode() not in kept


# Declarations


def test_a_declaration_replaces_the_one_before(ready):
    server = enrol(ready)

    answer = server.call(
        "PUT",
        "listeners/self",
        json=a_declaration(
            version="1.1.0",
            dataAccessScopes=[],
            checks=[{"checkId": "empty-notes", "title": "Notes without text"}],
        ),
    )

    assert answer.status_code == 200
    assert answer.json["listenerId"] == server.listener_id
    assert listeners(ready) == [
        {
            "listenerId": server.listener_id,
            "appKey": APP_KEY,
            "serverAppKey": SERVER_APP_KEY,
            "version": "1.1.0",
            "dataAccessScopes": [],
            "checks": [{"checkId": "empty-notes", "title": "Notes without text"}],
            "forgeAppId": None,
            "forgeEnvironment": None,
            "transfers": [],
            "preloads": False,
            "macroMappings": {},
            "customFieldMappings": [],
            "workflowRuleMappings": {},
            "lastSeenAt": "2026-01-01T00:00:00Z",
            "connected": True,
        }
    ]


def test_a_listener_cannot_become_another_apps(ready):
    server = enrol(ready)

    answer = server.call("PUT", "listeners/self", json=a_declaration(cloudAppKey="com.other"))

    assert answer.json["code"] == "enrolment_for_other_app"


def test_a_declaration_too_lists_only_what_the_catalogue_offers(ready):
    server = enrol(ready)

    answer = server.call(
        "PUT", "listeners/self", json=a_declaration(dataAccessScopes=["APP_DATA_PII"])
    )

    assert (answer.status_code, answer.json["code"]) == (403, "scope_not_in_catalogue")


def test_an_admin_sees_whether_a_listener_is_there(ready):
    server = enrol(ready)
    assert [entry["connected"] for entry in listeners(ready)] == [False]

    server.take_work()
    assert [entry["connected"] for entry in listeners(ready)] == [True]

    ready.advance(seconds=61)
    assert [entry["connected"] for entry in listeners(ready)] == [False]


def test_a_server_without_listeners_has_an_empty_list(ready):
    assert listeners(ready) == []
    assert ready.admin("GET", "servers/nowhere/listeners").status_code == 404
