"""Which tokens are believed, and which are not: wire contract 3.2, 3.3 and the gateway API."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portway_sdk import ConfigurationError, VerificationError, VerificationReason, query_string_hash
from portway_sdk.tokens import (
    VerifiedClaims,
    find_connect_token,
    load_public_key,
    public_key_of,
    read_unverified_issuer,
    read_unverified_key_id,
    sign_connect_token,
    sign_gateway_token,
    sign_install_token,
    thumbprint,
    verify_connect_token,
    verify_gateway_token,
    verify_install_token,
)
from portway_sdk.wire import PublicKey
from support.sdk import MONDAY

SECRET = "the shared secret of one installation"
APP = "com.example.notes.cloud"
SITE = "5f1c0d2e-0000-3000-8000-000000000004"
URL = "https://portway.test/sites/acme/wiki/rest/x?b=2&a=1"
CONTEXT = "/sites/acme/wiki"

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
LISTENER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def connect_claims(**changes):
    claims = {
        "iss": APP,
        "iat": int(MONDAY.timestamp()),
        "exp": int(MONDAY.timestamp()) + 180,
        "qsh": query_string_hash("GET", URL, context_path=CONTEXT),
        "aud": [SITE],
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed_by_hand(claims, *, header=None, secret=SECRET):
    """Sign with HMAC whatever the header says, as an attacker would."""

    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=")

    signed = part(header or {"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    key = secret if isinstance(secret, bytes) else secret.encode()
    mac = hmac.new(key, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def verify(token, **changes):
    expectations = {
        "secret": SECRET,
        "issuer": APP,
        "audience": SITE,
        "method": "GET",
        "url": URL,
        "context_path": CONTEXT,
        "now": MONDAY,
    }
    return verify_connect_token(token, **(expectations | changes))


# Connect tokens


def test_a_connect_token_is_believed_for_the_request_it_was_signed_for():
    token = sign_connect_token(
        issuer=APP,
        secret=SECRET,
        audience=[SITE],
        method="get",
        url=URL,
        context_path=CONTEXT,
        now=MONDAY,
    )

    claims = verify(token)

    assert claims.issuer == APP
    assert claims.audience == (SITE,)
    assert claims.issued_at == MONDAY
    assert claims.expires_at == MONDAY + timedelta(minutes=3)
    assert (claims.subject, claims.token_id, claims.key_id) == (None, None, None)


@pytest.mark.parametrize("audience", [None, SITE, [SITE], ["somebody", SITE]])
def test_the_audience_may_be_absent_one_or_many(audience):
    assert verify(signed_by_hand(connect_claims(aud=audience))).issuer == APP


@pytest.mark.parametrize("seconds", [-30, 0, 180, 209])
def test_thirty_seconds_of_skew_are_allowed(seconds):
    verify(signed_by_hand(connect_claims()), now=MONDAY + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": None}, VerificationReason.CLAIM_MISSING),
        ({"iss": "com.example.other"}, VerificationReason.ISSUER),
        ({"iss": 7}, VerificationReason.CLAIM_MISSING),
        ({"qsh": None}, VerificationReason.CLAIM_MISSING),
        ({"qsh": "context-qsh"}, VerificationReason.QSH),
        ({"qsh": "ünlike"}, VerificationReason.QSH),
        ({"exp": None}, VerificationReason.CLAIM_MISSING),
        ({"exp": "1767607200"}, VerificationReason.CLAIM_MISSING),
        ({"exp": True}, VerificationReason.CLAIM_MISSING),
        ({"exp": float("inf")}, VerificationReason.MALFORMED),
        ({"exp": float("nan")}, VerificationReason.MALFORMED),
        ({"exp": 10**30}, VerificationReason.MALFORMED),
        ({"exp": int(MONDAY.timestamp()) - 30}, VerificationReason.EXPIRED),
        ({"iat": None}, VerificationReason.CLAIM_MISSING),
        ({"iat": int(MONDAY.timestamp()) + 31}, VerificationReason.NOT_YET_VALID),
        ({"nbf": int(MONDAY.timestamp()) + 31}, VerificationReason.NOT_YET_VALID),
        ({"exp": int(MONDAY.timestamp())}, VerificationReason.LIFETIME),
        ({"aud": "somebody"}, VerificationReason.AUDIENCE),
        ({"aud": []}, VerificationReason.AUDIENCE),
        ({"aud": {"a": 1}}, VerificationReason.AUDIENCE),
    ],
)
def test_a_connect_token_with_a_wrong_claim_is_refused(changes, reason):
    with pytest.raises(VerificationError) as refused:
        verify(signed_by_hand(connect_claims(**changes)))

    assert refused.value.reason is reason


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "POST"},
        {"url": URL.replace("/rest/x", "/rest/y")},
        {"url": URL.replace("b=2", "b=3")},
        {"url": URL + "&c=3"},
        {"url": URL, "context_path": ""},
    ],
)
def test_a_connect_token_is_refused_for_any_other_request(request_):
    with pytest.raises(VerificationError) as refused:
        verify(signed_by_hand(connect_claims()), **request_)

    assert refused.value.reason is VerificationReason.QSH


def test_a_token_may_travel_in_the_query_it_covers():
    token = signed_by_hand(connect_claims())

    assert verify(token, url=f"{URL}&jwt={token}").issuer == APP


def test_another_tenants_secret_opens_nothing():
    token = signed_by_hand(connect_claims(), secret="the shared secret of another installation")

    with pytest.raises(VerificationError) as refused:
        verify(token)

    assert refused.value.reason is VerificationReason.SIGNATURE


def test_changed_claims_break_the_signature():
    header, _, signature = signed_by_hand(connect_claims()).split(".")
    forged = signed_by_hand(connect_claims(iss="com.example.other")).split(".")[1]

    with pytest.raises(VerificationError) as refused:
        verify(f"{header}.{forged}.{signature}", issuer="com.example.other")

    assert refused.value.reason is VerificationReason.SIGNATURE


@pytest.mark.parametrize("algorithm", ["none", "None", "HS512", "RS256", "EdDSA", "", None, 7])
def test_the_algorithm_is_the_verifiers_to_choose(algorithm):
    token = signed_by_hand(connect_claims(), header={"alg": algorithm})

    with pytest.raises(VerificationError) as refused:
        verify(token)

    assert refused.value.reason is VerificationReason.ALGORITHM


def test_a_token_without_a_signature_is_refused():
    token = jwt.encode(connect_claims(), None, algorithm="none")

    with pytest.raises(VerificationError) as refused:
        verify(token)

    assert refused.value.reason is VerificationReason.ALGORITHM


def test_an_emptied_signature_is_refused():
    token = signed_by_hand(connect_claims()).rpartition(".")[0] + "."

    with pytest.raises(VerificationError):
        verify(token)


def test_an_extension_nobody_understands_is_refused():
    token = signed_by_hand(connect_claims(), header={"alg": "HS256", "crit": ["b64"], "b64": False})

    with pytest.raises(VerificationError) as refused:
        verify(token)

    assert refused.value.reason is VerificationReason.MALFORMED


@pytest.mark.parametrize(
    "token", ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", "e30.e30.e30", "é.é.é", "W10.W10.W10"]
)
def test_what_is_no_token_is_refused(token):
    with pytest.raises(VerificationError):
        verify(token)


def test_an_endless_token_is_refused_unread():
    with pytest.raises(VerificationError) as refused:
        verify(signed_by_hand(connect_claims(padding="x" * 10_000)))

    assert refused.value.reason is VerificationReason.MALFORMED


def test_a_short_secret_signs_and_verifies_nothing():
    with pytest.raises(ConfigurationError, match="32 bytes"):
        sign_connect_token(issuer=APP, secret="short", method="GET", url="/", now=MONDAY)
    with pytest.raises(ConfigurationError, match="32 bytes"):
        verify("a.b.c", secret="short")


def test_the_official_library_understands_our_tokens():
    token = sign_connect_token(issuer=APP, secret=SECRET, method="GET", url="/x", now=MONDAY)

    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})

    assert claims["qsh"] == query_string_hash("GET", "/x")
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_verified_claims_are_made_by_verifying_only():
    with pytest.raises(TypeError, match="verify"):
        VerifiedClaims({"iss": APP}, key_id=None, seal=object())


# Install tokens

APP_URL = "https://notes.example/portway"
INSTALLED = APP_URL + "/lifecycle/installed"


def an_install_token(*, key=RSA_KEY, **changes):
    claims = {
        "private_key": key,
        "key_id": "key-1",
        "client_key": SITE,
        "app_base_url": APP_URL,
        "method": "POST",
        "url": INSTALLED,
        "context_path": "/portway",
        "now": MONDAY,
    }
    return sign_install_token(**(claims | changes))


def verify_install(token, **changes):
    expectations = {
        "public_key_pem": RSA_PEM,
        "client_key": SITE,
        "app_base_url": APP_URL,
        "method": "POST",
        "url": INSTALLED,
        "context_path": "/portway",
        "now": MONDAY,
    }
    return verify_install_token(token, **(expectations | changes))


@pytest.mark.parametrize("audience", [APP_URL, APP_URL + "/"])
def test_an_install_token_is_believed_with_or_without_a_trailing_slash(audience):
    claims = verify_install(an_install_token(app_base_url=audience))

    assert (claims.issuer, claims.key_id) == (SITE, "key-1")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": OTHER_RSA_KEY}, VerificationReason.SIGNATURE),
        ({"client_key": "another site"}, VerificationReason.ISSUER),
        ({"app_base_url": "https://other.example"}, VerificationReason.AUDIENCE),
        ({"method": "GET"}, VerificationReason.QSH),
        ({"url": APP_URL + "/lifecycle/uninstalled"}, VerificationReason.QSH),
        ({"now": MONDAY - timedelta(minutes=4)}, VerificationReason.EXPIRED),
        ({"now": MONDAY + timedelta(minutes=1)}, VerificationReason.NOT_YET_VALID),
    ],
)
def test_a_wrong_install_token_is_refused(changes, reason):
    with pytest.raises(VerificationError) as refused:
        verify_install(an_install_token(**changes))

    assert refused.value.reason is reason


def test_the_public_key_is_no_shared_secret():
    """The classic confusion: HMAC with the PEM that everybody can fetch."""
    claims = connect_claims(iss=SITE, aud=[APP_URL])
    token = signed_by_hand(claims, header={"alg": "HS256", "kid": "key-1"}, secret=RSA_PEM)

    with pytest.raises(VerificationError) as refused:
        verify_install(token)

    assert refused.value.reason is VerificationReason.ALGORITHM


def test_a_pem_as_shared_secret_makes_no_rsa_token_acceptable():
    token = an_install_token()

    with pytest.raises(VerificationError) as refused:
        verify(token, secret=RSA_PEM.decode())

    assert refused.value.reason is VerificationReason.ALGORITHM


def pem_of(private_key):
    return private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"not a key",
        pem_of(Ed25519PrivateKey.generate()),
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    ],
    ids=["empty", "text", "ed25519", "ec", "rsa-1024"],
)
def test_only_a_strong_rsa_key_verifies_an_installation(pem):
    with pytest.raises(VerificationError) as refused:
        verify_install(an_install_token(), public_key_pem=pem)

    assert refused.value.reason is VerificationReason.KEY_UNKNOWN


# Gateway tokens

WORK = "/gateway/v1/work?waitSeconds=25"


def a_gateway_token(**changes):
    claims = {
        "private_key": LISTENER_KEY,
        "server_app_key": "com.example.notes",
        "listener_id": "listener-1",
        "method": "GET",
        "url": WORK,
        "now": MONDAY,
    }
    return sign_gateway_token(**(claims | changes))


def verify_gateway(token, **changes):
    expectations = {
        "public_key": public_key_of(LISTENER_KEY),
        "server_app_key": "com.example.notes",
        "listener_id": "listener-1",
        "method": "GET",
        "url": WORK,
        "now": MONDAY,
    }
    return verify_gateway_token(token, **(expectations | changes))


def test_a_gateway_token_is_believed_and_fresh_each_time():
    first, second = verify_gateway(a_gateway_token()), verify_gateway(a_gateway_token())

    assert first.issuer == "com.example.notes"
    assert first.subject == "listener-1"
    assert first.audience == ("portway-gateway",)
    assert first.key_id == thumbprint(public_key_of(LISTENER_KEY))
    assert first.token_id != second.token_id


def test_a_gateway_under_a_path_is_signed_without_it():
    url = "https://example.test/portway" + WORK

    claims = verify_gateway(a_gateway_token(url=url, context_path="/portway"))

    assert claims.subject == "listener-1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"private_key": Ed25519PrivateKey.generate()}, VerificationReason.SIGNATURE),
        ({"server_app_key": "com.example.other"}, VerificationReason.ISSUER),
        ({"listener_id": "listener-2"}, VerificationReason.SUBJECT),
        ({"method": "POST"}, VerificationReason.QSH),
        ({"url": "/gateway/v1/work?waitSeconds=26"}, VerificationReason.QSH),
        ({"lifetime": timedelta(seconds=181)}, VerificationReason.LIFETIME),
        ({"now": MONDAY - timedelta(seconds=90)}, VerificationReason.EXPIRED),
        ({"now": MONDAY + timedelta(seconds=31)}, VerificationReason.NOT_YET_VALID),
    ],
)
def test_a_wrong_gateway_token_is_refused(changes, reason):
    with pytest.raises(VerificationError) as refused:
        verify_gateway(a_gateway_token(**changes))

    assert refused.value.reason is reason


@pytest.mark.parametrize("missing", ["jti", "sub", "aud", "kid"])
def test_a_gateway_token_carries_everything(missing):
    claims = jwt.decode(a_gateway_token(), options={"verify_signature": False})
    claims.pop(missing, None)
    headers = {} if missing == "kid" else {"kid": thumbprint(public_key_of(LISTENER_KEY))}
    token = jwt.encode(claims, LISTENER_KEY, algorithm="EdDSA", headers=headers)

    with pytest.raises(VerificationError):
        verify_gateway(token)


def test_a_shared_secret_cannot_sign_for_a_listener():
    raw = base64.urlsafe_b64decode(public_key_of(LISTENER_KEY).x + "=")
    claims = jwt.decode(a_gateway_token(), options={"verify_signature": False})

    with pytest.raises(VerificationError) as refused:
        verify_gateway(signed_by_hand(claims, secret=raw))

    assert refused.value.reason is VerificationReason.ALGORITHM


# Keys, and what is read before anything is trusted


def test_the_thumbprint_is_that_of_rfc_8037():
    key = PublicKey(x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")

    assert thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_public_key_survives_the_journey_as_jwk():
    sent = public_key_of(LISTENER_KEY).to_wire()

    assert sent.keys() == {"kty", "crv", "x"}
    assert load_public_key(PublicKey.model_validate(sent)) == LISTENER_KEY.public_key()


def test_issuer_and_key_id_can_be_read_to_find_the_key():
    assert read_unverified_issuer(signed_by_hand(connect_claims())) == APP
    assert read_unverified_key_id(an_install_token()) == "key-1"


@pytest.mark.parametrize(
    "key_id",
    [
        *["", ".", "..", "../admin", "a/b", "a\\b", "a%2fb", "a..b", ".env", "a b", "a?b", "a#b"],
        *["é", "x" * 129, 7, None, "a\n"],
    ],
)
def test_a_key_id_that_could_lead_elsewhere_is_refused(key_id):
    token = signed_by_hand(connect_claims(), header={"alg": "RS256", "kid": key_id})

    with pytest.raises(VerificationError) as refused:
        read_unverified_key_id(token)

    assert refused.value.reason is VerificationReason.KEY_UNKNOWN


@pytest.mark.parametrize(
    ("authorization", "query", "token"),
    [
        ("JWT abc", "", "abc"),
        ("jwt  abc ", "a=1", "abc"),
        (None, "a=1&jwt=abc", "abc"),
        ("Bearer xyz", "jwt=abc", "abc"),
    ],
)
def test_a_token_is_found_in_the_header_or_the_query(authorization, query, token):
    assert find_connect_token(authorization, query) == token


@pytest.mark.parametrize(
    ("authorization", "query", "reason"),
    [
        (None, "", VerificationReason.MISSING),
        ("", "", VerificationReason.MISSING),
        ("JWT", "", VerificationReason.MISSING),
        ("Bearer abc", "", VerificationReason.MISSING),
        (None, "jwt=", VerificationReason.MISSING),
        ("JWT abc", "jwt=abc", VerificationReason.MALFORMED),
        (None, "jwt=abc&jwt=def", VerificationReason.MALFORMED),
    ],
)
def test_no_token_and_two_tokens_are_refused(authorization, query, reason):
    with pytest.raises(VerificationError) as refused:
        find_connect_token(authorization, query)

    assert refused.value.reason is reason
