"""The canonical request of wire contract 3.2, against an oracle written from its words."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_sdk import canonical_request, query_string_hash
from portway_sdk.tokens import context_path_of

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


@pytest.mark.parametrize(
    ("method", "url", "context_path", "canonical"),
    [
        ("get", "https://a.test/x", "", "GET&/x&"),
        ("GET", "/x", "", "GET&/x&"),
        ("GET", "https://a.test", "", "GET&/&"),
        ("GET", "https://a.test?b=1", "", "GET&/&b=1"),
        ("GET", "https://a.test/", "", "GET&/&"),
        ("GET", "https://a.test/x/", "", "GET&/x&"),
        ("GET", "https://a.test/x//", "", "GET&/x/&"),
        ("GET", "https://a.test/x#part", "", "GET&/x&"),
        # Only what follows the base URL's own path counts, in whole segments.
        ("GET", "https://a.test/wiki/rest/x", "/wiki", "GET&/rest/x&"),
        ("GET", "https://a.test/wiki/rest/x", "wiki/", "GET&/rest/x&"),
        ("GET", "https://a.test/wiki", "/wiki", "GET&/&"),
        ("GET", "https://a.test/wikipedia/x", "/wiki", "GET&/wikipedia/x&"),
        ("GET", "https://a.test/rest/x", "/wiki", "GET&/rest/x&"),
        ("GET", "https://a.test/wiki/wiki/x", "/wiki", "GET&/wiki/x&"),
        # An ampersand in the path cannot pass for the separator; the rest stays as sent.
        ("GET", "https://a.test/x&a=b?c=d", "", "GET&/x%26a=b&c=d"),
        ("GET", "https://a.test/a%2Fb%20c", "", "GET&/a%2Fb%20c&"),
        # The query: sorted, encoded afresh, repeated values sorted and joined, no jwt.
        ("GET", "/x?b=2&a=1", "", "GET&/x&a=1&b=2"),
        ("GET", "/x?a=2&a=10&a=1", "", "GET&/x&a=1,10,2"),
        ("GET", "/x?a=1&jwt=abc.def.ghi&b=2", "", "GET&/x&a=1&b=2"),
        ("GET", "/x?jwt=abc", "", "GET&/x&"),
        ("GET", "/x?JWT=abc", "", "GET&/x&JWT=abc"),
        ("GET", "/x?a=1+2", "", "GET&/x&a=1%202"),
        ("GET", "/x?a=1%202", "", "GET&/x&a=1%202"),
        ("GET", "/x?a=1%2B2", "", "GET&/x&a=1%2B2"),
        ("GET", "/x?a=!'()*~", "", "GET&/x&a=%21%27%28%29%2A~"),
        ("GET", "/x?a=b%2cc", "", "GET&/x&a=b%2Cc"),
        ("GET", "/x?a=1,2", "", "GET&/x&a=1%2C2"),
        ("GET", "/x?a=%7e%41", "", "GET&/x&a=~A"),
        ("GET", "/x?a=%zz", "", "GET&/x&a=%25zz"),
        ("GET", "/x?a&b=", "", "GET&/x&a=&b="),
        ("GET", "/x?=1", "", "GET&/x&=1"),
        ("GET", "/x?&&a=1&&", "", "GET&/x&a=1"),
        ("GET", "/x?a=b=c", "", "GET&/x&a=b%3Dc"),
        ("GET", "/x?a=1;b=2", "", "GET&/x&a=1%3Bb%3D2"),
        ("GET", "/x?%C3%A9=%C3%BC", "", "GET&/x&%C3%A9=%C3%BC"),
        ("GET", "/x?é=ü", "", "GET&/x&%C3%A9=%C3%BC"),
        ("GET", "/x?b=1&B=2", "", "GET&/x&B=2&b=1"),
        ("GET", "/x?u=https://b.test/?y", "", "GET&/x&u=https%3A%2F%2Fb.test%2F%3Fy"),
        # What begins with a slash is a path, even where a host could be read into it.
        ("GET", "//b.test/x", "", "GET&//b.test/x&"),
        (
            "GET",
            "http://a.test/path/to/service?zee_last=param&repeated=x%201&first=param&repeated=x%202",
            "/path",
            "GET&/to/service&first=param&repeated=x%201,x%202&zee_last=param",
        ),
    ],
)
def test_a_request_has_one_canonical_form(method, url, context_path, canonical):
    assert canonical_request(method, url, context_path=context_path) == canonical
    expected = hashlib.sha256(canonical.encode()).hexdigest()
    assert query_string_hash(method, url, context_path=context_path) == expected


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://a.test", ""),
        ("https://a.test/", ""),
        ("https://a.test/sites/acme/wiki", "/sites/acme/wiki"),
        ("https://a.test/sites/acme/wiki/", "/sites/acme/wiki"),
        ("https://a.test:8443/x", "/x"),
    ],
)
def test_the_context_path_is_the_path_of_the_base_url(base_url, path):
    assert context_path_of(base_url) == path


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=6)
parameters = st.lists(st.tuples(st.one_of(st.just("jwt"), texts), texts), max_size=6)


def encoded_as_sent(text: str, draw: st.DataObject) -> str:
    """Encode a text for a URL in one of the ways clients do: more than needed, or just enough."""
    sent = ""
    for byte in text.encode():
        if byte == 0x20 and draw.draw(st.booleans()):
            sent += "+"
        elif byte in UNRESERVED and draw.draw(st.booleans()):
            sent += chr(byte)
        else:
            digits = f"%{byte:02x}"
            sent += digits.upper() if draw.draw(st.booleans()) else digits
    return sent


def oracle(method: str, path: str, query: list[tuple[str, str]]) -> str:
    """Write the canonical request as the wire contract words it, byte by byte."""

    def encode(text: str) -> str:
        return "".join(chr(b) if b in UNRESERVED else f"%{b:02X}" for b in text.encode())

    parts = []
    for name in sorted({name for name, _ in query if name != "jwt"}):
        values = sorted(value for other, value in query if other == name)
        parts.append(encode(name) + "=" + ",".join(encode(value) for value in values))
    path = path.replace("&", "%26") or "/"
    path = path if path[0] == "/" else "/" + path
    path = path[:-1] if len(path) > 1 and path[-1] == "/" else path
    return method.upper() + "&" + path + "&" + "&".join(parts)


@given(
    st.sampled_from(["get", "POST", "pUt"]),
    st.text(alphabet="ab/&-%.", max_size=12).map(lambda text: "/" + text),
    parameters,
    st.data(),
)
def test_any_encoding_of_a_request_has_the_oracles_canonical_form(method, path, query, data):
    sent = "&".join(
        f"{encoded_as_sent(name, data)}={encoded_as_sent(value, data)}" for name, value in query
    )

    canonical = canonical_request(method, f"https://a.test{path}?{sent}")

    assert canonical == oracle(method, path, query)


@given(parameters, st.randoms(use_true_random=False), st.data())
def test_the_order_of_parameters_does_not_matter(query, chance, data):
    def as_sent(pairs):
        return "&".join(f"{encoded_as_sent(n, data)}={encoded_as_sent(v, data)}" for n, v in pairs)

    shuffled = list(query)
    chance.shuffle(shuffled)

    first = canonical_request("GET", f"/x?{as_sent(query)}")

    assert first == canonical_request("GET", f"/x?{as_sent(shuffled)}")


@given(st.text(), st.text(), st.text())
def test_any_text_at_all_has_a_hash(method, url, context_path):
    assert len(query_string_hash(method, url, context_path=context_path)) == 64
