"""Asks other people's Connect libraries for canonical requests and tokens, and keeps what they say.

Run in a scratch folder, never by the tests, which read `canonical_requests.json` and `tokens.json`:

    python -m venv py && py/bin/pip install atlassian-jwt==3.0.0 jira==3.10.5 PyJWT==2.15.1
    npm install atlassian-jwt@2.0.3 jose@6
    py/bin/python tests/sdk/vectors/make.py

`node` finds the packages by `NODE_PATH`. The requests asked about are below.
"""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import atlassian_jwt
import jira.client
import jwt
from atlassian_jwt.url_utils import canonicalize_request
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

HERE = Path(__file__).parent
HOST = "https://acme.example"
ISSUED_AT = 1_767_600_000
APP, SITE = "com.example.notes", "5f1c0d2e-6b1a-3c4d-9e8f-000000000001"
SECRET = "the shared secret of acme and the notes app"
OTHER_SECRET = "the shared secret of globex and the notes app"
METHOD, PATH, CONTEXT = (
    "GET",
    "/rest/atlassian-connect/1/migration/transfer/recent?b=2&a=1",
    "/wiki",
)

QUERIES = (
    "", "?", "?b=2&a=1", "?a=2&a=10&a=1", "?a=10&b=1&a=2", "?b=1&B=2&a=3&A=4", "?a=", "?a", "?a&b=",
    "?=1", "?a=b=c", "?a=1&&b=2", "?&a=1&", "?a=1+2", "?a=1%202", "?a=1%2B2", "?a+b=1", "?a=!'()*",
    "?a=%21%27%28%29%2A", "?a=-._~", "?a=%2D%2E%5F%7E", "?a=%7e%41%c3%a9", "?%C3%A9=%C3%BC",
    "?a=%E2%82%AC&a=%F0%9F%92%A9", "?a=1,2", "?a=1%2C2", "?a=1&a=1", "?a=z&a=%C3%A9&a=e",
    "?a=a%20b&a=a-b",
    "?a=/%2F:%3A@%40", "?a=%26b%3D1", "?a=1;b=2", "?jwt=abc.def.ghi", "?a=1&jwt=abc.def.ghi&b=2",
    "?JWT=abc", "?xjwt=1&jwtx=2", "?a=%25zz", "?a=%2525", "?a[]=1&a[]=2",
    "?a.b=1&a-b=2&a_b=3&a~b=4",
    "?namespace=confluence%3Apage&pageSize=5000&lastEntity=confluence.userkey%2Fff80",
    "?namespace=identity:user", "?u=https://b.example/?y", "?a=%0A%09",
    "?a=%22%3C%3E%5C%5E%60%7B%7C%7D",
    "?toString=1&constructor=2", "?a=\u00e9", "?a%5B%5D=1&aB=2", "?a=%EF%BF%BD&a=%F0%9F%92%A9",
    "?%EF%BF%BD=1&%F0%9F%92%A9=2", "?a=%7B&a=z", "?a~=1&a%7C=2&ab=3",
)  # fmt: skip
PATHS = (
    "/", "/x", "/x/", "/x//", "/x/y", "/x/y/", "/x&a=b", "/x&y&z", "/x%26y", "/a%2Fb%20c", "/a+b",
    "/a%2Bb", "/caf%C3%A9", "/a;b=1", "/a:b@c", "/x/./y", "/x//y", "/(a)!*'", "/~a-b._c",
)  # fmt: skip
CONTEXTS = (
    ("/wiki/rest/x", "/wiki"), ("/wiki/rest/x/", "/wiki"), ("/wiki", "/wiki"), ("/wiki/", "/wiki"),
    ("/wiki/wiki/x", "/wiki"), ("/sites/acme/wiki/rest/x?b=2&a=1", "/sites/acme/wiki"),
    ("/sites/acme/rest/x?a=1+2", "/sites/acme"), ("/rest/x", "/wiki"), ("/wiki/x&y?z=1", "/wiki"),
)  # fmt: skip


def requests():
    for query in QUERIES:
        yield {"method": "get", "url": f"{HOST}/rest/x{query}", "contextPath": ""}
    for path in PATHS:
        yield {"method": "POST", "url": f"{HOST}{path}?b=2&a=1", "contextPath": ""}
        yield {"method": "DELETE", "url": f"{HOST}{path}", "contextPath": ""}
    for url, context in CONTEXTS:
        yield {"method": "PUT", "url": f"{HOST}{url}", "contextPath": context}


def by_pypi_atlassian_jwt(asked):
    """It takes an address relative to the base URL."""
    relative = asked["url"].removeprefix(HOST)
    if asked["contextPath"]:
        relative = relative.removeprefix(asked["contextPath"])
    return canonicalize_request(asked["method"], relative)


def by_pypi_jira(asked):
    """It reads the prepared request of an HTTP client."""
    generator = jira.client.QshGenerator(asked["contextPath"])
    return generator._generate_qsh(SimpleNamespace(method=asked["method"], url=asked["url"]))


def by_node(program, asked):
    answer = subprocess.run(
        ["node", "-e", program], input=json.dumps(asked), capture_output=True, check=True, text=True
    )
    return json.loads(answer.stdout)


NPM_CANONICAL = """
const jwt = require("atlassian-jwt");
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const base = (it) => it.contextPath ? "https://acme.example" + it.contextPath : undefined;
console.log(JSON.stringify(asked.map((it) =>
  jwt.createCanonicalRequest(jwt.fromMethodAndUrl(it.method, it.url), false, base(it)))));
"""
NPM_TOKENS = """
const jwt = require("atlassian-jwt");
const {SignJWT, importPKCS8} = require("jose");
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const text = (it) => new TextEncoder().encode(it);
(async () => {
  const rsa = await importPKCS8(asked.rsaPrivate, "RS256");
  const made = {};
  for (const [name, it] of Object.entries(asked.tokens)) {
    made["npm atlassian-jwt: " + name] = it.alg === "RS256"
      ? jwt.encodeAsymmetric(it.claims, asked.rsaPrivate, "RS256", {kid: "key-1"})
      : it.alg.startsWith("HS") ? jwt.encodeSymmetric(it.claims, it.secret, it.alg) : null;
    const signer = new SignJWT(it.claims);
    made["npm jose: " + name] = it.alg === "none" ? null
      : await signer.setProtectedHeader({alg: it.alg, typ: "JWT"})
          .sign(it.alg.startsWith("HS") ? text(it.secret) : rsa);
  }
  console.log(JSON.stringify(made));
})();
"""


def main():
    asked = list(requests())
    answers = {
        "npm atlassian-jwt 2.0.3": by_node(NPM_CANONICAL, asked),
        "pypi atlassian-jwt 3.0.0": [by_pypi_atlassian_jwt(one) for one in asked],
        "pypi jira 3.10.5": [by_pypi_jira(one) for one in asked],
    }
    vectors = [
        one | {"canonical": {name: answer[number] for name, answer in answers.items()}}
        for number, one in enumerate(asked)
    ]
    write("canonical_requests.json", vectors)
    write("tokens.json", tokens())


def tokens():
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    public = rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    qsh = atlassian_jwt.url_utils.hash_url(METHOD, PATH)
    good = {"iss": APP, "iat": ISSUED_AT, "exp": ISSUED_AT + 180, "qsh": qsh, "aud": [SITE]}
    other_qsh = atlassian_jwt.url_utils.hash_url("POST", PATH)

    def good_but(**changes):
        claims = {**good, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    lately = good_but(iat=ISSUED_AT - 209, exp=ISSUED_AT - 29)
    soon = good_but(iat=ISSUED_AT + 30)
    past = good_but(iat=ISSUED_AT - 300, exp=ISSUED_AT - 60)
    in_future = good_but(iat=ISSUED_AT + 120, exp=ISSUED_AT + 300)
    wanted = {
        "good": ("accept", "HS256", SECRET, good),
        "audience as text": ("accept", "HS256", SECRET, good_but(aud=SITE)),
        "no audience": ("accept", "HS256", SECRET, good_but(aud=None)),
        "a subject and a context": ("accept", "HS256", SECRET, good_but(sub="u", context={})),
        "expired within the skew": ("accept", "HS256", SECRET, lately),
        "issued in the future within the skew": ("accept", "HS256", SECRET, soon),
        "none": ("refuse", "none", None, good),
        "HS512": ("refuse", "HS512", SECRET, good),
        "RS256 in place of HS256": ("refuse", "RS256", None, good),
        "signed with the public key": ("refuse", "HS256", public, good),
        "another tenant's secret": ("refuse", "HS256", OTHER_SECRET, good),
        "wrong qsh": ("refuse", "HS256", SECRET, good_but(qsh=other_qsh)),
        "context-qsh": ("refuse", "HS256", SECRET, good_but(qsh="context-qsh")),
        "no qsh": ("refuse", "HS256", SECRET, good_but(qsh=None)),
        "wrong audience": ("refuse", "HS256", SECRET, good_but(aud=["somebody"])),
        "wrong issuer": ("refuse", "HS256", SECRET, good_but(iss="com.example.other")),
        "expired": ("refuse", "HS256", SECRET, past),
        "never expires": ("refuse", "HS256", SECRET, good_but(exp=None)),
        "issued in the future": ("refuse", "HS256", SECRET, in_future),
    }  # fmt: skip
    made = by_node(
        NPM_TOKENS,
        {
            "rsaPrivate": private,
            "tokens": {
                name: {"alg": alg, "secret": secret, "claims": claims}
                for name, (_, alg, secret, claims) in wanted.items()
            },
        },
    )
    for name, (_, alg, secret, claims) in wanted.items():
        made[f"pypi PyJWT: {name}"] = by_pyjwt(claims, alg, secret, private)
    return {
        "request": {"method": METHOD, "url": f"{HOST}{CONTEXT}{PATH}", "contextPath": CONTEXT},
        "issuer": APP,
        "audience": SITE,
        "secret": SECRET,
        "now": ISSUED_AT,
        "tokens": [
            {"name": name, "verdict": wanted[name.partition(": ")[2]][0], "token": token}
            for name, token in made.items()
            if token
        ],
    }


def by_pyjwt(claims, algorithm, secret, private):
    """It will not sign with a public key, so as not to help with the confusion of both."""
    key = {"none": None, "RS256": private}.get(algorithm, secret)
    try:
        return jwt.encode(claims, key, algorithm=algorithm)
    except jwt.exceptions.InvalidKeyError:
        return None


def write(name, value):
    (HERE / name).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
