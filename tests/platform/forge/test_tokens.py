"""Which tokens open the Forge REST, and which do not."""

from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from portway_platform.forge.callers import forge_app
from portway_sdk.tokens import sign_app_system_token
from support.forge import FORGE_APP_ID
from support.manifests import APP_KEY
from support.platform import PUBLIC_URL

AUDIENCE = f"{PUBLIC_URL}/app/migration/forge/v1"


@pytest.fixture
def transfer_id(move):
    return move.begin()


def a_token(move, **changes):
    """A token signed with the platform's own key, with something changed."""
    installed = move.running.admin("GET", "sites/acme/forge-installations").json[0]
    now = move.running.clock.now()
    key = move.running.platform.services.keys.forge.signing_key(now)
    values = {
        "private_key": key.private_key,
        "key_id": key.kid,
        "app": forge_app(FORGE_APP_ID, installed["forgeInstallationId"], "development"),
        "issuer": PUBLIC_URL,
        "audience": AUDIENCE,
        "now": now,
    }
    return sign_app_system_token(**(values | changes))


def status_with(move, transfer_id, token):
    move.app.token = token
    return move.app.call("GET", f"data/{transfer_id}/all").status_code


def test_a_token_opens_for_an_hour(move, transfer_id):
    token = a_token(move)

    assert status_with(move, transfer_id, token) == 200
    move.running.advance(minutes=60)
    assert status_with(move, transfer_id, token) == 200  # the skew
    move.running.advance(seconds=30)
    assert status_with(move, transfer_id, token) == 401


def test_the_token_of_an_event_is_good_for_55_minutes_at_least(move, transfer_id):
    move.work()
    for _ in range(6):
        move.running.advance(minutes=2)
        move.upload(transfer_id)
        move.work()
        claims = jwt.decode(move.app.remote.system_token, options={"verify_signature": False})
        left = claims["exp"] - move.running.clock.now().timestamp()
        assert 55 * 60 <= left <= 60 * 60


def unsigned(move):
    _, payload, _ = a_token(move).split(".")
    none = jwt.encode({}, "", algorithm="none").split(".")[0]
    return f"{none}.{payload}."


@pytest.mark.parametrize(
    "make",
    [
        lambda move: a_token(move, issuer="https://other.example"),
        lambda move: a_token(move, audience=f"{PUBLIC_URL}/admin/v1"),
        lambda move: a_token(move, key_id="unknown"),
        lambda move: a_token(move, private_key=generate_private_key(65537, 2048)),
        lambda move: a_token(move, now=move.running.clock.now() + timedelta(minutes=2)),
        lambda move: a_token(
            move,
            app=forge_app(FORGE_APP_ID, "00000000-0000-4000-8000-00000000dead", "development"),
        ),
        lambda move: a_token(
            move,
            app=forge_app(
                FORGE_APP_ID,
                move.running.admin("GET", "sites/acme/forge-installations").json[0][
                    "forgeInstallationId"
                ],
                "production",
            ),
        ),
        unsigned,
        lambda move: "no token",
    ],
)
def test_a_token_that_is_not_quite_right_opens_nothing(move, transfer_id, make):
    assert status_with(move, transfer_id, make(move)) == 401


def test_the_invocation_token_is_no_key_to_the_rest(move, transfer_id):
    move.work()
    sent = move.app.remote.calls[-1].headers["Authorization"].removeprefix("Bearer ")

    assert status_with(move, transfer_id, sent) == 401


def test_the_platforms_other_keys_sign_no_app_tokens(move, transfer_id):
    keys = move.running.platform.services.keys

    token = a_token(move, private_key=keys.install.private_key, key_id=keys.install.kid)

    assert status_with(move, transfer_id, token) == 401


def test_an_environment_taken_away_has_no_key_any_more(move, transfer_id):
    token = a_token(move)
    path = f"sites/acme/forge-installations/{APP_KEY}/development"
    refused = move.running.admin("DELETE", path)
    assert (refused.status_code, refused.json["code"]) == (409, "transfers_running")
    cancel = f"transfers/{transfer_id}/cancellation?atOnce=true"
    move.running.admin("POST", cancel)
    move.advance(minutes=60)

    assert move.running.admin("DELETE", path).status_code == 204

    assert status_with(move, transfer_id, token) == 401
    assert move.running.admin("POST", f"{path}/tokens").status_code == 409
    assert move.running.admin("DELETE", path).status_code == 409


def test_an_app_that_is_uninstalled_has_no_key_any_more(move):
    token = a_token(move)

    path = f"sites/acme/installations/{APP_KEY}"
    assert move.running.admin("DELETE", path).status_code == 204
    move.advance(minutes=1)
    # A Forge app is not told: it has no lifecycle address.
    assert move.running.outside.calls == []

    assert status_with(move, "00000000-0000-4000-8000-00000000dead", token) == 401
    assert move.running.admin("GET", "sites/acme/forge-installations").json == []


def test_tokens_outlive_a_change_of_keys(move, transfer_id):
    before = a_token(move)
    made = move.running.admin("POST", "forge-keys/rotation").json
    key_set = move.running.call("GET", "/.well-known/jwks.json").json["keys"]
    assert made["kid"] in {key["kid"] for key in key_set}
    assert status_with(move, transfer_id, before) == 200

    move.running.advance(minutes=59)
    assert status_with(move, transfer_id, before) == 200
    last_of_the_old = a_token(move)
    move.running.advance(minutes=2)
    after = a_token(move)
    assert jwt.get_unverified_header(after)["kid"] == made["kid"]

    assert status_with(move, transfer_id, last_of_the_old) == 200
    assert status_with(move, transfer_id, after) == 200
    move.running.advance(minutes=57)
    assert status_with(move, transfer_id, last_of_the_old) == 200
