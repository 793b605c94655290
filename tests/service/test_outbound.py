"""Addresses others chose: checked after resolution, pinned, never followed elsewhere."""

import httpx
import pytest

from portway_service.errors import Refusal
from portway_service.outbound import CheckedTransport, Outbound, find_address_fault


def a_client(policy: Outbound, addresses: list[str], seen: list[httpx.Request]) -> httpx.Client:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/"})

    transport = CheckedTransport(
        policy, resolve=lambda host, port: addresses, inner=httpx.MockTransport(answer)
    )
    return httpx.Client(transport=transport, follow_redirects=False)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "224.0.0.1", "255.255.255.255"],
)  # fmt: skip
def test_production_calls_no_private_address(address):
    assert find_address_fault(address, Outbound.PUBLIC) is not None
    with pytest.raises(Refusal) as refused:
        a_client(Outbound.PUBLIC, [address], []).get("https://app.example/hook")
    assert refused.value.code == "address_refused"


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    seen: list[httpx.Request] = []
    with pytest.raises(Refusal):
        a_client(Outbound.PUBLIC, ["93.184.215.14", "127.0.0.1"], seen).get("https://app.example/")
    assert seen == []


def test_the_checked_address_is_the_one_called_under_the_name_that_was_given():
    seen: list[httpx.Request] = []

    a_client(Outbound.PUBLIC, ["93.184.215.14"], seen).get("https://app.example/hook?x=1")

    assert seen[0].url == "https://93.184.215.14/hook?x=1"
    assert seen[0].headers["Host"] == "app.example"
    assert seen[0].extensions["sni_hostname"] == "app.example"


def test_production_calls_https_only():
    with pytest.raises(Refusal):
        a_client(Outbound.PUBLIC, ["93.184.215.14"], []).get("http://app.example/")


def test_the_emulator_calls_this_machine_only():
    seen: list[httpx.Request] = []
    a_client(Outbound.LOOPBACK, ["127.0.0.1"], seen).get("http://localhost:9010/")
    assert len(seen) == 1
    with pytest.raises(Refusal):
        a_client(Outbound.LOOPBACK, ["93.184.215.14"], []).get("http://app.example/")


def test_redirects_are_not_followed():
    seen: list[httpx.Request] = []
    answer = a_client(Outbound.PUBLIC, ["93.184.215.14"], seen).get("https://app.example/")
    assert (answer.status_code, len(seen)) == (302, 1)
