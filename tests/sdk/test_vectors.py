"""Canonical requests and tokens, against what libraries of other people make of them.

`vectors/make.py` says which libraries, and how they were asked. Where two of them disagree the wire
contract decides; each departure from it is named here with its reason.
"""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portway_sdk import VerificationError, canonical_request, query_string_hash
from portway_sdk._canonical import accepted_hashes
from portway_sdk.tokens import verify_connect_token

VECTORS = Path(__file__).parent / "vectors"
REQUESTS = json.loads((VECTORS / "canonical_requests.json").read_text())
TOKENS = json.loads((VECTORS / "tokens.json").read_text())

NPM, PYPI, JIRA = "npm atlassian-jwt 2.0.3", "pypi atlassian-jwt 3.0.0", "pypi jira 3.10.5"


def answers():
    """Each answer of each library, with what was asked."""
    for vector in REQUESTS:
        for library, canonical in vector["canonical"].items():
            yield library, vector, canonical


def find_departure(library, vector):
    """Say in what a library is known to leave the wire contract (3.2) for a request, if it does."""
    path, query = urlsplit(vector["url"])[2:4]
    context = vector["contextPath"]
    if library == NPM and "'" in path:
        return "an apostrophe in the path is encoded before it is looked at"
    if library == PYPI and path.endswith("//"):
        return "every trailing slash is taken off"
    if library == PYPI and ":" in path:
        return "a colon in the path passes for a scheme"
    if library == JIRA:
        rest = path.removeprefix(context)
        if rest != "/" and (rest.endswith("/") or not rest):
            return "a trailing slash stays, an empty path too"
        if not path.startswith(context):
            return "the context path is cut off unseen"
        if "&" in path or ";" in path:
            return "separators in the path stay, parameters of it go"
        if "jwt=" in query and "xjwt" not in query:
            return "the parameter jwt stays"
        if any(
            set(part.partition("=")[0])
            - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~")
            for part in query.split("&")
        ):
            return "names are not encoded again"
    return None


@pytest.mark.parametrize(
    ("library", "vector", "canonical"),
    [it for it in answers() if find_departure(it[0], it[1]) is None],
    ids=lambda it: it["url"].removeprefix("https://acme.example") if isinstance(it, dict) else "",
)
def test_other_libraries_sign_what_we_expect(library, vector, canonical):
    asked = (vector["method"], vector["url"])
    context = vector["contextPath"]

    hashed = hashlib.sha256(canonical.encode()).hexdigest()

    assert hashed in accepted_hashes(*asked, context_path=context)
    if library == NPM:
        assert canonical_request(*asked, context_path=context) == canonical
        assert query_string_hash(*asked, context_path=context) == hashed


def test_libraries_agree_but_for_the_order_of_rare_characters():
    different = [
        vector["url"].partition("?")[2]
        for library, vector, canonical in answers()
        if find_departure(library, vector) is None
        and canonical
        != canonical_request(vector["method"], vector["url"], context_path=vector["contextPath"])
    ]

    assert Counter(different) == DIFFERENT


DIFFERENT = Counter(
    {
        "a%5B%5D=1&aB=2": 1,
        "a~=1&a%7C=2&ab=3": 1,
        "%EF%BF%BD=1&%F0%9F%92%A9=2": 1,
        "a=%EF%BF%BD&a=%F0%9F%92%A9": 2,
    }
)
"""Queries that are sorted in two ways, both taken; the canonical request sorts as Java does."""


def test_most_requests_are_vectors_of_all_three():
    departures = Counter(
        library for library, vector, _ in answers() if find_departure(library, vector) is not None
    )

    assert len(REQUESTS) > 90
    assert departures[NPM] <= 2
    assert departures[PYPI] <= 4
    assert departures[JIRA] < len(REQUESTS) / 3


def verify(token, **changes):
    request = TOKENS["request"]
    expected = {
        "secret": TOKENS["secret"],
        "issuer": TOKENS["issuer"],
        "audience": TOKENS["audience"],
        "method": request["method"],
        "url": request["url"],
        "context_path": request["contextPath"],
        "now": datetime.fromtimestamp(TOKENS["now"], tz=UTC),
    }
    return verify_connect_token(token, **(expected | changes))


def tokens(verdict):
    return [
        pytest.param(it["token"], id=it["name"])
        for it in TOKENS["tokens"]
        if it["verdict"] == verdict
    ]


@pytest.mark.parametrize("token", tokens("accept"))
def test_tokens_of_other_libraries_are_accepted(token):
    assert verify(token).issuer == TOKENS["issuer"]


@pytest.mark.parametrize("token", tokens("accept"))
def test_a_token_may_be_replayed_while_it_lives(token):
    verify(token)

    assert verify(token).issuer == TOKENS["issuer"]


@pytest.mark.parametrize("token", tokens("refuse"))
def test_tokens_that_must_be_refused_are(token):
    with pytest.raises(VerificationError):
        verify(token)


@pytest.mark.parametrize("token", tokens("accept"))
def test_no_token_outlives_its_request(token):
    for change in (
        {"method": "POST"},
        {"url": TOKENS["request"]["url"] + "&c=3"},
        {"context_path": ""},
    ):
        with pytest.raises(VerificationError):
            verify(token, **change)
